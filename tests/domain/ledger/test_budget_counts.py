"""What counts towards budgets: sums of hours, and the values that a month has room for."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.budget_counts import (
    MAX_MONTH_BYTES,
    MAX_VALUES,
    BudgetHours,
    BudgetSlot,
    HourCount,
    Spent,
    budget_bytes,
    fold_budgets,
    merge_hours,
    spent_within,
)
from shared.domain.ledger.periods import Period

DAY = date(2026, 11, 20)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
counts = st.builds(HourCount, st.integers(0, 99), st.integers(0, 3), st.sets(st.sampled_from("abc")))
slots = st.builds(BudgetSlot, st.sampled_from(["x@1", "y@2"]), st.sampled_from(["", "ann", "bob"]))
hours_of_days = st.dictionaries(slots, st.dictionaries(st.integers(0, 23), counts))


@given(st.lists(hours_of_days, max_size=4), st.integers(0, 23), st.integers(1, 24))
def test_however_counts_are_spread_over_counters_their_sum_is_the_same(
    parts: list[BudgetHours], start: int, hours: int
) -> None:
    within = Period(MIDNIGHT + timedelta(hours=start), MIDNIGHT + timedelta(hours=start + hours))
    merged = merge_hours(parts)
    for slot in {slot for part in parts for slot in part}:
        found = [
            count
            for part in parts
            for hour, count in part.get(slot, {}).items()
            if start <= hour < start + hours
        ]
        runs = {run for count in found for run in count.runs}
        expected = Spent(
            sum(each.amount for each in found) + len(runs), sum(each.unknown_calls for each in found)
        )
        assert spent_within(DAY, merged.get(slot, {}), within) == expected


@given(hours_of_days)
def test_merging_changes_none_of_its_parts(part: BudgetHours) -> None:
    before = repr(part)
    merge_hours([part, part])
    assert repr(part) == before


def values(count: int, first: int = 0, size: int = 1) -> BudgetHours:
    return {
        BudgetSlot("x@1", f"{number:06}" * size): {3: HourCount(1)} for number in range(first, first + count)
    }


def test_a_thousand_values_are_kept_apart_and_the_rest_is_added_up() -> None:
    folded = fold_budgets(DAY, values(MAX_VALUES + 5), ())
    assert len(folded) == MAX_VALUES + 1
    assert folded[BudgetSlot("x@1", "")] == Spent(5)


def test_values_that_the_month_lists_keep_their_place() -> None:
    listed = fold_budgets(DAY, values(MAX_VALUES, first=50), ())
    folded = fold_budgets(DAY, values(100), listed)
    assert folded.keys() == {*values(50, first=50), BudgetSlot("x@1", "")}
    assert folded[BudgetSlot("x@1", "")] == Spent(50)


def test_long_values_take_as_much_room_as_a_months_document_has() -> None:
    folded = fold_budgets(DAY, values(MAX_VALUES, size=40), ())
    kept = [slot for slot in folded if slot.value]
    assert (
        sum(map(budget_bytes, kept))
        <= MAX_MONTH_BYTES
        < sum(map(budget_bytes, kept)) + 2 * budget_bytes(kept[0])
    )
    assert sum(spent.amount for spent in folded.values()) == MAX_VALUES
