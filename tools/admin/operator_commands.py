"""The commands about operators, the platform's own people, and their options."""

from argparse import ArgumentParser, Namespace
from typing import Any

from shared.container import Container
from shared.domain.people.operators import Operator
from shared.usecases.people import operators
from tools.admin.commands import Answer, change_of
from tools.admin.parsing import Command, add


def add_operator(container: Container, options: Namespace) -> Answer:
    """Make a user an operator."""
    change = change_of(container)
    added = operators.add_operator(container.identities, container.operators, options.email, change)
    return Answer({"operator": _fields(added)})


def list_operators(container: Container, _options: Namespace) -> Answer:
    """List the operators."""
    return Answer({"operators": [_fields(each) for each in container.operators.list_operators()]})


def remove_operator(container: Container, options: Namespace) -> Answer:
    """Remove an operator."""
    removed = operators.remove_operator(container.operators, options.email, change_of(container))
    return Answer({"removed": _fields(removed)})


def _fields(operator: Operator) -> dict[str, Any]:
    return {
        "id": operator.user_id,
        "email": operator.email,
        "added_at": operator.added_at.isoformat(),
        "added_by": operator.added_by,
    }


def add_operators(parser: ArgumentParser) -> None:
    """Add the commands about operators."""
    actions = parser.add_subparsers(required=True, metavar="{add,list,remove}")
    new = add(
        actions,
        Command(
            name="add",
            run=add_operator,
            help="let a user with a verified address see and change every tenant",
            example="operator add ada@example.com",
            changes=True,
        ),
    )
    add(
        actions,
        Command(name="list", run=list_operators, help="list the operators", example="operator list"),
    )
    remove = add(
        actions,
        Command(
            name="remove",
            run=remove_operator,
            help="remove an operator, whose next request is refused",
            example="operator remove ada@example.com",
            changes=True,
        ),
    )
    for action in (new, remove):
        action.add_argument("email", metavar="EMAIL")
