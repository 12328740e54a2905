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
from shared.domain.people.members import valid_email
from shared.domain.people.tenants import Change, Tenant
from shared.ports import Directory, Members, Outbox, StaleOutbox

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

    Raise InvalidInput with a problem for each bad address, Conflict if too many mails were sent today. Unchanged
    recipients leave no audit entry.
    """
    emails = tuple(dict.fromkeys(_valid(emails)))
    recipients = list_recipients(stores.members, stores.outbox, tenant, emails)
    new = [each.email for each in recipients if each.status == "pending"]
    for email in new:
        if email not in tenant.alert_recipients:
            _ask_to_confirm(stores, tenant, email, change)
    if emails != tenant.alert_recipients:
        before, after = ", ".join(tenant.alert_recipients), ", ".join(emails)
        entry = change.entry(tenant.id, "alert_recipients.changed", before, after)
        stores.directory.set_alert_recipients(tenant.id, emails, entry)
    return recipients


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
