"""How counters are written, read and folded: which exist, when they are due, and how many the rate needs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.counter_settings import MAX_COUNTER_SHARDS, CounterSettings, completable_until
from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.periods import start_of

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOON.date()
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
COMPLETE = CounterSettings(complete_until=start_of(TODAY), fold_minutes=4)


def test_a_day_has_as_many_counters_as_writers_spread_over() -> None:
    assert CounterSettings(shards=3).refs_on(TODAY) == [ShardRef(TODAY, number) for number in range(3)]


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 72)), max_size=12), st.integers(-3, 40))
def test_no_writer_that_knows_settings_of_the_last_day_writes_what_readers_do_not_look_at(
    rates: list[tuple[float, int]], days: int
) -> None:
    now, settings, history = NOON, CounterSettings(), [(NOON, CounterSettings())]
    for rate, hours in rates:
        settings = settings.at_rate(rate, now)
        history.append((now, settings))
        now += timedelta(hours=hours)
    day = TODAY + days * DAY
    for number, (_, known) in enumerate(history):
        forgotten_at = history[number + 1][0] + DAY if number + 1 < len(history) else now + DAY
        if start_of(day) < forgotten_at:
            assert settings.shards_on(day) >= known.shards


@pytest.mark.parametrize(
    ("shards", "rate", "after"),
    [
        (1, 1.0, 1),
        (1, 1.01, 2),
        (2, 7.5, 8),
        (8, 2.0, 2),
        (8, 2.1, 8),
        (64, 900.0, 64),
        (64, 0.0, 1),
        (1, 0.0, 1),
    ],
)
def test_the_shards_are_what_the_rate_needs_unless_a_few_less_would_do(
    shards: int, rate: float, after: int
) -> None:
    assert CounterSettings(shards=shards).at_rate(rate, NOON).shards == after <= MAX_COUNTER_SHARDS


def test_lowering_remembers_the_most_there_ever_were() -> None:
    settings = CounterSettings(shards=8, most_shards=64, lowered_at=NOON - 30 * DAY).at_rate(0.5, NOON)
    assert settings == CounterSettings(shards=1, most_shards=64, lowered_at=NOON)
    assert settings.at_rate(0.5, NOON + DAY) == settings


@pytest.mark.parametrize(
    ("settings", "day", "due"),
    [
        (CounterSettings(), TODAY, NOON),
        (COMPLETE, TODAY, NOON + 4 * MINUTE),
        (COMPLETE, TODAY + DAY, NOON + 4 * MINUTE),
        (COMPLETE, TODAY - DAY, NOON),
        (replace(COMPLETE, complete_until=start_of(TODAY) - DAY), TODAY - DAY, NOON + 4 * MINUTE),
    ],
)
def test_a_counter_is_due_at_once_where_no_read_counts_it(
    settings: CounterSettings, day: date, due: datetime
) -> None:
    assert settings.due_at(day, NOON) == due


@pytest.mark.parametrize(
    ("now", "complete"),
    [
        (NOON, TODAY),
        (start_of(TODAY), TODAY - DAY),
        (start_of(TODAY) + 15 * MINUTE - timedelta(microseconds=1), TODAY - DAY),
        (start_of(TODAY) + 15 * MINUTE, TODAY),
    ],
)
def test_a_day_is_complete_a_quarter_of_an_hour_after_it_has_ended(now: datetime, complete: date) -> None:
    assert completable_until(now) == start_of(complete)
    settings = CounterSettings(complete_until=completable_until(now))
    assert settings.is_completed(now)
    assert not settings.is_completed(now + DAY)
    assert [settings.is_complete(complete + number * DAY) for number in (-1, 0)] == [True, False]


def test_before_the_first_fold_no_day_is_complete() -> None:
    assert not CounterSettings().is_complete(TODAY - 900 * DAY)
    assert not CounterSettings().is_completed(NOON)
