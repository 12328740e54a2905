"""Tests of the forecast: the totals and instants at the pace so far, and the reasons for no forecast."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.counters import Totals
from shared.domain.ledger.periods import Period, period_at
from shared.domain.limits.forecast import MIN_ELAPSED, Forecast, MetricForecast, PeriodSoFar, forecast
from shared.domain.limits.limits import LimitPolicy

NOVEMBER = period_at(None, datetime(2026, 11, 22, tzinfo=UTC))
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
POLICY = LimitPolicy(token_limit=3_000, run_limit=30)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def on(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def used(tokens: int, cost_nanousd: int = 0) -> Totals:
    return {"calls": 1, "total_tokens": tokens, "cost_nanousd": cost_nanousd}


def days(*tokens: int) -> dict[date, Totals]:
    """Return usage with these tokens on each day from the first of the month."""
    return {on(number + 1).date(): used(count) for number, count in enumerate(tokens)}


def of(
    totals_by_day: Mapping[date, Totals],
    now: datetime,
    runs: int = 0,
    policy: LimitPolicy | None = POLICY,
    created_at: datetime = LONG_AGO,
) -> Forecast:
    so_far = PeriodSoFar(period=NOVEMBER, days=totals_by_day, runs=runs, created_at=created_at)
    return forecast(so_far, policy, now)


def tokens_of(found: Forecast) -> MetricForecast:
    assert found.tokens is not None
    return found.tokens


def test_the_pace_so_far_continues_until_the_reset() -> None:
    found = of(days(100, 500), on(11), runs=10)
    assert tokens_of(found) == MetricForecast(600 * 30 // 10, None, None)
    # One a day of 30: 80 % is reached after 24 days, and all of it not before the reset.
    assert found.runs == MetricForecast(10 * 30 // 10, on(25), None)
    assert (found.basis_days, found.reason) == (2, None)


def test_the_thresholds_are_reached_when_the_pace_gets_there() -> None:
    # 100 a day: 80 % of 2000 after 16 days, all of it after 20.
    found = tokens_of(of(days(500, 500), on(11), policy=replace(POLICY, token_limit=2_000)))
    assert found == MetricForecast(100 * 30, on(1) + 16 * DAY, on(1) + 20 * DAY)


def test_a_fraction_is_cut_off_and_an_instant_waits_for_the_whole_second() -> None:
    found = tokens_of(of(days(1, 6), on(11), policy=LimitPolicy(token_limit=11, run_limit=1)))
    seconds = -(-11 * 10 * 24 * 3600 // 7)
    assert found.at_end == 7 * 30 // 10
    assert found.reached_at == on(1) + seconds * SECOND


def test_cost_is_forecast_in_nano_usd() -> None:
    found = of({on(1).date(): used(0, 3), on(2).date(): used(0, 4)}, on(11))
    assert found.cost == MetricForecast(7 * 30 // 10, None, None)


def test_the_thresholds_of_the_cost_are_forecast_where_it_is_limited() -> None:
    totals = {on(1).date(): used(0, 500), on(2).date(): used(0, 500)}
    found = of(totals, on(11), policy=replace(POLICY, cost_limit_nanousd=2_000))
    # 100 a day: 80 % of 2000 after 16 days, all of it after 20.
    assert found.cost == MetricForecast(100 * 30, on(1) + 16 * DAY, on(1) + 20 * DAY)


def test_a_cap_already_reached_is_not_forecast() -> None:
    found = tokens_of(of(days(2_000, 1_000), on(11)))
    assert found == MetricForecast(9_000, None, None)
    assert tokens_of(of(days(2_000, 400), on(11))).soft_reached_at is None


def test_a_cap_not_reached_before_the_reset_is_not_forecast() -> None:
    exactly_at_the_reset = LimitPolicy(token_limit=1_500, run_limit=1)
    found = tokens_of(of(days(250, 250), on(11), policy=exactly_at_the_reset))
    assert (found.at_end, found.reached_at, found.soft_reached_at) == (1_500, None, on(25))


def test_a_limit_of_zero_is_already_reached() -> None:
    found = of(days(1, 1), on(11), runs=1, policy=LimitPolicy(token_limit=0, run_limit=0))
    assert found.tokens == MetricForecast(6, None, None)
    assert found.runs == MetricForecast(3, None, None)


def test_an_unused_metric_stays_at_zero() -> None:
    found = of(days(0, 0), on(11))
    assert found.tokens == found.runs == MetricForecast(0, None, None)


def test_without_a_known_plan_there_is_a_sum_but_no_threshold() -> None:
    found = of(days(500, 500), on(11), runs=4, policy=None)
    assert (found.tokens, found.runs) == (MetricForecast(3_000, None, None), MetricForecast(12, None, None))
    assert found.cost == MetricForecast(0, None, None)


def test_the_pace_of_a_new_tenant_is_measured_from_its_creation() -> None:
    created_at = on(6) + timedelta(microseconds=7)
    found = tokens_of(of({on(6).date(): used(50), on(10).date(): used(50)}, on(11), created_at=created_at))
    assert found.at_end == 100 * 25 // 5


def test_the_pace_of_usage_before_the_tenants_creation_is_measured_from_the_first_usage() -> None:
    found = tokens_of(of({on(6).date(): used(50), on(10).date(): used(50)}, on(11), created_at=on(10, 9)))
    assert found.at_end == 100 * 25 // 5


@pytest.mark.parametrize(
    ("totals_by_day", "now", "created_at", "basis_days"),
    [
        ({}, on(20), LONG_AGO, 0),
        (days(100), on(20), LONG_AGO, 1),
        (days(100) | {on(2).date(): {}}, on(20), LONG_AGO, 1),
        (days(100, 100), on(2) - SECOND, LONG_AGO, 2),
        ({on(9).date(): used(1), on(10).date(): used(1)}, on(10, 11), on(9, 12), 2),
        (days(100, 100), on(1) - DAY, LONG_AGO, 2),
    ],
)
def test_too_little_data_is_the_reason_for_no_forecast(
    totals_by_day: dict[date, Totals], now: datetime, created_at: datetime, basis_days: int
) -> None:
    found = of(totals_by_day, now, created_at=created_at)
    assert found == Forecast(
        tokens=None, runs=None, cost=None, basis_days=basis_days, reason="too_little_data"
    )


def test_usage_on_the_day_the_tenant_was_created_does_not_make_it_older() -> None:
    created_at = on(9, 12)
    totals = {on(9).date(): used(1), on(10).date(): used(1)}
    assert of(totals, on(10, 12) - SECOND, created_at=created_at).reason == "too_little_data"
    assert of(totals, on(10, 12), created_at=created_at).reason is None


def test_a_period_that_is_over_has_no_forecast() -> None:
    assert of(days(1, 1), NOVEMBER.end) == Forecast(
        tokens=None, runs=None, cost=None, basis_days=2, reason="period_over"
    )


counts = st.integers(0, 10_000) | st.integers(0, 2**53)
histories = st.dictionaries(st.integers(1, 30).map(lambda day: on(day).date()), counts, max_size=30)
policies = st.builds(
    LimitPolicy,
    token_limit=counts,
    run_limit=counts,
    soft_percent=st.integers(1, 1_000),
    hard_percent=st.integers(1, 1_000),
)
moments = st.integers(0, 30 * 24 * 3600 * 10**6 - 1).map(lambda us: on(1) + timedelta(microseconds=us))
births = st.just(LONG_AGO) | moments


@given(histories, policies, moments, births, counts)
def test_a_forecast_is_never_below_usage_and_its_instants_are_in_the_future(
    tokens_by_day: dict[date, int], policy: LimitPolicy, now: datetime, created_at: datetime, runs: int
) -> None:
    found = of({day: used(count) for day, count in tokens_by_day.items()}, now, runs, policy, created_at)
    if found.tokens is None or found.runs is None:
        assert found.reason == "too_little_data"
        return
    for used_now, metric, soft, hard in (
        (sum(tokens_by_day.values()), found.tokens, policy.tokens.soft, policy.tokens.hard),
        (runs, found.runs, policy.runs.soft, policy.runs.hard),
    ):
        assert metric.at_end >= used_now
        for instant, cap in ((metric.soft_reached_at, soft), (metric.reached_at, hard)):
            if instant is None:
                assert cap <= used_now or metric.at_end <= cap
            else:
                assert now < instant < NOVEMBER.end
                assert used_now < cap <= metric.at_end


@given(histories, st.integers(0, 29 * 24 * 3600 - 1), st.integers(1, 3_000))
def test_more_usage_never_lowers_the_forecast_or_delays_a_cap(
    tokens_by_day: dict[date, int], elapsed_seconds: int, more: int
) -> None:
    now, first = on(2) + elapsed_seconds * SECOND, on(1).date()
    before = {day: used(count) for day, count in tokens_by_day.items()}
    after = {**before, first: used(tokens_by_day.get(first, 0) + more)}
    one, other = of(before, now), of(after, now)
    if one.tokens and other.tokens:
        assert other.tokens.at_end >= one.tokens.at_end
        if one.tokens.reached_at and other.tokens.reached_at:
            assert other.tokens.reached_at <= one.tokens.reached_at


@given(st.integers(0, 29 * 24 - 1), st.integers(1, 30 * 24))
def test_a_steady_pace_is_forecast_exactly_at_any_time(hours: int, cap_hours: int) -> None:
    """One token an hour: the sum is the period's hours, and a limit of n is reached after n hours."""
    now = on(2) + timedelta(hours=hours)
    elapsed_hours = 24 + hours
    totals = {on(1).date(): used(elapsed_hours - 1), on(2).date(): used(1)}
    found = tokens_of(of(totals, now, policy=LimitPolicy(token_limit=cap_hours, run_limit=0)))
    reached_at = on(1) + timedelta(hours=cap_hours)
    assert found.at_end == 30 * 24
    assert found.reached_at == (reached_at if now < reached_at < NOVEMBER.end else None)


@given(st.integers(1, 700))
def test_the_minimum_time_is_measured_from_the_start_of_the_pace(hours: int) -> None:
    period = Period(on(1), on(1) + timedelta(hours=800))
    totals = {on(1).date(): used(1), on(2).date(): used(1)}
    so_far = PeriodSoFar(period=period, days=totals, runs=0, created_at=LONG_AGO)
    found = forecast(so_far, None, on(1) + timedelta(hours=hours))
    assert (found.reason is None) is (timedelta(hours=hours) >= MIN_ELAPSED)
