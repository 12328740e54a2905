"""The entries that a cause puts into the outbox, under ids that are the same whenever it is found again."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from shared.domain.errors import Conflict
from shared.domain.ledger.periods import start_of
from shared.domain.notices.endpoints import Endpoint
from shared.domain.notices.mail_templates import Links, confirm_mail
from shared.domain.notices.mails import Mail, OperatorNotice
from shared.domain.notices.outbox import OutboxEntry, entry_id
from shared.domain.notices.webhooks import Notice, WebhookMessage
from shared.domain.people.tenants import Tenant

MAX_MAILS_PER_PERSON: Final = 20
MAX_MAILS_PER_TENANT: Final = 50
MAX_MAILS_PER_ADDRESS: Final = 5
"""A day: mails to addresses that have not agreed to any, which are invitations and requests to confirm."""
_TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class DailyQuota:
    """At most `most` unsolicited mails for one subject and day."""

    subject: str
    day: date
    most: int

    @property
    def id(self) -> str:
        return entry_id("quota", self.subject, self.day.isoformat())

    @property
    def starts_at(self) -> datetime:
        return start_of(self.day)


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """How much of a quota is used, as it was read; the store refuses to use an older version."""

    quota: DailyQuota
    used: int
    version: object = None

    @property
    def is_used_up(self) -> bool:
        return self.used >= self.quota.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """The mails and webhooks that leave with a change, and the quotas that they use."""

    entries: Sequence[OutboxEntry] = ()
    quotas: Sequence[QuotaUse] = ()


NOTHING_OUTGOING: Final = Outgoing()


def mail_entries(
    mails: Iterable[Mail], cause: Sequence[str], tenant_id: str, now: datetime
) -> list[OutboxEntry]:
    """Return an entry for each mail about one cause, which has to be unique within the tenant."""
    return [
        OutboxEntry(
            id=entry_id("mail", mail.kind, tenant_id, *cause, mail.to),
            tenant_id=tenant_id,
            content=mail,
            created_at=now,
            next_attempt_at=now,
            token=new_token(),
        )
        for mail in mails
    ]


def confirmation_entry(tenant: Tenant, email: str, links: Links, now: datetime) -> OutboxEntry:
    """Return the mail that asks an address to confirm: one a day for each tenant."""
    entry, token = (
        entry_id("mail", "recipient.confirm", tenant.id, now.date().isoformat(), email),
        new_token(),
    )
    return OutboxEntry(
        id=entry,
        tenant_id=tenant.id,
        content=confirm_mail(tenant, email, links.confirm(entry, token)),
        created_at=now,
        next_attempt_at=now,
        token=token,
    )


def notice_entry(notice: Notice) -> OutboxEntry:
    """Return the entry of a notice, from which its delivery makes a webhook for each endpoint."""
    return OutboxEntry(
        id=entry_id("notice", notice.message_id),
        tenant_id=notice.tenant_id,
        content=notice,
        created_at=notice.at,
        next_attempt_at=notice.at,
    )


def webhook_entry(notice: Notice, endpoint: Endpoint, now: datetime) -> OutboxEntry:
    """Return the entry of a notice for one endpoint."""
    message = WebhookMessage(
        endpoint_id=endpoint.id,
        message_id=notice.message_id,
        type=notice.type,
        body=notice.body(endpoint.format),
    )
    return OutboxEntry(
        id=entry_id("webhook", endpoint.id, notice.message_id),
        tenant_id=notice.tenant_id,
        content=message,
        created_at=now,
        next_attempt_at=now,
    )


def operator_entry(summary: str, text: str, cause: Sequence[str], now: datetime) -> OutboxEntry:
    """Return a notice to the operator."""
    return OutboxEntry(
        id=entry_id("operator", *cause),
        tenant_id=None,
        content=OperatorNotice(summary=summary, text=text),
        created_at=now,
        next_attempt_at=now,
        token=new_token(),
    )


def unsolicited_mail_quotas(tenant_id: str, sender: str, email: str, now: datetime) -> list[DailyQuota]:
    """Return the quotas of a mail that nobody at `email` has asked for; an empty sender is the platform."""
    day = now.date()
    # The platform invites the owners of all of its tenants.
    of_sender = [DailyQuota(f"sender {sender}", day, MAX_MAILS_PER_PERSON)] if sender else []
    return [
        *of_sender,
        DailyQuota(f"tenant {tenant_id}", day, MAX_MAILS_PER_TENANT),
        DailyQuota(f"address {email}", day, MAX_MAILS_PER_ADDRESS),
    ]


def refuse_used_up(uses: Iterable[QuotaUse]) -> None:
    """Raise Conflict if a quota is used up."""
    for use in uses:
        if use.is_used_up:
            kind = use.quota.subject.partition(" ")[0]
            message = f"this {kind} has reached {use.quota.most} unsolicited mails today: try again tomorrow"
            raise Conflict(message, code="too_many_mails")


def new_token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)
