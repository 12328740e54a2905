"""Counting runs by hour: exact whatever moved, and cheap while nothing did."""

from collections import Counter
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.periods import start_of
from shared.domain.ledger.run_counts import days_that_lost_runs, recount_hours

DAY = date(2026, 11, 20)
MIDNIGHT = start_of(DAY)


class Counting:
    """Runs by the hour they began in, counted from midnight of DAY on; remembers what was asked."""

    def __init__(self, runs: dict[int, int]) -> None:
        self.runs = runs
        self.asked: list[tuple[int, int]] = []

    def __call__(self, start: datetime, end: datetime) -> int:
        first, last = [int((at - MIDNIGHT) / timedelta(hours=1)) for at in (start, end)]
        self.asked.append((first, last))
        return sum(count for hour, count in self.runs.items() if first <= hour < last)


hours = st.integers(0, 23)
counts = st.dictionaries(hours, st.integers(1, 5))


@given(counts, st.lists(st.tuples(hours, hours), max_size=8), st.lists(hours, max_size=5))
def test_any_moves_and_beginnings_end_in_the_plain_count(
    known: dict[int, int], moves: list[tuple[int, int]], begun: list[int]
) -> None:
    """A run only moves to an earlier hour, and by an event of that hour."""
    runs, changed = Counter(known), set(begun)
    for hour in begun:
        runs[hour] += 1
    for from_hour, to_hour in moves:
        if runs[from_hour] and to_hour < from_hour:
            runs[from_hour] -= 1
            runs[to_hour] += 1
            changed.add(to_hour)
    expected = {hour: count for hour, count in runs.items() if count}
    assert recount_hours(DAY, known, changed, Counting(dict(runs))) == expected


def test_runs_that_moved_to_another_day_are_missed_by_the_sum_of_the_day() -> None:
    counting = Counting({3: 1})
    assert recount_hours(DAY, {3: 1, 9: 2}, [], counting) == {3: 1}
    assert len(counting.asked) == 1 + 24


def test_what_did_not_move_is_counted_by_its_changed_hours_and_the_day() -> None:
    counting = Counting({3: 1, 12: 4})
    assert recount_hours(DAY, {3: 1, 12: 2}, [12], counting) == {3: 1, 12: 4}
    assert counting.asked == [(12, 13), (0, 24)]


def test_days_that_lost_runs_are_found() -> None:
    known = {DAY: 2, DAY + timedelta(days=1): 1, DAY + timedelta(days=2): 3}
    counting = Counting({5: 2, 24 + 7: 1, 48 + 7: 2})
    assert days_that_lost_runs(known, counting) == [DAY + timedelta(days=2)]


def test_days_that_lost_none_cost_one_count_and_no_days_none() -> None:
    counting = Counting({5: 2, 24 + 7: 1})
    assert days_that_lost_runs({DAY: 2, DAY + timedelta(days=1): 1}, counting) == []
    assert counting.asked == [(0, 48)]
    assert days_that_lost_runs({}, counting) == []
    assert len(counting.asked) == 1
