"""Read the corrections of events."""

from collections.abc import Sequence

from shared.domain.errors import NotFound
from shared.domain.metering.corrected_events import with_corrections
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.tenants import Tenant
from shared.ports import CorrectionsWanted, UsageStore


def corrected(
    store: UsageStore, tenant: Tenant, events: Sequence[RecordedEvent], run_id: str | None = None
) -> list[RecordedEvent]:
    """Return events, which may all be of one run, with their corrections: in one round trip, or none."""
    if not tenant.has_corrections or not events:
        return list(events)
    found = store.list_corrections(tenant.id, CorrectionsWanted.of(events, run_id))
    return with_corrections(events, found)


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
