"""The effect of billing on limits and periods; it never changes recorded usage."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.ledger.periods import Period, period_at
from shared.domain.ledger.usage import Detail, Usage
from shared.domain.limits.metrics import UsageRequest
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.tenants import Tenant
from shared.ports import BillingStore, Directory, UsageStore
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.check_limits import Check, Limits, Planned
from tests.billing_places import MemoryBillingPlace
from tests.plans import THRESHOLDS
from tests.sample_events import ONE_SHARD, llm_call
from tests.tools.test_stripe_double.shop import browse
from tests.usecases.billing.billing_scenarios import billing_on, deliver, subscription_event
from tests.usecases.billing.double_shop import DoubleShop, open_shop
from tests.usecases.plain_sums import new_tenant, plain_sums, stored_tenant, sums_of, tick

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
SUBSCRIBED = datetime(2026, 10, 15, 9, 30, 20, tzinfo=UTC)
ANCHORED = SUBSCRIBED.replace(minute=0, second=0)
RENEWED = ANCHORED.replace(month=11)
PERIOD_END = SUBSCRIBED.replace(month=11)
TOKENS = 100 + 20
"""The tokens of one llm_call."""


class Platform:
    """A tenant on plan free, its usage and its billing, on one store."""

    def __init__(self, usage: UsageStore, directory: Directory, store: BillingStore) -> None:
        self.usage = usage
        self.directory = directory
        self.billing = billing_on(store)
        self.limits = Limits(Ledger(usage), THRESHOLDS)
        self.events: list[RecordedEvent] = []

    def record(self, *instants: datetime) -> None:
        """Record one call at each instant."""
        for ts in instants:
            number = len(self.events)
            self.events.append(llm_call(f"e{number}", ts=ts, run_id=f"r{number % 3}"))
            self.usage.record("acme", self.events[-1:], ONE_SHARD, ts)

    def deliver(self, now: datetime, what: str, *, created: datetime | None = None, **changes: Any) -> None:
        """Deliver an event of the subscription, created now or earlier."""
        event = subscription_event(what, f"{created or now:%Y-%m-%dT%H:%M:%SZ}", **changes)
        deliver(self.billing, [event], now)

    def check(self, now: datetime, tokens: int = 1) -> Check:
        """Return the check of `tokens`."""
        return self.limits.check(self.known(), Planned(request=UsageRequest(tokens)), now)

    def known(self) -> Tenant:
        """Return the stored tenant."""
        return stored_tenant(self.usage)

    def read(self, now: datetime) -> Usage:
        """Return the current period's usage."""
        return self.limits.ledger.current(self.known(), Detail.SERIES, now).usage

    def is_exact(self, now: datetime, period: Period) -> bool:
        """Return whether usage at `now` is that of `period` and equals the plain sum of its recorded calls."""
        expected = plain_sums(self.events, period)
        found = [
            self.limits.ledger.current(known, Detail.SERIES, now).usage
            for known in (self.known(), replace(self.known(), anchor=None, entitlement=None))
        ]
        return all(each.within == period and sums_of(each) == expected for each in found)


@pytest.fixture
def platform() -> Platform:
    memory = MemoryStore()
    platform = Platform(memory, memory, memory)
    new_tenant(platform.directory, plan="free", created_at=SUBSCRIBED - 40 * DAY)
    return platform


def month(number: int) -> Period:
    return Period(datetime(2026, number, 1, tzinfo=UTC), datetime(2026, number + 1, 1, tzinfo=UTC))


def test_b1_a_subscription_raises_the_limits_of_the_next_check(platform: Platform) -> None:
    now = SUBSCRIBED + HOUR
    assert not platform.check(now, 50_001).allowed
    platform.deliver(now, "created", created=SUBSCRIBED)
    assert platform.check(now, 500_000).allowed
    assert not platform.check(now, 500_001).allowed


def test_an_upgrade_takes_effect_on_the_next_check_and_touches_no_usage(platform: Platform) -> None:
    platform.deliver(SUBSCRIBED, "created")
    platform.record(*[SUBSCRIBED + number * HOUR for number in range(5)])
    now = SUBSCRIBED + DAY
    assert platform.check(now, 500_000 - 5 * TOKENS).allowed
    assert not platform.check(now, 500_000 - 5 * TOKENS + 1).allowed
    before = platform.read(now)
    upgrade: dict[str, Any] = {"items__data__0__price__lookup_key": "gwi_professional_month"}
    platform.deliver(now, "updated", **upgrade)
    assert platform.check(now, 2_000_000 - 5 * TOKENS).allowed
    assert not platform.check(now, 2_000_000 - 5 * TOKENS + 1).allowed
    after = platform.read(now)
    assert after == before


@pytest.mark.parametrize("folds", [False, True], ids=["never-folded", "folded"])
def test_b3_a_renewal_resets_the_limit_with_or_without_its_webhook(platform: Platform, folds: bool) -> None:
    platform.deliver(SUBSCRIBED, "created")
    platform.record(
        *[SUBSCRIBED + number * DAY for number in range(31)], RENEWED - HOUR, RENEWED, RENEWED + HOUR
    )
    if folds:
        tick(platform.usage, RENEWED + 2 * HOUR)
    before, after = RENEWED - timedelta(microseconds=1), RENEWED + 2 * HOUR
    assert platform.read(after).totals["total_tokens"] == 2 * TOKENS
    assert period_at(SUBSCRIBED, before) == Period(ANCHORED, RENEWED)
    late: dict[str, Any] = {"items__data__0__current_period_start": "2026-11-15T09:30:20Z"}
    late["items__data__0__current_period_end"] = "2026-12-15T09:30:20Z"
    platform.deliver(after + 3 * DAY, "updated", created=PERIOD_END, **late)
    assert platform.read(after).totals["total_tokens"] == 2 * TOKENS
    assert platform.is_exact(after + 4 * DAY, Period(RENEWED, RENEWED.replace(month=12)))


def no_fold(_platform: Platform, _now: datetime) -> None:
    """Skip the tick."""


def fold(platform: Platform, now: datetime) -> None:
    """Run a tick."""
    tick(platform.usage, now)


@pytest.mark.parametrize("at_times", [no_fold, fold], ids=["never-folded", "folded-often"])
def test_b9_a_cancellation_at_the_periods_end_ends_by_itself_and_usage_stays_exact(
    platform: Platform, at_times: Callable[[Platform, datetime], None]
) -> None:
    """Free in October, paid from the 15th, free again from 15 November: calendar, own, calendar months."""
    platform.record(*[datetime(2026, 10, day, 12, tzinfo=UTC) for day in (1, 9, 14)])
    at_times(platform, SUBSCRIBED - HOUR)
    assert platform.is_exact(SUBSCRIBED - HOUR, month(10))
    platform.deliver(SUBSCRIBED, "created")
    platform.deliver(SUBSCRIBED + DAY, "updated", cancel_at_period_end=True)
    platform.record(*[SUBSCRIBED + number * DAY for number in range(31)])
    at_times(platform, SUBSCRIBED + 30 * DAY)
    last = PERIOD_END - timedelta(seconds=1)
    assert platform.check(last, 400_000).allowed
    assert platform.is_exact(RENEWED - HOUR, Period(ANCHORED, RENEWED))
    assert not platform.check(PERIOD_END, 50_001).allowed
    assert platform.is_exact(PERIOD_END, month(11))
    platform.record(PERIOD_END, PERIOD_END + HOUR, PERIOD_END + DAY)
    at_times(platform, PERIOD_END + DAY)
    assert platform.is_exact(PERIOD_END + DAY, month(11))
    platform.deliver(PERIOD_END + 2 * DAY, "deleted", created=PERIOD_END, status="canceled")
    at_times(platform, PERIOD_END + 2 * DAY)
    assert platform.is_exact(PERIOD_END + 2 * DAY, month(11))


def test_b8_grace_ends_at_its_instant_without_any_webhook(platform: Platform) -> None:
    failed_at = PERIOD_END + HOUR
    platform.deliver(SUBSCRIBED, "created")
    platform.deliver(failed_at, "updated", status="past_due")
    end = failed_at + 7 * DAY
    assert platform.check(end - timedelta(microseconds=1), 500_000).allowed
    assert not platform.check(end, 50_001).allowed
    assert platform.is_exact(end, Period(RENEWED, RENEWED.replace(month=12))), "a lapse is no end"


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[DoubleShop]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with open_shop() as shop:
        yield shop


def test_b35_month_year_month_changes_no_usage_and_no_metering_period(shop: DoubleShop) -> None:
    assert isinstance(shop.place, MemoryBillingPlace)
    platform = Platform(shop.place.store, shop.place.directory, shop.billing.store)
    subscription_id = shop.pay("starter", "month")
    shop.deliver_webhooks()
    began = shop.subscriptions()[0].billing_cycle_anchor
    period = period_at(datetime.fromtimestamp(began, UTC), shop.now)
    platform.record(shop.now, shop.now)
    anchors = {began}
    for interval in ("year", "month", "year", "month"):
        shop.control("clock/advance", seconds=3_600)
        anchors.add(shop.switch(subscription_id, f"gwi_starter_{interval}").billing_cycle_anchor)
        shop.deliver_webhooks()
        assert platform.is_exact(shop.now, period)
        assert platform.check(shop.now, 500_000 - 2 * TOKENS).allowed
        assert not platform.check(shop.now, 500_000 - 2 * TOKENS + 1).allowed
    assert len(anchors) == 1 + 4, "each switch starts a new billing period in Stripe"


def test_b2_the_meter_begins_anew_once_when_a_trial_becomes_paid(shop: DoubleShop) -> None:
    assert isinstance(shop.place, MemoryBillingPlace)
    platform = Platform(shop.place.store, shop.place.directory, shop.billing.store)
    assert browse(shop.start(trial_days=14), action="pay").status == 303
    shop.deliver_webhooks()
    (trial,) = shop.subscriptions()
    began, paid_from = (datetime.fromtimestamp(at or 0, UTC) for at in (trial.trial_start, trial.trial_end))
    platform.record(began)
    assert platform.is_exact(paid_from - SECOND, period_at(began, paid_from - SECOND))
    assert platform.is_exact(paid_from, period_at(paid_from, paid_from)), "known before any webhook"
    shop.control("clock/advance", seconds=14 * 86_400 + 7_200)
    for lookup_key in ("gwi_starter_year", "gwi_starter_month"):
        shop.deliver_webhooks()
        assert platform.is_exact(shop.now, period_at(paid_from, paid_from))
        shop.switch(trial.id, lookup_key)


def test_b10_a_pause_moves_to_free_and_a_resumption_back(platform: Platform) -> None:
    platform.deliver(SUBSCRIBED, "created")
    platform.record(SUBSCRIBED, SUBSCRIBED + DAY)
    paused_at, resumed_at = SUBSCRIBED + 2 * DAY, SUBSCRIBED + 4 * DAY
    platform.deliver(paused_at, "paused", status="paused")
    assert not platform.check(paused_at, 50_001).allowed
    assert platform.is_exact(paused_at, Period(ANCHORED, RENEWED)), "a lapse is no end"
    tick(platform.usage, paused_at + DAY)
    platform.record(paused_at + DAY)
    platform.deliver(resumed_at, "resumed")
    assert platform.check(resumed_at, 500_000 - 3 * TOKENS).allowed
    assert platform.is_exact(resumed_at, Period(ANCHORED, RENEWED))
    tick(platform.usage, resumed_at + HOUR)
    assert platform.is_exact(resumed_at + HOUR, Period(ANCHORED, RENEWED))
