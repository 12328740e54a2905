"""Operators: the platform's own people."""

from dataclasses import replace
from datetime import timedelta

from shared.domain.people.audit import Change
from shared.domain.people.operators import Operator
from shared.ports import Directory, Operators
from tests.sample_events import NOON

ADA = Operator(user_id="uid-ada", email="ada@example.com", added_at=NOON, added_by="admin:op")
BOB = replace(ADA, user_id="uid-bob", email="bob@example.com", added_at=NOON + timedelta(seconds=1))
ADDED = Change("admin:op", NOON).entry(None, "operator.added", None, "ada@example.com")
REMOVED = Change("admin:op", NOON + timedelta(hours=1)).entry(
    None, "operator.removed", "ada@example.com", None
)


def test_nobody_is_an_operator_at_first(operators: Operators) -> None:
    assert operators.find_operator("uid-ada") is None
    assert operators.list_operators() == []


def test_operators_are_listed_oldest_first(operators: Operators) -> None:
    operators.save_operator(BOB, ADDED)
    operators.save_operator(ADA, ADDED)
    assert operators.list_operators() == [ADA, BOB]
    assert operators.find_operator("uid-bob") == BOB


def test_a_removed_operator_is_gone_at_once(operators: Operators, directory: Directory) -> None:
    operators.save_operator(ADA, ADDED)
    for _ in range(2):
        operators.remove_operator("uid-ada", REMOVED)
        assert operators.find_operator("uid-ada") is None
    entries = list(directory.list_audit(None, limit=10).items)
    assert entries == [REMOVED, REMOVED, ADDED]
