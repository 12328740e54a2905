"""Change the addresses that get alert mails."""

from collections.abc import Sequence

from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.people.members import valid_email
from shared.domain.people.tenants import Change, Tenant
from shared.ports import Directory

MAX_RECIPIENTS = 10


def set_alert_recipients(
    directory: Directory, tenant: Tenant, emails: Sequence[str], change: Change
) -> tuple[str, ...]:
    """Store the addresses, normalised and without duplicates, and return them.

    Raise InvalidInput with a problem for each bad address. Unchanged recipients leave no audit entry.
    """
    recipients = tuple(dict.fromkeys(_valid(emails)))
    if recipients != tenant.alert_recipients:
        before, after = ", ".join(tenant.alert_recipients), ", ".join(recipients)
        entry = change.entry(tenant.id, "alert_recipients.changed", before, after)
        directory.set_alert_recipients(tenant.id, recipients, entry)
    return recipients


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
