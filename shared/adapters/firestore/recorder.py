"""Recording: events, counters and runs in commits that are each complete; ids that exist are sorted out after."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import grpc

from shared.adapters.firestore.counters import counter_write
from shared.adapters.firestore.encoding import Value, set_timestamp
from shared.adapters.firestore.events import run_write, write_event
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.rpc import CommitRequest, FirestoreRpc
from shared.adapters.firestore.tenants import raise_shards_write
from shared.domain.counters import MAX_COUNTER_SHARDS, Cell
from shared.domain.errors import TooLarge, Unavailable
from shared.domain.recording import RecordedEvent, cells_by_day
from shared.domain.runs import runs_of
from shared.ports import Outcome, ShardRef

MAX_CELLS_PER_COMMIT = 40
"""40 cells and a day's totals, of 12 metrics each, stay below the 500 transforms Firestore allows a document."""
_MAX_ROUNDS = 10
_DOCUMENT_TOO_LARGE = ("exceeds the maximum allowed size", "maximum entity size is")
"""What Firestore says of a document beyond 1 MiB, and what its emulator says: the code alone says too little."""


class Recorder:
    """Writes events exactly once; each event's document is kept for `retention`."""

    def __init__(self, rpc: FirestoreRpc, retention: timedelta) -> None:
        self._rpc = rpc
        self._retention = retention

    def record(
        self, tenant_id: str, events: Sequence[RecordedEvent], counter_shards: int, now: datetime
    ) -> list[Outcome]:
        """See UsageStore.record."""
        paths = TenantPaths(self._rpc.documents, tenant_id)
        first_of: dict[str, RecordedEvent] = {}
        for event in events:
            first_of.setdefault(event.id, event)
        existing: dict[str, str] = {}
        for part in split(first_of.values()):
            existing |= self._record_part(paths, part, counter_shards, now)
        return _outcomes(events, existing)

    def _record_part(
        self, paths: TenantPaths, events: list[RecordedEvent], counter_shards: int, now: datetime
    ) -> dict[str, str]:
        """Commit `events` but those that exist; the fingerprints of the latter by id."""
        existing: dict[str, str] = {}
        for _ in range(_MAX_ROUNDS):
            new = [event for event in events if event.id not in existing] if existing else events
            if not new or self._commit_unless_known(paths, new, counter_shards, now):
                return existing
            existing |= self._fingerprints(paths, new)
        raise Unavailable("These events are being recorded by many callers at once")

    def _commit_unless_known(
        self, paths: TenantPaths, events: list[RecordedEvent], counter_shards: int, now: datetime
    ) -> bool:
        """Commit all of `events`, or nothing and False if one of them exists."""
        # A counter document holds 1 MiB of series. Where one is full, the next number is used and made known.
        for index in (random.randrange(counter_shards), *range(counter_shards, MAX_COUNTER_SHARDS)):  # noqa: S311 (spreads load, no secret)
            request = self.commit_request(paths, events, index, now)
            if index >= counter_shards:
                request.writes.append(raise_shards_write(paths.tenant, index + 1))
            try:
                self._rpc.send_commit(request)
            except grpc.RpcError as error:
                if error.code() == grpc.StatusCode.ALREADY_EXISTS:
                    return False
                if not _is_full(error):
                    raise
            else:
                return True
        raise TooLarge(
            "This day has more provider and model names than can be counted", code="too_many_series"
        )

    def commit_request(
        self, paths: TenantPaths, events: Sequence[RecordedEvent], index: int, now: datetime
    ) -> Any:
        """The one commit that stores `events` and adds them to their runs and to the counters numbered `index`."""
        request = CommitRequest(database=self._rpc.database)
        expire_at = Value()
        set_timestamp(expire_at, now + self._retention)
        for event in events:
            write_event(request.writes.add(), paths.event(event.id), event, expire_at)
        for day, cells in cells_by_day(events).items():
            request.writes.append(counter_write(paths.counter(ShardRef(day, index)), cells, now))
        for run in runs_of(events).values():
            request.writes.append(run_write(paths.run(run.id), run))
        return request

    def _fingerprints(self, paths: TenantPaths, events: list[RecordedEvent]) -> dict[str, str]:
        names = {paths.event(event.id): event.id for event in events}
        found = self._rpc.batch_get(names, ["fingerprint"])
        return {names[name]: document.fields["fingerprint"].string_value for name, document in found.items()}


def split(events: Iterable[RecordedEvent]) -> Iterator[list[RecordedEvent]]:
    """`events` in parts whose counters fit into one commit; almost always one part."""
    part: list[RecordedEvent] = []
    cells: dict[date, set[Cell]] = {}
    for event in events:
        of_day = cells.setdefault(event.ts.date(), set())
        cell = Cell(event.ts.hour, event.series)
        if cell not in of_day and len(of_day) == MAX_CELLS_PER_COMMIT:
            yield part
            part, cells = [], {}
            of_day = cells.setdefault(event.ts.date(), set())
        of_day.add(cell)
        part.append(event)
    yield part


def _outcomes(events: Sequence[RecordedEvent], existing: dict[str, str]) -> list[Outcome]:
    fingerprints = dict(existing)
    outcomes = []
    for event in events:
        if (known := fingerprints.get(event.id)) is None:
            fingerprints[event.id] = event.fingerprint
            outcomes.append(Outcome.RECORDED)
        else:
            outcomes.append(Outcome.DUPLICATE if known == event.fingerprint else Outcome.CONFLICT)
    return outcomes


def _is_full(error: Any) -> bool:
    is_too_large = any(text in error.details() for text in _DOCUMENT_TOO_LARGE)
    return error.code() == grpc.StatusCode.INVALID_ARGUMENT and is_too_large
