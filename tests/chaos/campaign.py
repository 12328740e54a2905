"""A campaign: load, faults one after the other, and the comparison of what was acknowledged with what is stored."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from threading import Event

from shared.ports import UsageStore
from shared.usecases.ledger.verify_counters import verify_counters
from tests.chaos.faults import Fault, faults_of
from tests.chaos.load import Load, Tally, record_all
from tests.chaos.stack import TENANT, ChaosStack, chaos_stack
from tools.dev.emulators import USUAL_HEAP_MB

_BETWEEN_FAULTS_SECONDS = 1.0
_TICK_EVERY_SECONDS = 2.0
_RECOVERS_WITHIN_SECONDS = 60.0
_LAST_TICKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The result of a campaign. Everything but the counts of what was asked for has to be 0."""

    events: int
    faults: dict[str, int]
    retries: dict[str, int]
    accepted: int
    duplicates: int
    stored: int
    lost: int
    """Acknowledged, but not stored."""
    unacknowledged: int
    doubled: int
    """Stored more often than once."""
    drift: int
    slowest_recovery_seconds: float
    """From the end of a fault until the instance that it struck acknowledged a request."""


def run(events: int, least_faults: int, logs: Path, *, heap_mb: int = USUAL_HEAP_MB) -> Report:
    """Record `events` under at least `least_faults` faults; `heap_mb` is for the emulator, which keeps them all."""
    with chaos_stack(logs, heap_mb=heap_mb) as stack, ThreadPoolExecutor(max_workers=2) as threads:
        tally, load, ended = Tally(), Load(events), Event()
        recording = threads.submit(record_all, stack, load, tally)
        ticks = threads.submit(_tick_until, stack, ended)
        try:
            faults = _strike(stack, tally, load, least_faults)
            recording.result()
        finally:
            load.faults_ended.set()
            ended.set()
            ticks.result()
        for _ in range(_LAST_TICKS):
            stack.tick()
        return _compare(stack, tally, load.events, faults)


def _tick_until(stack: ChaosStack, ended: Event) -> None:
    while not ended.wait(_TICK_EVERY_SECONDS):
        stack.tick()


def _strike(stack: ChaosStack, tally: Tally, load: Load, least: int) -> tuple[Counter[str], float]:
    """Strike one fault after the other until all is recorded; return their names and the slowest recovery."""
    struck: Counter[str] = Counter()
    slowest = 0.0
    for fault in cycle(faults_of(stack)):
        fault.strike()
        struck[fault.name] += 1
        slowest = max(slowest, _recovery_seconds(fault, tally))
        if struck.total() >= least and load.events >= load.least_events:
            load.faults_ended.set()
            break
        time.sleep(_BETWEEN_FAULTS_SECONDS)
    return struck, slowest


def _recovery_seconds(fault: Fault, tally: Tally) -> float:
    ended = time.monotonic()
    while time.monotonic() < ended + _RECOVERS_WITHIN_SECONDS:
        if all(tally.answered_at.get(name, 0.0) > ended for name in fault.struck):
            break
        time.sleep(0.05)
    return time.monotonic() - ended


def _compare(stack: ChaosStack, tally: Tally, events: int, faults: tuple[Counter[str], float]) -> Report:
    store = stack.container.usage
    stored = Counter(_stored_ids(store))
    found = verify_counters(store, TENANT, stack.container.config.retention, datetime.now(UTC))
    struck, slowest = faults
    return Report(
        events=events,
        faults=dict(struck),
        retries=dict(tally.retries),
        accepted=tally.accepted,
        duplicates=tally.duplicates,
        stored=len(stored),
        lost=len(tally.acknowledged - stored.keys()),
        unacknowledged=events - len(tally.acknowledged),
        doubled=sum(count - 1 for count in stored.values()),
        drift=len(found.drifts),
        slowest_recovery_seconds=round(slowest, 1),
    )


def _stored_ids(store: UsageStore) -> Iterator[str]:
    cursor: str | None = None
    while True:
        page = store.list_events(TENANT, limit=500, cursor=cursor)
        yield from (event.id for event in page.items)
        if (cursor := page.next_cursor) is None:
            return
