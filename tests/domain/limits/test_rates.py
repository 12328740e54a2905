"""Token buckets: never more than the rate, and what is reported is true."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.limits.rates import DayLimits, TokenBucket
from tests.sample_events import NOON

PAUSES = st.lists(st.floats(0, 90, allow_nan=False), max_size=200)


@given(per_minute=st.integers(1, 60), pauses=PAUSES)
def test_any_interval_sees_at_most_the_bucket_and_the_rate(per_minute: int, pauses: list[float]) -> None:
    bucket, now, allowed = TokenBucket.full(per_minute, NOON), NOON, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        if bucket.take(now):
            allowed.append(now)
    for index, first in enumerate(allowed):
        for count, last in enumerate(allowed[index:], start=1):
            seconds = (last - first).total_seconds()
            assert count <= per_minute + seconds * per_minute / 60 + 1e-6


@given(per_minute=st.integers(1, 60), pauses=PAUSES)
def test_a_refused_caller_that_waits_as_asked_is_allowed(per_minute: int, pauses: list[float]) -> None:
    bucket, now = TokenBucket.full(per_minute, NOON), NOON
    for pause in pauses:
        now += timedelta(seconds=pause)
        if not bucket.take(now):
            now += timedelta(seconds=bucket.status_at(now).retry_after_seconds)
            assert bucket.take(now)


@given(per_minute=st.integers(1, 60), taken=st.integers(0, 100))
def test_remaining_requests_are_allowed_at_once_and_no_more(per_minute: int, taken: int) -> None:
    bucket = TokenBucket.full(per_minute, NOON)
    for _ in range(taken):
        bucket.take(NOON)
    remaining = bucket.status_at(NOON).remaining
    assert remaining == max(per_minute - taken, 0)
    assert [bucket.take(NOON) for _ in range(remaining + 1)] == [True] * remaining + [False]


def test_a_clock_that_goes_back_gives_nothing() -> None:
    bucket = TokenBucket.full(1, NOON)
    assert bucket.take(NOON)
    assert not bucket.take(NOON - timedelta(hours=1))
    assert not bucket.take(NOON)


def test_a_rate_of_zero_allows_nothing_and_says_when_to_ask_again() -> None:
    bucket = TokenBucket.full(0, NOON)
    assert not bucket.take(NOON + timedelta(days=1))
    assert bucket.status_at(NOON).retry_after_seconds == 60


def test_a_day_is_full_when_either_number_is_reached() -> None:
    limits = DayLimits(events=10, names=3)
    reached = [limits.are_reached(*counts) for counts in [(9, 2), (10, 0), (0, 3)]]
    assert reached == [False, True, True]
