"""Folds counters into rollups. It sets what the counters say, so any tick may be repeated, late or cut short."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby, islice

from shared.domain.counters import MAX_COUNTER_SHARDS, SUSTAINED_COMMITS_PER_SECOND
from shared.domain.errors import Unavailable
from shared.domain.periods import Period, period_at
from shared.domain.recording import MAX_AHEAD
from shared.domain.rollups import (
    DayChange,
    DayRollup,
    PeriodRollup,
    TornRead,
    empty_rollup,
    fold_day,
    fold_period,
    kept_rollup,
    live_from,
    start_of,
)
from shared.domain.tenants import Tenant
from shared.ports import ShardRef, Snapshot, StaleRollup, TickPublisher, UsageStore

TENANTS_PER_MESSAGE = 5
_ONE_DAY = timedelta(days=1)
_LAST_INSTANT = _ONE_DAY - timedelta(microseconds=1)
_MAX_TRIES = 5

Listener = Callable[[Tenant, PeriodRollup, datetime], object]
"""Is told of each rollup that was saved. If it fails the counters stay dirty, and are folded and told of again."""


def _nobody(_tenant: Tenant, _rollup: PeriodRollup, _now: datetime) -> None:
    """Does not listen."""


def fold_all(
    store: UsageStore, publisher: TickPublisher, now: datetime, listener: Listener = _nobody
) -> None:
    """Fold every tenant with new usage: a few here, more by handing messages of a few to other instances."""
    groups = _groups(store.dirty_tenants(), TENANTS_PER_MESSAGE)
    first = next(groups, [])
    for group in groups:
        publisher.publish(group)
    fold_tenants(store, first, now, listener)


def fold_tenants(
    store: UsageStore, tenant_ids: Iterable[str], now: datetime, listener: Listener = _nobody
) -> None:
    """Fold what is new of each of these tenants; one that fails does not keep the others from it."""
    errors: list[Exception] = []
    for tenant_id in tenant_ids:
        try:
            fold_tenant(store, tenant_id, now, listener)
        except Exception as error:  # noqa: BLE001 (raised below: what is wrong with one tenant is not the others' fault)
            errors.append(error)
    if errors:
        raise ExceptionGroup("some tenants could not be folded", errors)


def fold_tenant(store: UsageStore, tenant_id: str, now: datetime, listener: Listener = _nobody) -> None:
    """Fold the tenant's days with new usage, oldest first."""
    dirty = store.dirty_shards(tenant_id)
    found = store.read(tenant_id).tenant if dirty else None
    if found is None:
        return
    tenant = found.at(now)
    days = [(day, list(refs)) for day, refs in groupby(dirty, key=lambda ref: ref.day)]
    for number, (day, refs) in enumerate(days):
        # What is read live begins at the day of folded_at, which so never passes a day that is yet to fold.
        folded_at = now if number + 1 == len(days) else min(now, start_of(days[number + 1][0]))
        _fold_until_saved(store, tenant, day, refs, folded_at, now, listener)


def _fold_until_saved(
    store: UsageStore,
    tenant: Tenant,
    day: date,
    dirty: list[ShardRef],
    folded_at: datetime,
    now: datetime,
    listener: Listener,
) -> None:
    torn = 0
    for _ in range(_MAX_TRIES):
        try:
            # Torn when it is read again too, a period does not fit its days: those know better.
            _fold(store, tenant, day, dirty, folded_at, now, listener, rebuild=torn > 1)
        except StaleRollup:
            continue
        except TornRead:
            torn += 1
            continue
        return
    raise Unavailable(f"the rollup of {day} keeps changing under the fold")


def _fold(
    store: UsageStore,
    tenant: Tenant,
    day: date,
    dirty: list[ShardRef],
    folded_at: datetime,
    now: datetime,
    listener: Listener,
    *,
    rebuild: bool,
) -> None:
    tenant, snapshot, now = _read_day(store, tenant, day, dirty, now)
    shards = list(snapshot.shards.values())
    change = DayChange(snapshot.days.get(day), fold_day(day, shards, snapshot.days.get(day), now))
    formers = _former_rollups(tenant, snapshot, _periods_from(tenant, day, now), day, rebuild=rebuild)
    others = _other_days(store, tenant.id, [each.period for each in formers if _is_new(each, day)], day, now)
    rollups = [_fold_period(store, tenant.id, former, change, others, folded_at) for former in formers]
    store.save_rollups(tenant.id, change.new, rollups, _held(tenant, others, now))
    for rollup in rollups:
        listener(tenant, rollup, now)
    store.clear_dirty(tenant.id, [shard for shard in shards if shard.dirty])
    _spread_writers(store, tenant, change)


def _read_day(
    store: UsageStore, tenant: Tenant, day: date, dirty: list[ShardRef], now: datetime
) -> tuple[Tenant, Snapshot, datetime]:
    """The day's documents, with the tenant as it was at the same instant: another fold may be ahead of this one.

    Also ahead in time, and past the end of an anchor: so it is also told by when to fold.
    """
    while True:
        # Writers raise the number themselves when a document is full, so a shard beyond it may be dirty.
        count = max(tenant.counter_shards, *(ref.number + 1 for ref in dirty))
        refs = [ShardRef(day, number) for number in range(count)]
        periods = _periods_from(tenant, day, now)
        snapshot = store.read(tenant.id, periods=periods, days=[day], shards=refs)
        now = max([now, *(rollup.known_at for rollup in snapshot.days.values())])
        now_is = snapshot.tenant.at(now) if snapshot.tenant else tenant
        if now_is.counter_shards <= count and _periods_from(now_is, day, now) == periods:
            return now_is, snapshot, now
        tenant = now_is


def _periods_from(tenant: Tenant, day: date, now: datetime) -> list[Period]:
    """The one or two metering periods that share the day, and those since, up to the last that may have runs.

    An event of the day may tell that a run, so far counted in one of the later periods, began on this day.
    """
    period = period_at(tenant.anchor, start_of(day))
    periods = [period]
    while period.end <= max(start_of(day) + _LAST_INSTANT, now + MAX_AHEAD):
        period = period_at(tenant.anchor, period.end)
        periods.append(period)
    return periods


def _former_rollups(
    tenant: Tenant, snapshot: Snapshot, periods: Iterable[Period], day: date, *, rebuild: bool
) -> list[PeriodRollup]:
    """What each period's fold goes on from: an empty one for a period of the day that has to be built again."""
    kept = [kept_rollup(snapshot.periods.get(period), period, tenant.anchored_at) for period in periods]
    return [
        empty_rollup(former.period, former.period.start, former.version)
        if rebuild and _is_of(day, former)
        else former
        for former in kept
    ]


def _is_of(day: date, rollup: PeriodRollup) -> bool:
    """Whether the day shares hours with the period, which is not one that begins on a later day."""
    return rollup.period.start.date() <= day


def _is_new(former: PeriodRollup, day: date) -> bool:
    """Whether the period is to be built: it is new, or the tenant's anchor has moved."""
    return _is_of(day, former) and not former.days


def _fold_period(
    store: UsageStore,
    tenant_id: str,
    former: PeriodRollup,
    change: DayChange,
    others: Iterable[DayRollup],
    folded_at: datetime,
) -> PeriodRollup:
    day, changes = change.new.day, [change]
    if not _is_of(day, former):
        # Nothing but its runs may have changed. Saved even where there was no rollup: to make another fold, which
        # is about to save one and counted before this one's events came, read again.
        folded_at, changes = former.folded_at, []
    elif _is_new(former, day):
        days = set(former.period.days())
        changes += [DayChange(None, other) for other in others if other.cells and other.day in days]
    folded_at = max(folded_at, former.folded_at)
    before, runs = _count_runs(store, tenant_id, former, day, folded_at)
    return fold_period(former, changes, runs, folded_at, before)


def _count_runs(
    store: UsageStore, tenant_id: str, former: PeriodRollup, day: date, folded_at: datetime
) -> tuple[int, int]:
    """The period's runs before the first day that is read live from now on, and all of them.

    Those before are counted once, when that day moves on: only an event of an earlier day, which is late, can
    change their number, and all are counted again when such a day is folded.
    """
    since, before = former.counted_until, former.runs_before or 0
    if start_of(day) < since:
        since, before = former.period.start, 0
    until = live_from(former.period, folded_at)
    before += _begun(store, tenant_id, since, until)
    return before, before + _begun(store, tenant_id, until, former.period.end)


def _begun(store: UsageStore, tenant_id: str, start: datetime, end: datetime) -> int:
    return store.count_runs(tenant_id, start, end) if start < end else 0


def _other_days(
    store: UsageStore, tenant_id: str, periods: Iterable[Period], but: date, now: datetime
) -> list[DayRollup]:
    """The other days of periods that are to be built: as folded, and empty (until tomorrow) if they were not."""
    days = sorted({day for period in periods for day in period.days() if day != but})
    if not days:
        return []
    found, tomorrow = store.read(tenant_id, days=days).days, now.date() + _ONE_DAY
    return [found.get(day, DayRollup(day, {}, 0, now)) for day in days if day in found or day <= tomorrow]


def _held(tenant: Tenant, others: Iterable[DayRollup], now: datetime) -> list[DayRollup]:
    """The days that a period was built from, saved along with it where a fold may be under way by another anchor.

    Such a fold sets its day and periods of its own, but not this one, which would lack what is new in the day. If it
    saves first, this one finds its day changed; if it comes second, it finds it held, and reads again.
    """
    return [replace(other, held_at=now) for other in others] if tenant.anchored_at else []


def _spread_writers(store: UsageStore, tenant: Tenant, change: DayChange) -> None:
    """Double the counter documents when they are written to more often than one each can sustain."""
    # A day that was held before it had any usage was not folded before.
    before = change.old.folded_at if change.old and change.old.commits else start_of(change.new.day)
    commits = change.new.commits - (change.old.commits if change.old else 0)
    seconds = max((change.new.folded_at - before).total_seconds(), 1.0)
    if commits / seconds > tenant.counter_shards * SUSTAINED_COMMITS_PER_SECOND:
        store.raise_counter_shards(tenant.id, min(tenant.counter_shards * 2, MAX_COUNTER_SHARDS))


def _groups(tenant_ids: Iterator[str], size: int) -> Iterator[list[str]]:
    while group := list(islice(tenant_ids, size)):
        yield group
