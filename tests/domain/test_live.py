"""Where live reads begin, and when the runs of a rollup need no count."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.domain.live import known_runs
from shared.domain.periods import Period
from shared.domain.rollups import CounterShard, empty_rollup, fold_period, live_from, start_of

END = datetime(2026, 11, 20, 13, tzinfo=UTC)
PERIOD = Period(datetime(2026, 10, 20, 13, tzinfo=UTC), END)
NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
CLEAN, DIRTY = (CounterShard(date(2026, 11, 19), 0, {}, 1, dirty=dirty) for dirty in (False, True))


@pytest.mark.parametrize(
    ("folded_at", "begins"),
    [
        (PERIOD.start - timedelta(minutes=5), PERIOD.start),
        (PERIOD.start + timedelta(hours=2), PERIOD.start),
        (datetime(2026, 11, 2, 23, 59, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)),
        (END + timedelta(hours=1), start_of(END.date())),
        (END + timedelta(days=1), END),
    ],
)
def test_days_are_read_live_from_the_day_of_the_last_fold_within_the_period(
    folded_at: datetime, begins: datetime
) -> None:
    assert live_from(PERIOD, folded_at) == begins
    assert replace(empty_rollup(PERIOD, folded_at), runs_before=0).counted_until == begins


def test_a_rollup_that_does_not_say_how_many_runs_began_before_has_counted_none() -> None:
    assert empty_rollup(PERIOD, NOW).counted_until == PERIOD.start


def test_a_fold_keeps_how_many_runs_began_before_what_is_read_live() -> None:
    rollup = fold_period(empty_rollup(PERIOD, NOW), [], 5, END - timedelta(hours=1), 3)
    assert (rollup.runs, rollup.runs_before, rollup.counted_until) == (5, 3, start_of(END.date()))


def test_a_folded_rollup_tells_its_runs_unless_a_counter_read_with_it_is_dirty() -> None:
    rollup = fold_period(empty_rollup(PERIOD, NOW), [], 5, NOW, 3)
    assert [known_runs(rollup, shards) for shards in ([], [CLEAN], [CLEAN, DIRTY])] == [5, 5, None]


def test_a_rollup_whose_runs_were_not_counted_within_its_period_does_not_tell_them() -> None:
    older = fold_period(empty_rollup(PERIOD, NOW), [], 5, NOW)
    before_it_began = fold_period(empty_rollup(PERIOD, NOW), [], 5, PERIOD.start, 0)
    assert (known_runs(older, []), known_runs(before_it_began, [])) == (None, None)
