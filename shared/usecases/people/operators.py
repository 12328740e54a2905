"""Add and remove operators; each change is in the platform's audit log."""

from shared.domain.errors import NotFound
from shared.domain.people.audit import Change
from shared.domain.people.members import normalise_email
from shared.domain.people.operators import Operator
from shared.ports import IdentityVerifier, Operators
from shared.usecases.people.members import verified_account


def add_operator(identities: IdentityVerifier, operators: Operators, email: str, change: Change) -> Operator:
    """Make a user with a verified address an operator; adding an operator again changes nothing.

    Raise InvalidInput for a bad address, NotFound for an unknown account, Forbidden if its address is not verified.
    """
    user = verified_account(identities, email, change.at)
    existing = operators.find_operator(user.user_id)
    if existing is not None:
        return existing
    operator = Operator(
        user_id=user.user_id, email=user.email or "", added_at=change.at, added_by=change.actor
    )
    operators.save_operator(operator, change.entry(None, "operator.added", None, operator.email))
    return operator


def remove_operator(operators: Operators, email: str, change: Change) -> Operator:
    """Remove an operator; their next request is refused. Raise NotFound if nobody has this address."""
    wanted = normalise_email(email)
    for operator in operators.list_operators():
        if operator.email == wanted:
            entry = change.entry(None, "operator.removed", operator.email, None)
            operators.remove_operator(operator.user_id, entry)
            return operator
    raise NotFound(f"there is no operator with {wanted!r}")
