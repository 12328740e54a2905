"""The turn of each step of the daily reconciliation, as a table."""

from datetime import timedelta

import pytest

from shared.domain.ledger.reconciliation import (
    MESSAGE_LASTS,
    STEP_LASTS,
    ReconciliationStep,
    Turn,
    turn_of,
)
from tests.sample_events import NOON

RUNNING = ReconciliationStep.running("acme", NOON)
EXPECTED = ReconciliationStep.expected("acme", NOON)
ALMOST = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("step", "known", "age", "turn"),
    [
        ("acme", None, timedelta(0), Turn.FREE),
        ("acme", EXPECTED, timedelta(0), Turn.FREE),
        ("acme", EXPECTED, MESSAGE_LASTS - ALMOST, Turn.FREE),
        ("acme", RUNNING, timedelta(0), Turn.UNDER_WAY),
        ("acme", RUNNING, STEP_LASTS - ALMOST, Turn.UNDER_WAY),
        ("acme", RUNNING, STEP_LASTS, Turn.FREE),
        ("", RUNNING, STEP_LASTS - ALMOST, Turn.TAKEN),
        ("", RUNNING, STEP_LASTS, Turn.FREE),
        ("", EXPECTED, MESSAGE_LASTS - ALMOST, Turn.TAKEN),
        ("", EXPECTED, MESSAGE_LASTS, Turn.FREE),
        ("globex", EXPECTED, timedelta(0), Turn.TAKEN),
    ],
)
def test_the_turn_of_a_step(step: str, known: ReconciliationStep | None, age: timedelta, turn: Turn) -> None:
    assert turn_of(step, known, NOON + age) is turn
