"""The states of a corrected event: each action in each state."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from shared.domain.errors import Conflict
from shared.domain.metering.corrected_events import correct, standing, uncorrected, with_corrections
from shared.domain.metering.corrections import (
    ACTIONS,
    CORRECTION_STATES,
    Action,
    CorrectionState,
    state_after,
)
from shared.domain.prices.costs import EventCost
from tests.sample_events import CALL, NOON, costing, llm_call, times

ALREADY_VOIDED, ALREADY_AMENDED, NOT_VOIDED = "already_voided", "already_amended", "not_voided"
_STANDS = {"void": "voided", "unvoid": NOT_VOIDED, "amend": "amended", "rerate": "rerated"}
OUTCOMES: dict[CorrectionState | None, dict[str, str]] = {
    **dict.fromkeys((None, "unvoided", "amendment", "rerated"), _STANDS),
    "voided": {
        "void": ALREADY_VOIDED,
        "unvoid": "unvoided",
        "amend": ALREADY_VOIDED,
        "rerate": ALREADY_VOIDED,
    },
    "amended": dict.fromkeys(ACTIONS, ALREADY_AMENDED),
}
EVENT = llm_call("e1", run_id="r1")
AT_NOON = uncorrected(EVENT)


@pytest.mark.parametrize(("state", "action"), list(product((None, *CORRECTION_STATES), ACTIONS)))
def test_each_action_in_each_state_has_its_outcome(state: CorrectionState | None, action: Action) -> None:
    before = None if state is None else replace(AT_NOON, state=state)
    try:
        outcome: str = state_after(action, before)
    except Conflict as refused:
        outcome = refused.code
    assert outcome == OUTCOMES[state][action]


@pytest.mark.parametrize("state", CORRECTION_STATES)
def test_a_void_and_an_amended_event_count_nothing(state: CorrectionState) -> None:
    assert standing(EVENT, replace(AT_NOON, state=state)) == ({} if state in ("voided", "amended") else CALL)


def test_the_difference_counts_in_the_hour_of_the_event_until_it_is_35_days_old() -> None:
    voided = replace(AT_NOON, state="voided", revision=1)
    correction, difference = correct(EVENT, None, voided, NOON + timedelta(days=35))
    assert (difference.ts, difference.adjusts, difference.amounts) == (NOON, None, times(-1))
    assert correction.counted == {}


def test_after_35_days_it_counts_now_in_an_event_of_its_own() -> None:
    voided, now = replace(AT_NOON, state="voided", revision=1), NOON + timedelta(days=35, microseconds=1)
    correction, difference = correct(EVENT, None, voided, now)
    assert (difference.ts, difference.adjusts, difference.amounts) == (now, "e1", times(-1))
    assert difference.tokens is not None
    assert difference.tokens.total == -(100 + 20)
    assert difference.cost.nanousd == -72_000
    assert correction.counted == CALL
    again = replace(correction, state="unvoided", revision=2)
    restored, back = correct(EVENT, correction, again, now)
    assert back.identity != difference.identity
    assert back.amounts == CALL
    assert restored.counted == CALL


def test_a_void_before_35_days_and_its_opposite_after_them_add_up() -> None:
    voided, _ = correct(EVENT, None, replace(AT_NOON, state="voided", revision=1), NOON)
    restored, back = correct(
        EVENT, voided, replace(voided, state="unvoided", revision=2), NOON + timedelta(days=36)
    )
    assert restored.counted == {}
    assert back.amounts == CALL


def test_a_new_cost_stands_after_a_void_was_taken_back() -> None:
    unpriced = costing(EVENT, EventCost("unknown"))
    rerated = replace(uncorrected(unpriced), state="rerated", cost=EVENT.cost)
    correction, difference = correct(unpriced, None, rerated, NOON)
    assert difference.amounts == {"cost_nanousd": 72_000, "unpriced_calls": -1}
    assert correction.counted == CALL
    assert standing(unpriced, replace(correction, state="unvoided")) == CALL


def test_a_read_event_has_its_correction_its_new_cost_and_what_its_hour_counts() -> None:
    correction, _ = correct(EVENT, None, replace(AT_NOON, state="voided"), NOON)
    other = llm_call("e2")
    (read, untouched) = with_corrections([EVENT, other], {"e1": correction})
    assert (read.correction, read.amounts, read.cost) == (correction, {}, EVENT.cost)
    assert untouched == other
