"""Read a run with its events, to be handed to somebody who doubts a number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from shared.domain.errors import NotFound
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.run_bundles import MAX_BYTES, MAX_EVENTS
from shared.domain.metering.runs import Run
from shared.domain.people.tenants import Tenant
from shared.ports import EventsWanted, UsageStore
from shared.usecases.ledger.read_corrections import corrected

_PAGE: Final = 500
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class RunEvents:
    """A run and its events in the order of time; of a long one the first, and the last ones that fit."""

    run: Run
    events: Sequence[RecordedEvent]
    is_cut: bool


def read_run_events(store: UsageStore, tenant: Tenant, run_id: str) -> RunEvents:
    """Return the run and its events with their metadata and corrections; raise NotFound."""
    run = store.find_run(tenant.id, run_id)
    if run is None:
        raise NotFound(f"run {run_id!r} does not exist")
    newest, is_cut = _newest(store, tenant.id, run_id)
    events = sorted(newest, key=_order)
    if is_cut:
        first = EventsWanted(run_id=run_id, before=run.began_at + _INSTANT, with_metadata=True)
        oldest = store.list_events(tenant.id, first, limit=1).items
        events = [*oldest, *events[1:]]
    return RunEvents(run, corrected(store, tenant, events, run_id), is_cut)


def _newest(store: UsageStore, tenant_id: str, run_id: str) -> tuple[list[RecordedEvent], bool]:
    """Return the newest events that fit into a bundle, and whether there are more."""
    found: list[RecordedEvent] = []
    size, cursor = 0, None
    while True:
        wanted = EventsWanted(run_id=run_id, with_metadata=True)
        page = store.list_events(tenant_id, wanted, limit=_PAGE, cursor=cursor)
        for event in page.items:
            size += _size(event)
            if len(found) == MAX_EVENTS or size > MAX_BYTES:
                return found, True
            found.append(event)
        cursor = page.next_cursor
        if cursor is None:
            return found, False


def _size(event: RecordedEvent) -> int:
    """Return about how many bytes the event takes in a bundle."""
    return 1_000 + len(event.metadata_json or "")


def _order(event: RecordedEvent) -> tuple[object, str]:
    return event.ts, event.identity
