"""Records events with their counters and runs in one commit, and retries without events that already exist."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from shared.adapters.firestore.encoding import Value, set_timestamp
from shared.adapters.firestore.ledger.attribution import (
    MAX_TRANSFORMS_PER_DOCUMENT,
)
from shared.adapters.firestore.metering.commits import Content, Recording, UsageCommits
from shared.adapters.firestore.metering.events import CommonFields, write_event
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.errors import Unavailable
from shared.domain.ledger.attribution import ATTRIBUTED_METRICS, Dimension
from shared.domain.ledger.budget_counts import BudgetSlot
from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.ledger.counters import METRICS, Cell
from shared.domain.metering.deltas import names_of
from shared.domain.metering.recording import RecordedEvent
from shared.ports import Outcome

_OWN_TRANSFORMS = 4
"""`commits`, `events`, `attributed` and `fold_due`."""
_TRANSFORMS_PER_BUDGET = 2
"""The amount, and the calls whose price is not known."""
MAX_BYTES_PER_COMMIT = 3 * 1024 * 1024
"""Firestore takes 10 MiB, its emulator 4 MiB; counters and runs need some of it."""
_CELLS_THAT_FIT = MAX_TRANSFORMS_PER_DOCUMENT // len(METRICS) - 2
"""Beside the day's sums, and those of the request's key."""
_USUAL_EVENT_BYTES = 700
_USUAL_NAME_BYTES = 400
"""Of the increments of a name, besides the name in each of them."""
_MAX_ROUNDS = 10


class _Known(NamedTuple):
    """The events that exist already: all identities, and the fingerprints of those recorded by other requests."""

    identities: set[str]
    fingerprints: dict[str, str]


class Recorder:
    """Records events exactly once; their documents expire after `retention`."""

    def __init__(
        self, rpc: FirestoreRpc, commits: UsageCommits, retention: timedelta, *, feeds_warehouse: bool = False
    ) -> None:
        self._rpc = rpc
        self._commits = commits
        self._feeds_warehouse = feeds_warehouse
        self._retention = retention

    def record(
        self, tenant_id: str, events: Sequence[RecordedEvent], settings: CounterSettings, now: datetime
    ) -> list[Outcome]:
        """See UsageStore.record."""
        paths = TenantPaths(self._rpc.documents, tenant_id)
        recording = Recording.begin(paths, settings, now, self._retention)
        first_of: dict[str, RecordedEvent] = {}
        for event in events:
            first_of.setdefault(event.identity, event)
        known = _Known(set(), {})
        for part in split(first_of.values()):
            self._record_part(recording, part, known)
        return _outcomes(events, known.fingerprints)

    def _record_part(self, recording: Recording, events: list[RecordedEvent], known: _Known) -> None:
        """Commit the new ones of `events`, and add the existing ones to `known`."""
        for _ in range(_MAX_ROUNDS):
            new = [event for event in events if event.identity not in known.identities]
            content = content_of(recording, new, feeds_warehouse=self._feeds_warehouse)
            if not new or self._commits.commit_unless_known(recording, content):
                return
            self._look_up(recording, new, known)
        raise Unavailable("Too many callers are recording these events at once")

    def _look_up(self, recording: Recording, events: list[RecordedEvent], known: _Known) -> None:
        names = {recording.paths.event(event.identity): event.identity for event in events}
        for name, document in self._rpc.batch_get(names, ["fingerprint", "nonce"]).items():
            known.identities.add(names[name])
            if document.fields["nonce"].string_value != recording.nonce:
                known.fingerprints[names[name]] = document.fields["fingerprint"].string_value


def content_of(
    recording: Recording, events: Sequence[RecordedEvent], *, feeds_warehouse: bool = False
) -> Content:
    """Return events that each have a document, as one group."""

    def add_documents(request: Any) -> None:
        recorded_at = recording.now if feeds_warehouse else None
        common = CommonFields(recording.nonce, Value(), recorded_at)
        set_timestamp(common.expire_at, recording.expire_at)
        for event in events:
            write_event(request.writes.add(), recording.paths.event(event.identity), event, common)

    return Content([events], add_documents)


def groups_of(events: Sequence[RecordedEvent]) -> list[Sequence[RecordedEvent]]:
    """Return events that share a commit in groups that each fit into a counter document, almost always one."""
    cells = {(event.ts.day, event.ts.hour, event.series) for event in events}
    if len(cells) <= _CELLS_THAT_FIT and not any(event.budgets for event in events):
        return [events]
    return list(split(events, sys.maxsize))


def split(
    events: Iterable[RecordedEvent], most_bytes: int = MAX_BYTES_PER_COMMIT
) -> Iterator[list[RecordedEvent]]:
    """Split `events` into parts that fit into one commit with their counters, almost always one part."""
    part: list[RecordedEvent] = []
    counted: dict[date, _Counted] = {}
    size = 0
    for event in events:
        of_day = counted.setdefault(event.ts.date(), _Counted(set(), set(), set(), set()))
        own_size = _size(event) + of_day.size_of_new_names(event)
        if part and (not of_day.has_room_for(event) or size + own_size > most_bytes):
            yield part
            part, counted, size = [], {}, 0
            of_day = counted.setdefault(event.ts.date(), _Counted(set(), set(), set(), set()))
            own_size = _size(event) + of_day.size_of_new_names(event)
        of_day.add(event)
        part.append(event)
        size += own_size
    yield part


class _Counted(NamedTuple):
    """The cells, keys, names and budgets that a part adds to one day."""

    cells: set[Cell]
    keys: set[str]
    names: set[tuple[Dimension, str]]
    budgets: set[tuple[int, BudgetSlot]]

    def has_room_for(self, event: RecordedEvent) -> bool:
        """Return whether the day's counter still takes all increments: each metric of each cell, and of the day."""
        is_new_cell = Cell(event.ts.hour, event.series) not in self.cells
        is_new_key = event.key is not None and event.key not in self.keys
        if not (is_new_cell or is_new_key or event.budgets):
            return True  # nearly every event of a batch
        cells, keys = len(self.cells) + is_new_cell + 1, len(self.keys) + is_new_key
        budgets = len(self.budgets.union(_budgets_of(event))) if event.budgets else len(self.budgets)
        transforms = _OWN_TRANSFORMS + cells * len(METRICS) + keys * len(ATTRIBUTED_METRICS)
        return transforms + budgets * _TRANSFORMS_PER_BUDGET <= MAX_TRANSFORMS_PER_DOCUMENT

    def size_of_new_names(self, event: RecordedEvent) -> int:
        if not (event.user_id or event.workflow_id or event.tags):
            return 0
        new = [name for name in names_of(event) if name not in self.names]
        return sum(_USUAL_NAME_BYTES + len(ATTRIBUTED_METRICS) * len(name.encode()) for _, name in new)

    def add(self, event: RecordedEvent) -> None:
        self.cells.add(Cell(event.ts.hour, event.series))
        if event.user_id or event.workflow_id or event.tags:
            self.names.update(names_of(event))
        if event.budgets:
            self.budgets.update(_budgets_of(event))
        if event.key is not None:
            self.keys.add(event.key)


def _budgets_of(event: RecordedEvent) -> list[tuple[int, BudgetSlot]]:
    return [(event.ts.hour, counted.slot) for counted in event.budgets]


def _size(event: RecordedEvent) -> int:
    """Return about how many bytes the event takes in a commit."""
    return _USUAL_EVENT_BYTES + (len(event.metadata_json.encode()) if event.metadata_json else 0)


def _outcomes(events: Sequence[RecordedEvent], existing: dict[str, str]) -> list[Outcome]:
    """Return the outcome of each event; `existing` has the fingerprints of those that others recorded."""
    fingerprints = dict(existing)
    outcomes = []
    for event in events:
        if (known := fingerprints.get(event.identity)) is None:
            fingerprints[event.identity] = event.fingerprint
            outcomes.append(Outcome.RECORDED)
        else:
            outcomes.append(Outcome.DUPLICATE if known == event.fingerprint else Outcome.CONFLICT)
    return outcomes
