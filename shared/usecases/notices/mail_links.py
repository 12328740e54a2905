"""Answer the links of mails: confirm an address, or stop a kind of mail. Their token stands for a sign-in."""

import hmac
from dataclasses import dataclass
from datetime import datetime

from shared.domain.errors import NotFound
from shared.domain.notices.mails import INVITATIONS, Mail
from shared.domain.notices.outbox import OutboxEntry
from shared.domain.people.audit import Change
from shared.ports import Directory, Outbox


@dataclass(frozen=True, slots=True)
class MailLink:
    """The link of a mail: the mail's entry in the outbox, and the token that only its reader has."""

    entry_id: str
    token: str


@dataclass(frozen=True, slots=True)
class StoppedMail:
    """The mails that an address does not get any more, or gets again; `tenant_name` is None for invitations."""

    email: str
    tenant_name: str | None


def confirm_recipient(outbox: Outbox, directory: Directory, link: MailLink, now: datetime) -> StoppedMail:
    """Store that an address wants the alerts of a tenant. Raise NotFound for a link that is wrong or too old."""
    entry, mail = _mail_of(outbox, link)
    tenant = directory.find_tenant(entry.tenant_id or "")
    if mail.kind != "recipient.confirm" or tenant is None or mail.to not in tenant.alert_recipients:
        raise _unknown_link()
    change = Change(f"recipient:{mail.to}", now)
    outbox.confirm_address(
        mail.to, tenant.id, change.entry(tenant.id, "alert_recipient.confirmed", None, mail.to)
    )
    return StoppedMail(mail.to, tenant.name)


def set_mail_stopped(outbox: Outbox, directory: Directory, link: MailLink, *, stopped: bool) -> StoppedMail:
    """Stop the kind of mail that the link came with, or start it again. Raise NotFound as confirm_recipient does."""
    entry, mail = _mail_of(outbox, link)
    outbox.set_stopped(mail.to, mail.scope, stopped=stopped)
    tenant = directory.find_tenant(entry.tenant_id or "") if mail.scope != INVITATIONS else None
    return StoppedMail(mail.to, tenant.name if tenant else None)


def _mail_of(outbox: Outbox, link: MailLink) -> tuple[OutboxEntry, Mail]:
    entry = outbox.find_entry(link.entry_id) if link.entry_id.isalnum() and link.entry_id.isascii() else None
    if entry is None or not isinstance(entry.content, Mail):
        raise _unknown_link()
    if not entry.token or not hmac.compare_digest(entry.token.encode(), link.token.encode()):
        raise _unknown_link()
    return entry, entry.content


def _unknown_link() -> NotFound:
    return NotFound("this link is not valid any more")
