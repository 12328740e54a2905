"""The lists of events and runs of UsageStore, on dictionaries."""

from collections.abc import Collection, Iterator

from shared.adapters.memory.cursors import encode_cursor, page
from shared.adapters.memory.state import MemoryState, TenantUsage, copied
from shared.domain.ledger.holds import NOTHING_HELD
from shared.domain.limits.run_left import over_by
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.run_lists import ALL_RUNS, RunsWanted, place_of, run_cursor, run_place
from shared.domain.metering.runs import Run
from shared.domain.metering.sealed_batches import SealedBatch
from shared.domain.metering.sealed_ids import stored_id
from shared.ports import EventsWanted, Page
from shared.ports.ledger import ALL_EVENTS


class MemoryListing(MemoryState):
    """Events and runs of all tenants, one by one and in lists."""

    def list_events(
        self, tenant_id: str, wanted: EventsWanted = ALL_EVENTS, *, limit: int, cursor: str | None = None
    ) -> Page[RecordedEvent]:
        with self._lock:
            events = self._usage.get(tenant_id, TenantUsage()).all_events()
            chosen = [event for event in events if wanted.includes(event)]
            if not wanted.with_metadata:
                chosen = [event._replace(metadata_json=None) for event in chosen]
            return page("events", {(event.ts, event.identity): event for event in chosen}, limit, cursor)

    def scan_events(self, tenant_id: str, *, with_metadata: bool = False) -> Iterator[RecordedEvent]:
        with self._lock:
            events = list(self._usage.get(tenant_id, TenantUsage()).all_events())
        return (event if with_metadata else event._replace(metadata_json=None) for event in events)

    def event_cursor(self, event: RecordedEvent) -> str:
        return encode_cursor("events", (event.ts, event.identity))

    def find_event(self, tenant_id: str, identity: str) -> RecordedEvent | None:
        place = stored_id(identity)
        with self._lock:
            if place is None:
                return self._usage.get(tenant_id, TenantUsage()).events.get(identity)
            batch = self.find_batch(tenant_id, place.batch)
            return batch.event(place.number) if batch else None

    def find_batch(self, tenant_id: str, batch_id: str) -> SealedBatch | None:
        with self._lock:
            return self._usage.get(tenant_id, TenantUsage()).batches.get(batch_id)

    def list_runs(
        self, tenant_id: str, wanted: RunsWanted = ALL_RUNS, *, limit: int, cursor: str | None = None
    ) -> Page[Run]:
        after = None if cursor is None else run_place(wanted, cursor)
        is_rising = wanted.id_prefix is not None
        with self._lock:
            runs = self._usage.get(tenant_id, TenantUsage()).runs.values()
            places = {place_of(run, wanted): run for run in runs if _is_listed(run, wanted)}
            following = [
                place for place in places if after is None or (place > after if is_rising else place < after)
            ]
            chosen = sorted(following, reverse=not is_rising)[:limit]
            has_next = len(following) > len(chosen)
            next_cursor = run_cursor(wanted, chosen[-1]) if has_next else None
            return Page([copied(places[place]) for place in chosen], next_cursor)

    def find_run(self, tenant_id: str, run_id: str) -> Run | None:
        with self._lock:
            run = self._usage.get(tenant_id, TenantUsage()).runs.get(run_id)
            return copied(run) if run else None

    def list_children(self, tenant_id: str, run_ids: Collection[str], *, limit: int) -> list[Run]:
        with self._lock:
            runs = self._usage.get(tenant_id, TenantUsage()).runs.values()
            children = [run for run in runs if run.parent_run_id in run_ids]
            return [copied(run) for run in sorted(children, key=lambda run: (run.began_at, run.id))[:limit]]

    def measure_runs(self, tenant_id: str, limit: int) -> int:
        with self._lock:
            usage = self._usage.get(tenant_id, TenantUsage())
            ended = {run_id for run_id, run in usage.runs.items() if run.has_ended}
            measured = sorted(usage.unmeasured & ended)[:limit]
            for run_id in measured:
                run = usage.runs[run_id]
                run.measured_ms = run.duration_ms
                if run.end is not None and over_by(run.sums, NOTHING_HELD) != NOTHING_HELD:
                    usage.look_due[run_id] = run.end.ended_at
            usage.unmeasured.difference_update(measured)
            return len(measured)


def _is_listed(run: Run, wanted: RunsWanted) -> bool:
    is_sortable = wanted.sort != "duration" or run.measured_ms is not None
    return is_sortable and wanted.includes(run)
