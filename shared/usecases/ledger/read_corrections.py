"""Read the corrections of events."""

from collections.abc import Iterator, Sequence
from typing import Final

from shared.domain.errors import NotFound
from shared.domain.metering.corrected_events import with_corrections
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.tenants import Tenant
from shared.ports import CorrectionsWanted, UsageStore

_PAGE: Final = 500


def corrected(
    store: UsageStore, tenant: Tenant, events: Sequence[RecordedEvent], run_id: str | None = None
) -> list[RecordedEvent]:
    """Return events, which may all be of one run, with their corrections: in one round trip, or none."""
    if not tenant.has_corrections or not events:
        return list(events)
    found = store.list_corrections(tenant.id, CorrectionsWanted.of(events, run_id))
    return with_corrections(events, found)


def all_corrected(store: UsageStore, tenant: Tenant) -> Iterator[RecordedEvent]:
    """Yield all events with their corrections: in one scan or, of a tenant with corrections, in pages by time."""
    if not tenant.has_corrections:
        yield from store.scan_events(tenant.id)
        return
    cursor: str | None = None
    while True:
        page = store.list_events(tenant.id, limit=_PAGE, cursor=cursor)
        yield from corrected(store, tenant, page.items)
        if (cursor := page.next_cursor) is None:
            return


def existing_event(store: UsageStore, tenant_id: str, identity: str) -> RecordedEvent:
    """Return an event as it was recorded; raise NotFound."""
    event = store.find_event(tenant_id, identity)
    if event is None:
        raise NotFound("the event does not exist, or has expired")
    return event


def corrected_event(store: UsageStore, tenant_id: str, identity: str) -> RecordedEvent:
    """Return one event with its correction; raise NotFound."""
    event = existing_event(store, tenant_id, identity)
    found = store.find_correction(tenant_id, identity)
    (shown,) = with_corrections([event], {identity: found} if found else {})
    return shown
