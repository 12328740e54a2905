"""The reasons that changes are made for, which the audit log keeps."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.people.audit import Change
from shared.http.routes import Call
from shared.usecases.people.manage_grants import MAX_REASON_CHARS

FreeReason = Annotated[
    str, Field(max_length=MAX_REASON_CHARS, description="Kept in the audit log; may be left out.")
]
RequiredReason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_REASON_CHARS),
    Field(description="Shown with what it changes, and kept in the audit log."),
]
OptionalReason = Annotated[
    str,
    Field(
        max_length=MAX_REASON_CHARS,
        description="Kept in the audit log. An operator has to give one, a platform key may leave it out.",
    ),
]


def reasoned(call: Call, reason: str) -> Change:
    """Return the change with its reason, without which a person may change nothing that a tenant notices."""
    if call.identity is not None and not reason.strip():
        message = "reason: say why; the tenant will notice this change, and the audit log keeps the reason"
        problem = FieldProblem(field="reason", code="reason_required", message=message)
        raise InvalidInput(message, (problem,), code="reason_required")
    return call.change.because(reason)
