"""Find the events that add up to a number of a tenant's usage."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.domain.ledger.counters import Totals, sum_totals
from shared.domain.ledger.periods import Period
from shared.domain.metering.events import Status
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.tenants import Tenant
from shared.ports import EventsWanted, UsageStore
from shared.ports.pages import PAGE_BYTES
from shared.usecases.ledger.read_corrections import corrected

MOST_READ: Final = 5_000
"""The events that one page looks at, however few of them it finds."""
_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """The events to find; None filters nothing. Provider and model are named as the catalog names them."""

    provider: str | None = None
    model: str | None = None
    user_id: str | None = None
    workflow_id: str | None = None
    key: str | None = None
    """The id of an API key."""
    tag: tuple[str, str] | None = None
    status: Status | None = None
    errors: bool = False
    """Only events that count as errors."""

    @property
    def is_selective(self) -> bool:
        """True unless every event is one of these."""
        return self != EventFilter()

    def includes(self, event: RecordedEvent) -> bool:
        """Return whether an event is one of these."""
        return (
            self.provider in (None, event.series.provider)
            and self.model in (None, event.series.model)
            and self.user_id in (None, event.user_id)
            and self.workflow_id in (None, event.workflow_id)
            and self.key in (None, event.key)
            and (self.tag is None or self.tag in (event.tags or {}).items())
            and self.status in (None, event.status)
            and (not self.errors or "errors" in event.amounts)
        )


@dataclass(frozen=True, slots=True)
class Place:
    """The place after a page: the store's cursor, and the sum of all pages so far."""

    cursor: str | None = None
    sum: Totals = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundEvents:
    """A page of events, newest first, and the place after it; the last page has no cursor, and the sum of all."""

    events: Sequence[RecordedEvent]
    next_place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSearch:
    """The events to find, a page at a time: of an interval or of all time, of one run or all."""

    within: Period | None
    wanted: EventFilter
    limit: int
    run_id: str | None = None
    with_metadata: bool = False


def find_events(store: UsageStore, tenant: Tenant, search: EventSearch, place: Place) -> FoundEvents:
    """Return the next page after `place`. It may have fewer events than asked for, or none, and still a next one.

    Raise InvalidInput for a bad cursor.
    """
    events = EventsWanted(
        run_id=search.run_id,
        since=search.within.start if search.within else None,
        before=search.within.end if search.within else None,
        with_metadata=search.with_metadata,
    )
    found: list[RecordedEvent] = []
    cursor, read, size = place.cursor, 0, 0
    while len(found) < search.limit and read < MOST_READ and size < PAGE_BYTES:
        limit = max(search.limit, _PAGE) if search.wanted.is_selective else search.limit
        page = store.list_events(tenant.id, events, limit=limit, cursor=cursor)
        new = [event for event in page.items if search.wanted.includes(event)]
        found += new
        size += sum(len(event.metadata_json or "") for event in new)
        cursor, read = page.next_cursor, read + len(page.items)
        if cursor is None or not search.wanted.is_selective:
            break
    shown = corrected(store, tenant, found[: search.limit], search.run_id)
    if len(shown) < len(found):
        cursor = store.event_cursor(shown[-1])
    total = sum_totals((place.sum, *(event.amounts for event in shown)))
    return FoundEvents(shown, Place(cursor, total))
