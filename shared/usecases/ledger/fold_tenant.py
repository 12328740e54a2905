"""Folds one tenant's counters. It sets what they say, so a fold may be repeated, late or cut short at any point."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from shared.domain.ledger.attribution import chosen_tags
from shared.domain.ledger.counter_settings import (
    LONGEST_FOLD_MINUTES,
    CounterHistory,
    CounterSettings,
    completable_until,
)
from shared.domain.ledger.counters import OTHER, ShardRef
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.periods import MAX_AHEAD, days_from, month_of, period_at, start_of
from shared.domain.ledger.run_counts import days_that_lost_runs
from shared.domain.ledger.usage import Detail, plan_reading
from shared.domain.limits.headroom import minutes_until_fold
from shared.domain.limits.limits import LimitPolicy
from shared.domain.limits.metrics import Consumption
from shared.domain.limits.rates import DEFAULT_DAY_LIMITS, DayLimits
from shared.domain.people.tenant_rows import EventRate, RowUsage, Used, row_usage
from shared.domain.people.tenants import Tenant
from shared.ports import UsageStore
from shared.usecases.ledger.fold_day import FoldedDay, create_months, fold_one_day
from shared.usecases.ledger.ledger import PeriodUsage, finish_reading, read_documents
from shared.usecases.ledger.measure_runs import measure_runs

MINUTES_BETWEEN_BUDGET_ALERTS = 5
"""A fold looks at the budgets that raise alerts this often: their rates are not known as those of limits are."""
LOGGER = logging.getLogger("gwi_usage")
_ONE_DAY = timedelta(days=1)


def _ignore(_usage: PeriodUsage, _now: datetime) -> None:
    """Do nothing."""


def _ignore_tenant(_tenant: Tenant, _now: datetime) -> None:
    """Do nothing."""


def _know_no_limits(_tenant: Tenant) -> None:
    """Return no policy."""


@dataclass(frozen=True, slots=True)
class TenantFolder:
    """Folds a tenant's days, and calls `listener` with the folded usage of the current period.

    If the listener fails, the counters stay dirty and are folded again. `hourly` is called after the first fold of
    today in each hour; if it fails, that is logged.
    """

    store: UsageStore
    policy_of: Callable[[Tenant], LimitPolicy | None] = _know_no_limits
    listener: Callable[[PeriodUsage, datetime], object] = _ignore
    day_limits: DayLimits = DEFAULT_DAY_LIMITS
    hourly: Callable[[Tenant, datetime], object] = _ignore_tenant

    def fold(self, tenant_id: str, due: Mapping[date, int], now: datetime) -> None:
        """Fold the days that are `due`, given how many counters each has at least, and the days that depend on them.

        These are days that have ended and become complete, and days that lost runs to an earlier day. Counters are
        cleared last, so that after a crash the next fold does everything again.
        """
        snapshot = self.store.read(tenant_id)
        if snapshot.tenant is None:
            LOGGER.warning("tenant %s does not exist: what is left of its counters is cleared", tenant_id)
            _clear_orphans(self.store, tenant_id, due, now)
            return
        tenant = snapshot.tenant
        days = {**self._ended(tenant, now), **due}
        if not days and tenant.counters.is_completed(now):
            return
        folded = self._fold_days(tenant, days, now)
        usage = _folded_usage(self.store, tenant, now)
        self.listener(usage, now)
        settings = self._next_settings(usage, folded, now)
        row: RowUsage | None = self._row_usage(usage, folded, now)
        # What is not cleared is folded again in a minute, which goes on.
        is_measured = measure_runs(self.store, tenant_id, folded)
        for each in folded if is_measured else ():
            if changed := [shard for shard in each.shards if shard.dirty]:
                self.store.clear_counters(tenant_id, changed, settings.due_at(each.day, now), row)
                row = None
        if settings.complete_until != tenant.counters.complete_until:
            create_months(self.store, tenant_id, _completed_days(tenant, settings))
        if settings != tenant.counters:
            self.store.save_counter_settings(tenant_id, settings, snapshot.version)
        # Today's rollup is read anyway, and knows when it was folded last. Late events are named on today's counter.
        if any(each.day == now.date() and each.is_first_of_hour for each in folded):
            self._call_hourly(usage.tenant, now)

    def _call_hourly(self, tenant: Tenant, now: datetime) -> None:
        try:
            self.hourly(tenant, now)
        except Exception:
            LOGGER.exception("the hourly work for tenant %s failed; its usage is folded", tenant.id)

    def _fold_days(self, tenant: Tenant, due: Mapping[date, int], now: datetime) -> list[FoldedDay]:
        folded = [fold_one_day(self.store, tenant, each, now) for each in sorted(due.items())]
        lost = self._days_that_lost_runs(tenant, folded, now)
        return [*folded, *(fold_one_day(self.store, tenant, (day, 0), now) for day in lost)]

    def _ended(self, tenant: Tenant, now: datetime) -> dict[date, int]:
        """Return the dirty days that have to be folded before every day that has ended is complete."""
        if tenant.counters.is_completed(now):
            return {}
        until = completable_until(now)
        ended = [ref for ref in self.store.dirty_counters(tenant.id) if start_of(ref.day) < until]
        return {ref.day: ref.number + 1 for ref in ended}  # the highest number of a day comes last

    def _days_that_lost_runs(self, tenant: Tenant, folded: Sequence[FoldedDay], now: datetime) -> list[date]:
        """Return the days after the first folded one that count a run which an event moved to an earlier day."""
        later = list(days_from(min(each.day for each in folded) + _ONE_DAY, now.date())) if folded else []
        if not later:
            return []
        months = tuple({month_of(day) for day in later})
        found = self.store.read(tenant.id, Wanted(months=months)).documents
        entries = {day: found.entry(day) for day in later}
        known = {day: entry.runs if entry else 0 for day, entry in entries.items()}
        return days_that_lost_runs(known, partial(self.store.count_runs, tenant.id))

    def _next_settings(
        self, usage: PeriodUsage, folded: Sequence[FoldedDay], now: datetime
    ) -> CounterSettings:
        settings = usage.tenant.counters
        complete_until = max(completable_until(now), settings.complete_until or completable_until(now))
        settings = replace(
            settings, complete_until=complete_until, tag_names=_tag_names(settings.tag_names, folded)
        )
        today = next((each for each in folded if each.day == now.date()), None)
        if today is None:
            # A day that has ended may have brought usage near a limit, but it says nothing about today's rate.
            minutes = self._minutes_until_fold(usage, Consumption(0, 0), 1)
            return replace(settings, fold_minutes=min(settings.fold_minutes, minutes))
        minutes = self._minutes_until_fold(usage, today.new, max(today.seconds // 60, 1))
        # A series without room has filled a counter document: writers need the number they have.
        needs_room = OTHER in today.rollup.series
        paced = settings if needs_room else settings.at_rate(today.commits_per_second, now)
        is_full = self.day_limits.are_reached(today.rollup.events, len(today.rollup.series))
        full_until = start_of(today.day + _ONE_DAY) if is_full else None
        return replace(paced, fold_minutes=minutes, full_until=full_until)

    def _row_usage(self, usage: PeriodUsage, folded: Sequence[FoldedDay], now: datetime) -> RowUsage:
        """Return the usage that the platform's list shows; the first counters that are cleared take it along."""
        last = max((hour for each in folded if (hour := each.rollup.last_hour)), default=None)
        used = Used.of(usage.period, usage.usage.totals, usage.usage.runs, last)
        row = row_usage(self.policy_of(usage.tenant), used, now)
        today = next((each for each in folded if each.day == now.date()), None)
        # Late events of an earlier day say nothing about the rate.
        return replace(row, rate=EventRate(today.events_per_hour, now)) if today and today.new_events else row

    def _minutes_until_fold(self, usage: PeriodUsage, new: Consumption, minutes: int) -> int:
        """Return how soon the next fold is wanted; `new` came in the last `minutes`."""
        policy = self.policy_of(usage.tenant)
        wanted = (
            minutes_until_fold(policy, usage.consumption, new, minutes) if policy else LONGEST_FOLD_MINUTES
        )
        has_alerts = any(budget.thresholds for budget in usage.tenant.budgets)
        return min(wanted, MINUTES_BETWEEN_BUDGET_ALERTS) if has_alerts else wanted


def _tag_names(known: tuple[str, ...], folded: Sequence[FoldedDay]) -> tuple[str, ...]:
    """Return the tags that the tenant's usage is summed by, with those that are new in the folded days."""
    names = known
    for each in folded:
        names = chosen_tags(names, each.rollup.attribution or {})
    return names


def _completed_days(tenant: Tenant, settings: CounterSettings) -> Iterator[date]:
    """Yield the days that become complete, from the tenant's first day on."""
    first = (tenant.counters.complete_until or tenant.created_at).date()
    last = (settings.complete_until or tenant.created_at).date() - _ONE_DAY
    return days_from(first, last)


def _folded_usage(store: UsageStore, tenant: Tenant, now: datetime) -> PeriodUsage:
    """Return the current period's usage by rollups alone."""
    all_folded = replace(tenant.counters, complete_until=start_of((now + MAX_AHEAD).date() + _ONE_DAY))
    period = period_at(tenant.at(now).anchor, now)
    plan = plan_reading(CounterHistory(all_folded, tenant.created_at), period, Detail.TOTALS, now)
    found = read_documents(store, tenant.id, plan.first_read)[1]
    return PeriodUsage(tenant=tenant.at(now), usage=finish_reading(store, tenant.id, plan, found))


def _clear_orphans(store: UsageStore, tenant_id: str, due: Mapping[date, int], now: datetime) -> None:
    """Clear the counters of a tenant that no longer exists, so that they expire and are not folded again."""
    refs = tuple(ShardRef(day, number) for day, shards in due.items() for number in range(shards))
    shards = list(store.read(tenant_id, Wanted(shards=refs)).documents.shards.values())
    store.clear_counters(tenant_id, shards, now)
