"""Records events with their counters and runs in one commit, and retries without events that already exist."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from secrets import token_urlsafe
from typing import Any, NamedTuple

import grpc

from shared.adapters.firestore.encoding import Value, set_timestamp
from shared.adapters.firestore.ledger.attribution import (
    MAX_TRANSFORMS_PER_DOCUMENT,
    FullDocuments,
    attribution_writes,
)
from shared.adapters.firestore.ledger.counters import counter_write
from shared.adapters.firestore.metering.events import CommonFields, run_write, write_event
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.people.tenants import raise_shards_write
from shared.adapters.firestore.retries import Contended
from shared.adapters.firestore.rpc import CommitRequest, FirestoreRpc
from shared.domain.errors import TooLarge, Unavailable
from shared.domain.ledger.attribution import ATTRIBUTED_METRICS, Dimension
from shared.domain.ledger.budget_counts import BudgetSlot
from shared.domain.ledger.counter_settings import MAX_COUNTER_SHARDS, CounterSettings
from shared.domain.ledger.counters import METRICS, Cell, ShardRef
from shared.domain.metering.recording import RecordedEvent, deltas_with_late_days, names_of
from shared.domain.metering.runs import runs_of
from shared.ports import Outcome

_OWN_TRANSFORMS = 4
"""`commits`, `events`, `attributed` and `fold_due`."""
_TRANSFORMS_PER_BUDGET = 2
"""The amount, and the calls whose price is not known."""
MAX_BYTES_PER_COMMIT = 3 * 1024 * 1024
"""Firestore takes 10 MiB, its emulator 4 MiB; counters and runs need some of it."""
_USUAL_EVENT_BYTES = 700
_USUAL_NAME_BYTES = 400
"""Of the increments of a name, besides the name in each of them."""
_ABORTS_BEFORE_SPREADING = 2
_MOST_FULL_DOCUMENTS = 2
"""How many full attribution documents a commit finds before it leaves its names to `other`."""
_NONCE_BYTES = 6
_MAX_ROUNDS = 10
_DOCUMENT_TOO_LARGE = ("exceeds the maximum allowed size", "maximum entity size is")
"""Messages of Firestore and its emulator for a document above 1 MiB, whose status code has other causes too."""


class Recording(NamedTuple):
    """The tenant's paths, the settings of its counters, and the times of one recording."""

    paths: TenantPaths
    settings: CounterSettings
    now: datetime
    expire_at: datetime
    nonce: str
    """Random text in each event that is recorded: it tells an own commit, whose answer was lost, from another's."""


class Place(NamedTuple):
    """The number of the counter shard that a commit adds to, of how many, and the first document for its names."""

    shard: int
    shards: int
    names: int | None
    """None: the names are not attributed, and so are part of `other`."""


class _Known(NamedTuple):
    """The events that exist already: all identities, and the fingerprints of those recorded by other requests."""

    identities: set[str]
    fingerprints: dict[str, str]


class Recorder:
    """Records events exactly once; their documents expire after `retention`."""

    def __init__(self, rpc: FirestoreRpc, retention: timedelta, *, feeds_warehouse: bool = False) -> None:
        self._rpc = rpc
        self._feeds_warehouse = feeds_warehouse
        self._retention = retention
        self._full = FullDocuments()

    def record(
        self, tenant_id: str, events: Sequence[RecordedEvent], settings: CounterSettings, now: datetime
    ) -> list[Outcome]:
        """See UsageStore.record."""
        recording = Recording(
            TenantPaths(self._rpc.documents, tenant_id),
            settings,
            now,
            now + self._retention,
            token_urlsafe(_NONCE_BYTES),
        )
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
            if not new or self._commit_unless_known(recording, new):
                return
            self._look_up(recording, new, known)
        raise Unavailable("Too many callers are recording these events at once")

    def _commit_unless_known(self, recording: Recording, events: list[RecordedEvent]) -> bool:
        """Commit all of `events`; if one of them exists, commit nothing and return False.

        If counter documents are contended, the number of shards is doubled; if one is full, the next shard is used.
        The same commit stores the new number of shards.
        """
        shards = recording.settings.shards
        number = random.randrange(shards)  # noqa: S311 (spreads load, no secret)
        while number < MAX_COUNTER_SHARDS:
            try:
                self._commit_where_names_fit(recording, events, Place(number, shards, None))
            except Contended:
                shards = min(2 * shards, MAX_COUNTER_SHARDS)
                number = random.randrange(shards)  # noqa: S311 (as above)
            except grpc.RpcError as error:
                if error.code() == grpc.StatusCode.ALREADY_EXISTS:
                    return False
                if not is_full(error):
                    raise
                number = max(number + 1, shards)
                shards = number + 1
            else:
                return True
        raise TooLarge("The day has too many provider and model names to count", code="too_many_series")

    def _commit_where_names_fit(
        self, recording: Recording, events: Sequence[RecordedEvent], place: Place
    ) -> None:
        """Commit with the names in documents that have room; after a few full ones, without the names.

        Which document is full is not known: those of names are, if the same commit succeeds without them.
        """
        tenant, full = recording.paths.tenant, self._full.count(recording.paths.tenant, recording.now)
        if not any(any(names_of(event)) for event in events):
            self._commit(recording, events, place)
            return
        for _ in range(_MOST_FULL_DOCUMENTS):
            # Beyond the last document, this commits without the names.
            try:
                self._commit(recording, events, place._replace(names=full + place.shard))
            except grpc.RpcError as error:
                if not is_full(error):
                    raise
                full += place.shards
            else:
                break
        else:
            self._commit(recording, events, place)
        self._full.add(tenant, full, recording.now)

    def _commit(self, recording: Recording, events: Sequence[RecordedEvent], place: Place) -> None:
        request, shards = self.commit_request(recording, events, place), place.shards
        if shards > recording.settings.shards:
            request.writes.append(raise_shards_write(recording.paths.tenant, shards))
        most_aborts = _ABORTS_BEFORE_SPREADING if shards < MAX_COUNTER_SHARDS else None
        self._rpc.send_commit(request, most_aborts=most_aborts)

    def commit_request(self, recording: Recording, events: Sequence[RecordedEvent], place: Place) -> Any:
        """Return the commit that stores `events` and adds them to their counters, names and runs."""
        request, paths = CommitRequest(database=self._rpc.database), recording.paths
        recorded_at = recording.now if self._feeds_warehouse else None
        common = CommonFields(recording.nonce, Value(), recorded_at)
        set_timestamp(common.expire_at, recording.expire_at)
        for event in events:
            write_event(request.writes.add(), paths.event(event.identity), event, common)
        # In one order, so that commits that share documents wait for each other instead of aborting each other.
        deltas = deltas_with_late_days(events, recording.now, recording.settings.tag_names)
        for day, delta in sorted(deltas.items()):
            first, names = place.names or 0, []
            if place.names is not None:
                names = list(attribution_writes(paths, day, delta.names, first))
            counter = paths.counter(ShardRef(day, place.shard))
            due = recording.settings.due_at(day, recording.now)
            attributed = first + len(names) if names else 0
            request.writes.append(counter_write(counter, delta, due, attributed))
            request.writes.extend(names)
        for run_id, run in sorted(runs_of(events).items()):
            request.writes.append(run_write(paths.run(run_id), run))
        return request

    def _look_up(self, recording: Recording, events: list[RecordedEvent], known: _Known) -> None:
        names = {recording.paths.event(event.identity): event.identity for event in events}
        for name, document in self._rpc.batch_get(names, ["fingerprint", "nonce"]).items():
            known.identities.add(names[name])
            if document.fields["nonce"].string_value != recording.nonce:
                known.fingerprints[names[name]] = document.fields["fingerprint"].string_value


def split(events: Iterable[RecordedEvent]) -> Iterator[list[RecordedEvent]]:
    """Split `events` into parts that fit into one commit with their counters, almost always one part."""
    part: list[RecordedEvent] = []
    counted: dict[date, _Counted] = {}
    size = 0
    for event in events:
        of_day = counted.setdefault(event.ts.date(), _Counted(set(), set(), set(), set()))
        own_size = _size(event) + of_day.size_of_new_names(event)
        if part and (not of_day.has_room_for(event) or size + own_size > MAX_BYTES_PER_COMMIT):
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


def is_full(error: Any) -> bool:
    """Return whether a commit failed because a document would outgrow 1 MiB."""
    is_too_large = any(text in error.details() for text in _DOCUMENT_TOO_LARGE)
    return error.code() == grpc.StatusCode.INVALID_ARGUMENT and is_too_large
