"""Changes who is written to when usage nears its limits."""

from collections.abc import Sequence
from datetime import datetime

from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.members import valid_email
from shared.domain.tenants import AuditEntry, Tenant
from shared.ports import Directory

MAX_RECIPIENTS = 10


def set_alert_recipients(
    directory: Directory, tenant: Tenant, emails: Sequence[str], *, actor: str, now: datetime
) -> tuple[str, ...]:
    """The addresses as they are kept: normalised, each once; InvalidInput names those that cannot be addresses.

    The same ones as before are no change, and leave no trace.
    """
    kept = tuple(dict.fromkeys(_valid(emails)))
    if kept != tenant.alert_recipients:
        before, after = ", ".join(tenant.alert_recipients), ", ".join(kept)
        audit = AuditEntry(
            tenant_id=tenant.id,
            at=now,
            actor=actor,
            action="alert_recipients.changed",
            before=before,
            after=after,
            reason="",
        )
        directory.set_alert_recipients(tenant.id, kept, audit)
    return kept


def _valid(emails: Sequence[str]) -> list[str]:
    valid: list[str] = []
    problems: list[FieldProblem] = []
    for index, email in enumerate(emails):
        try:
            valid.append(valid_email(email))
        except InvalidInput as error:
            message = f"emails.{index}: {error.message.removeprefix('email: ')}"
            problems.append(FieldProblem(f"emails.{index}", "invalid_email", message))
    if problems:
        raise InvalidInput(problems[0].message, tuple(problems))
    return valid
