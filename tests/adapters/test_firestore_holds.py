"""Holds in Firestore's documents: read back unchanged, small, and decoded in a moment."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.firestore.encoding import Document
from shared.adapters.firestore.limits.holds import (
    decode_hold,
    encode_hold,
    holds_write,
    read_holds,
    read_tree,
)
from shared.domain.ledger.budget_counts import BudgetSlot
from shared.domain.ledger.holds import MAX_OPEN_HOLDS, Amounts, Hold, RunKey, run_key
from tests.sample_events import NOON

MOST_BYTES = 600_000
"""Of 5,000 usual holds. Firestore allows 1 MiB, and larger ones need some of it."""
amounts = st.builds(Amounts, st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
holds = st.builds(
    Hold,
    amounts=amounts,
    own=amounts,
    expires_at=st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 (the timezone is its own argument)
    drawn=amounts,
    budgets=st.frozensets(st.builds(BudgetSlot, st.text(), st.text()), max_size=4),
    parent=st.none() | st.text(min_size=1).map(run_key),
    is_ended=st.booleans(),
    has_children=st.booleans(),
)


def stored(held: dict[RunKey, Hold]) -> Any:
    document = Document()
    document.fields.MergeFrom(holds_write("admission/current", dict(held)).update.fields)
    return document


@given(holds)
def test_a_hold_is_read_back_unchanged(hold: Hold) -> None:
    assert decode_hold(encode_hold(hold)) == hold


@given(st.dictionaries(st.text().map(run_key), holds, max_size=4))
def test_all_holds_of_a_document_are_read_back(held: dict[RunKey, Hold]) -> None:
    assert read_holds(stored(held)).by_run == held
    assert read_tree(stored(held)).by_run == held


@given(st.lists(st.none() | st.integers() | st.text() | st.booleans()))
def test_a_hold_of_a_newer_release_is_read(more: list[object]) -> None:
    whole = Hold(amounts=Amounts(1, 1), expires_at=NOON, is_ended=True, has_children=True)
    longer = [*json.loads(encode_hold(whole)), *more]
    assert decode_hold(json.dumps(longer)) == whole
    longer[9] |= 4
    assert decode_hold(json.dumps(longer)) == whole


def usual(number: int) -> Hold:
    """Return the hold of a run that has used some of it, and counts against a budget of a feature."""
    return Hold(
        amounts=Amounts(5_000_000_000, 200_000),
        expires_at=NOON + timedelta(microseconds=number),
        drawn=Amounts(1_234_567_890 + number, 54_321),
        budgets=frozenset({BudgetSlot("search@1764158400")}),
    )


def size_of(held: dict[RunKey, Hold]) -> int:
    """Return the bytes of the holds as Firestore counts them: names and texts, each with one more."""
    return sum(len(run) + 1 + len(encode_hold(hold).encode()) + 1 for run, hold in held.items())


def test_as_many_holds_as_are_allowed_fit_into_a_document() -> None:
    held = {run_key(f"run-{number}"): usual(number) for number in range(MAX_OPEN_HOLDS)}
    assert size_of(held) < MOST_BYTES
