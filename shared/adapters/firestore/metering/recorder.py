"""Records events with their counters and runs in one commit, and retries without events that already exist."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from secrets import token_urlsafe
from typing import Any, NamedTuple

import grpc

from shared.adapters.firestore.encoding import Value, set_timestamp
from shared.adapters.firestore.ledger.counters import counter_write
from shared.adapters.firestore.metering.events import CommonFields, run_write, write_event
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.people.tenants import raise_shards_write
from shared.adapters.firestore.retries import Contended
from shared.adapters.firestore.rpc import CommitRequest, FirestoreRpc
from shared.domain.errors import TooLarge, Unavailable
from shared.domain.ledger.budget_counts import BudgetSlot
from shared.domain.ledger.counter_settings import MAX_COUNTER_SHARDS, CounterSettings
from shared.domain.ledger.counters import METRICS, Cell, ShardRef
from shared.domain.metering.recording import RecordedEvent, deltas_with_late_days
from shared.domain.metering.runs import runs_of
from shared.ports import Outcome

MAX_TRANSFORMS_PER_DOCUMENT = 500
"""Firestore's limit for one commit."""
_OWN_TRANSFORMS = 3
"""`commits`, `events` and `fold_due`."""
_MAX_COUNTING_TRANSFORMS = MAX_TRANSFORMS_PER_DOCUMENT - _OWN_TRANSFORMS - len(METRICS)
"""What the day's totals leave for cells and budgets."""
_TRANSFORMS_PER_BUDGET = 2
"""The amount, and the calls whose price is not known."""
MAX_BYTES_PER_COMMIT = 3 * 1024 * 1024
"""Firestore takes 10 MiB, its emulator 4 MiB; counters and runs need some of it."""
_USUAL_EVENT_BYTES = 700
_ABORTS_BEFORE_SPREADING = 2
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


class _Known(NamedTuple):
    """The events that exist already: all identities, and the fingerprints of those recorded by other requests."""

    identities: set[str]
    fingerprints: dict[str, str]


class Recorder:
    """Records events exactly once; their documents expire after `retention`."""

    def __init__(self, rpc: FirestoreRpc, retention: timedelta) -> None:
        self._rpc = rpc
        self._retention = retention

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
            request = self.commit_request(recording, events, number)
            if shards > recording.settings.shards:
                request.writes.append(raise_shards_write(recording.paths.tenant, shards))
            try:
                self._rpc.send_commit(
                    request, most_aborts=_ABORTS_BEFORE_SPREADING if shards < MAX_COUNTER_SHARDS else None
                )
            except Contended:
                shards = min(2 * shards, MAX_COUNTER_SHARDS)
                number = random.randrange(shards)  # noqa: S311 (as above)
            except grpc.RpcError as error:
                if error.code() == grpc.StatusCode.ALREADY_EXISTS:
                    return False
                if not _is_full(error):
                    raise
                number = max(number + 1, shards)
                shards = number + 1
            else:
                return True
        raise TooLarge("The day has too many provider and model names to count", code="too_many_series")

    def commit_request(self, recording: Recording, events: Sequence[RecordedEvent], number: int) -> Any:
        """Return the commit that stores `events` and adds them to their runs and to counter shard `number`."""
        request, paths = CommitRequest(database=self._rpc.database), recording.paths
        common = CommonFields(recording.nonce, Value())
        set_timestamp(common.expire_at, recording.expire_at)
        for event in events:
            write_event(request.writes.add(), paths.event(event.identity), event, common)
        # In one order, so that commits that share documents wait for each other instead of aborting each other.
        deltas = deltas_with_late_days(events, recording.now)
        for day, delta in sorted(deltas.items()):
            due = recording.settings.due_at(day, recording.now)
            request.writes.append(counter_write(paths.counter(ShardRef(day, number)), delta, due))
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
    days: dict[date, _Transforms] = {}
    size = 0
    for event in events:
        of_day = days.setdefault(event.ts.date(), _Transforms())
        own_size = _size(event)
        if part and (not of_day.fits(event) or size + own_size > MAX_BYTES_PER_COMMIT):
            yield part
            part, days, size = [], {}, 0
            of_day = days.setdefault(event.ts.date(), _Transforms())
        of_day.add(event)
        part.append(event)
        size += own_size
    yield part


class _Transforms:
    """What a commit adds to a day's counter document, of which Firestore limits the transforms."""

    def __init__(self) -> None:
        self.cells: set[Cell] = set()
        self.budgets: set[tuple[int, BudgetSlot]] = set()

    def fits(self, event: RecordedEvent) -> bool:
        """Return whether the event can be counted in the same commit."""
        cells = len(self.cells) + (Cell(event.ts.hour, event.series) not in self.cells)
        budgets = len(self.budgets | self._budgets_of(event)) if event.budgets else len(self.budgets)
        return cells * len(METRICS) + budgets * _TRANSFORMS_PER_BUDGET <= _MAX_COUNTING_TRANSFORMS

    def add(self, event: RecordedEvent) -> None:
        self.cells.add(Cell(event.ts.hour, event.series))
        if event.budgets:
            self.budgets |= self._budgets_of(event)

    @staticmethod
    def _budgets_of(event: RecordedEvent) -> set[tuple[int, BudgetSlot]]:
        return {(event.ts.hour, counted.slot) for counted in event.budgets}


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


def _is_full(error: Any) -> bool:
    is_too_large = any(text in error.details() for text in _DOCUMENT_TOO_LARGE)
    return error.code() == grpc.StatusCode.INVALID_ARGUMENT and is_too_large
