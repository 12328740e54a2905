"""The delay of alerts with a tick every minute: two minutes near a threshold, 17 after a sudden rise."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.stores import process_memory
from tests.http.conftest import NOON
from tests.http.serving import Clock, Functions

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LIMIT, MOST_RUNS = 500_000, 100  # of plan starter
CAPS = {percent: LIMIT * percent // 100 for percent in (50, 80, 90, 100)}
WATCHED = (80, 90, 100)
"""From 64 % of a limit on, the next fold is a minute away; the alert at 50 % waits for the usual one."""
NEAR, SUDDEN = 2 * MINUTE, 17 * MINUTE
KEY_REMEMBERED = MINUTE
"""A writer can learn this late how soon the next fold is wanted."""
BEFORE_MIDNIGHT = datetime(2026, 11, 20, 23, 40, tzinfo=UTC)
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
_NUMBERS = count()


@dataclass
class Tenant:
    """A tenant that records while time passes, with a tick every minute, and the times of its thresholds."""

    functions: Functions
    tick_second: int = 0
    """The second of each minute at which the tick runs."""
    start: datetime = NOON
    used: int = 0
    crossed: dict[int, datetime] = field(default_factory=dict)
    """The time at which each threshold was reached, by percentage."""
    near: dict[int, datetime] = field(default_factory=dict)
    """The time at which a fold first found usage within 20 % of it."""

    def __post_init__(self) -> None:
        self.clock.now = self.start
        self.id = f"tenant-{next(_NUMBERS)}"
        self.key = self.functions.create_tenant(self.id)

    @property
    def clock(self) -> Clock:
        """The clock of all functions."""
        return self.functions.clock

    def use(self, tokens: int) -> None:
        """Record a call."""
        self.functions.record(self.key, {**CALL, "tokens": {"total_tokens": tokens}})
        self.used += tokens
        for percent, cap in CAPS.items():
            if self.used >= cap:
                self.crossed.setdefault(percent, self.clock.now)

    def wait(self, duration: timedelta) -> None:
        """Let time pass and run the ticks."""
        end = self.clock.now + duration
        for at in self._ticks_until(end):
            self.clock.now = at
            assert self.functions.tick().status_code == 200
            is_folded = not process_memory().dirty_counters(self.id)
            for percent, cap in CAPS.items():
                if is_folded and 10 * self.used >= 8 * cap:
                    self.near.setdefault(percent, at)
        self.clock.now = end

    def _ticks_until(self, end: datetime) -> Iterator[datetime]:
        at = self.clock.now.replace(second=self.tick_second, microsecond=0)
        while at <= end:
            if at > self.clock.now:
                yield at
            at += MINUTE

    def delays(self) -> dict[int, timedelta]:
        """Return the delay of each alert by percentage; each threshold that was reached must have one."""
        alerts = self.functions.read(self.key, f"/tenants/{self.id}/alerts")["alerts"]
        raised = {each["threshold_percent"]: datetime.fromisoformat(each["reached_at"]) for each in alerts}
        assert raised.keys() == self.crossed.keys()
        return {percent: raised[percent] - self.crossed[percent] for percent in raised}

    def allowed(self, percent: int) -> timedelta:
        """Return the maximum delay of an alert."""
        near = self.near.get(percent)
        is_known = near is not None and self.crossed[percent] >= near + KEY_REMEMBERED
        return NEAR if is_known and percent in WATCHED else SUDDEN

    def watched_delays(self) -> list[timedelta]:
        """Return the delays of the alerts that must not be late."""
        return [delay for percent, delay in self.delays().items() if percent in WATCHED]


steps = st.lists(
    st.tuples(
        st.integers(0, 900).map(lambda seconds: seconds * SECOND),
        st.sampled_from([0, 1_000, 10_000, 30_000, 100_000, 330_000]),
    ),
    max_size=15,
)


@given(history=steps, tick_second=st.integers(0, 59), start=st.sampled_from([NOON, BEFORE_MIDNIGHT]))
@example(history=[(MINUTE, 330_000), (15 * MINUTE, 1), (5 * MINUTE, 100_000)], tick_second=0, start=NOON)
@example(
    history=[(MINUTE, 1), (18 * MINUTE, 330_000), (20 * MINUTE, 100_000)],
    tick_second=0,
    start=BEFORE_MIDNIGHT,
)
@settings(max_examples=30)
def test_whatever_is_recorded_no_alert_is_later_than_it_may_be(
    history: list[tuple[timedelta, int]], tick_second: int, start: datetime, functions: Functions
) -> None:
    tenant = Tenant(functions, tick_second, start)
    for pause, tokens in history:
        tenant.wait(pause)
        tenant.use(tokens)
    tenant.wait(18 * MINUTE)
    for percent, delay in tenant.delays().items():
        assert delay <= tenant.allowed(percent), (percent, tenant.crossed, tenant.near)


@pytest.mark.parametrize("tick_second", [0, 29, 59])
def test_within_a_fifth_of_a_threshold_an_alert_is_two_minutes_late_at_most(
    tick_second: int, functions: Functions
) -> None:
    tenant = Tenant(functions, tick_second)
    tenant.use(CAPS[80] * 8 // 10)
    while tenant.used < CAPS[100]:
        tenant.wait(MINUTE + 7 * SECOND)
        tenant.use(4_000)
    tenant.wait(18 * MINUTE)
    assert max(tenant.watched_delays()) <= NEAR


@pytest.mark.parametrize("pause", [SECOND, 14 * MINUTE, 3 * 60 * MINUTE])
def test_after_a_sudden_rise_it_is_seventeen_minutes_late_at_most(
    pause: timedelta, functions: Functions
) -> None:
    tenant = Tenant(functions)
    tenant.use(1)
    tenant.wait(pause)
    tenant.use(LIMIT)
    tenant.wait(18 * MINUTE)
    delays = tenant.delays()
    assert delays[80] == delays[100]
    assert delays[80] <= SUDDEN


def test_a_steady_rise_is_seen_coming(functions: Functions) -> None:
    """At 1 % a minute, folds become more frequent long before a threshold is near."""
    tenant = Tenant(functions)
    while tenant.used < LIMIT:
        tenant.use(LIMIT // 100)
        tenant.wait(MINUTE)
    tenant.wait(18 * MINUTE)
    assert max(tenant.watched_delays()) <= NEAR


def test_runs_are_seen_as_soon_as_tokens(functions: Functions) -> None:
    tenant = Tenant(functions)
    functions.record(tenant.key, *({**CALL, "run_id": f"run-{number}"} for number in range(70)))
    tenant.crossed[50] = tenant.clock.now
    for number in range(70, MOST_RUNS):
        tenant.wait(MINUTE + 7 * SECOND)
        functions.record(tenant.key, {**CALL, "run_id": f"run-{number}"})
        if number + 1 in WATCHED:
            tenant.crossed[number + 1] = tenant.clock.now
    tenant.wait(18 * MINUTE)
    assert max(tenant.watched_delays()) <= NEAR


@pytest.mark.parametrize("last", [1, 100_000])
def test_usage_that_arrives_late_for_yesterday_counts_as_well(last: int, functions: Functions) -> None:
    """It is folded without today's counters; from then on today's usage is near a threshold."""
    tenant = Tenant(functions)
    tenant.use(1)
    tenant.wait(2 * MINUTE)
    late = {**CALL, "ts": "2026-11-19T12:00:00Z", "tokens": {"total_tokens": CAPS[80] - 2}}
    functions.record(tenant.key, late)
    tenant.used += CAPS[80] - 2
    tenant.crossed[50] = tenant.clock.now
    tenant.wait(2 * MINUTE)
    tenant.use(last)
    tenant.wait(18 * MINUTE)
    assert max(tenant.watched_delays()) <= NEAR
