"""Change the addresses that get alert mails. One that is not a member's has to confirm before its first alert."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from shared.domain.errors import FieldProblem, InvalidInput, Unavailable
from shared.domain.notices.entries import (
    Outgoing,
    confirmation_entry,
    refuse_used_up,
    unsolicited_mail_quotas,
)
from shared.domain.notices.mail_templates import Links
from shared.domain.people.audit import Change
from shared.domain.people.members import valid_email
from shared.domain.people.tenants import Tenant
from shared.domain.versions import require_version, version_of
from shared.ports import Directory, Members, Outbox, StaleOutbox
from shared.usecases.people.edit_tenant import edit_tenant

MAX_RECIPIENTS = 10
_MAX_TRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientDependencies:
    """The stores of recipients and of mails to them, and the pages that the mails link to."""

    directory: Directory
    members: Members
    outbox: Outbox
    links: Links


@dataclass(frozen=True, slots=True)
class AlertRecipient:
    """An address that gets alert mails, or will when it has confirmed."""

    email: str
    status: Literal["confirmed", "pending"]


def list_recipients(
    members: Members, outbox: Outbox, tenant: Tenant, emails: Sequence[str]
) -> list[AlertRecipient]:
    """Return these recipients of a tenant with their status."""
    confirmed = _confirmed(members, outbox, tenant, emails)
    return [AlertRecipient(email, "confirmed" if email in confirmed else "pending") for email in emails]


def confirmed_recipients(members: Members, outbox: Outbox, tenant: Tenant) -> list[str]:
    """Return the addresses that get the tenant's alerts now: its owners, if it has no recipients."""
    if not tenant.alert_recipients:
        return [member.email for member in members.list_members(tenant.id) if member.role == "owner"]
    confirmed = _confirmed(members, outbox, tenant, tenant.alert_recipients)
    return [email for email in tenant.alert_recipients if email in confirmed]


def set_alert_recipients(
    stores: RecipientDependencies, tenant: Tenant, emails: Sequence[str], change: Change
) -> list[AlertRecipient]:
    """Store the addresses, normalised and without duplicates, and ask new ones to confirm, once a day each.

    Raise InvalidInput with a problem for each bad address, Conflict if too many mails were sent today or if they have
    changed meanwhile. Unchanged recipients leave no audit entry.
    """
    chosen = tuple(dict.fromkeys(_valid(emails)))

    def edit(current: Tenant) -> list[AlertRecipient]:
        require_version(change.based_on, recipients_version(current.alert_recipients))
        recipients = list_recipients(stores.members, stores.outbox, current, chosen)
        for each in recipients:
            if each.status == "pending" and each.email not in current.alert_recipients:
                _ask_to_confirm(stores, current, each.email, change)
        if chosen != current.alert_recipients:
            before, after = ", ".join(current.alert_recipients), ", ".join(chosen)
            entry = change.entry(tenant.id, "alert_recipients.changed", before, after)
            stores.directory.set_alert_recipients(tenant.id, chosen, entry, current.version)
        return recipients

    return edit_tenant(stores.directory, tenant, edit)


def recipients_version(emails: Sequence[str]) -> str:
    return version_of(*emails)


def _ask_to_confirm(stores: RecipientDependencies, tenant: Tenant, email: str, change: Change) -> None:
    for _ in range(_MAX_TRIES):
        entry = confirmation_entry(tenant, email, stores.links, change.at)
        if stores.outbox.known_entries([entry.id]):
            return
        uses = stores.outbox.read_quotas(unsolicited_mail_quotas(tenant.id, change.actor, email, change.at))
        refuse_used_up(uses)
        with suppress(StaleOutbox):
            stores.outbox.add_entries(Outgoing(entries=[entry], quotas=uses))
            return
    raise Unavailable("too many requests are changing these recipients at once")


def _confirmed(members: Members, outbox: Outbox, tenant: Tenant, emails: Iterable[str]) -> set[str]:
    """Return those addresses that are members' or have confirmed."""
    confirmed = {member.email for member in members.list_members(tenant.id)}
    unknown = [email for email in emails if email not in confirmed]
    found = outbox.find_addresses(unknown) if unknown else {}
    return confirmed | {email for email, address in found.items() if tenant.id in address.confirmed}


def _valid(emails: Sequence[str]) -> list[str]:
    valid: list[str] = []
    problems: list[FieldProblem] = []
    for index, email in enumerate(emails):
        try:
            valid.append(valid_email(email))
        except InvalidInput as error:
            message = f"emails.{index}: {error.message.removeprefix('email: ')}"
            problems.append(FieldProblem(field=f"emails.{index}", code="invalid_email", message=message))
    if problems:
        raise InvalidInput(problems[0].message, tuple(problems))
    return valid
