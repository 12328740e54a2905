"""Commits events with their counters, names and runs: over more counters if contended, the next one if full."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from secrets import token_urlsafe
from typing import Any, NamedTuple

import grpc

from shared.adapters.firestore.ledger.attribution import FullDocuments, attribution_writes
from shared.adapters.firestore.ledger.counters import counter_write
from shared.adapters.firestore.metering.events import run_write
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.people.tenants import raise_shards_write
from shared.adapters.firestore.retries import Contended
from shared.adapters.firestore.rpc import CommitRequest, FirestoreRpc
from shared.domain.errors import TooLarge
from shared.domain.ledger.attribution import Attribution, merge
from shared.domain.ledger.counter_settings import MAX_COUNTER_SHARDS, CounterSettings
from shared.domain.ledger.counters import ShardRef
from shared.domain.metering.deltas import DayDelta, deltas_with_late_days, names_of
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.runs import runs_of

_NONCE_BYTES = 6
_ABORTS_BEFORE_SPREADING = 2
_MOST_FULL_DOCUMENTS = 2
"""How many full attribution documents a commit finds before it leaves its names to `other`."""
_DOCUMENT_TOO_LARGE = ("exceeds the maximum allowed size", "maximum entity size is")
"""Messages of Firestore and its emulator for a document above 1 MiB, whose status code has other causes too."""


class Recording(NamedTuple):
    """The tenant's paths, the settings of its counters, and the times of one recording."""

    paths: TenantPaths
    settings: CounterSettings
    now: datetime
    expire_at: datetime
    nonce: str
    """Random text in each event that is recorded: it marks an own commit whose answer was lost."""

    @classmethod
    def begin(
        cls, paths: TenantPaths, settings: CounterSettings, now: datetime, retention: timedelta
    ) -> "Recording":
        """Return a recording with a nonce of its own."""
        return cls(paths, settings, now, now + retention, token_urlsafe(_NONCE_BYTES))


class Content(NamedTuple):
    """The events of a commit, in groups that each fit into a counter document, and what adds their own documents."""

    groups: Sequence[Sequence[RecordedEvent]]
    add_documents: Callable[[Any], None]
    """Called with the request. The commit fails if a document that it creates exists."""
    extending: Sequence[RecordedEvent] | None = None
    """The events that extend the times of their runs; None is all of them."""

    @property
    def events(self) -> Sequence[RecordedEvent]:
        """All events."""
        return (
            self.groups[0] if len(self.groups) == 1 else [event for group in self.groups for event in group]
        )


class Place(NamedTuple):
    """The first counter shard that a commit adds to, of how many, and the first document for its names."""

    shard: int
    shards: int
    names: int | None
    """None: the names are not attributed, and so are part of `other`."""


class UsageCommits:
    """The commits that record usage."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc
        self._full = FullDocuments()

    def commit_unless_known(self, recording: Recording, content: Content) -> bool:
        """Commit all of the content; if a document of it exists, commit nothing and return False.

        If counter documents are contended, the number of shards is doubled; if one is full, the next shard is used.
        The same commit stores the new number of shards.
        """
        width = len(content.groups)
        shards = max(recording.settings.shards, width)
        number = _any_of(shards, width)
        while number + width <= MAX_COUNTER_SHARDS:
            try:
                self._commit_where_names_fit(recording, content, Place(number, shards, None))
            except Contended:
                shards = min(2 * shards, MAX_COUNTER_SHARDS)
                number = _any_of(shards, width)
            except grpc.RpcError as error:
                if error.code() == grpc.StatusCode.ALREADY_EXISTS:
                    return False
                if not is_full(error):
                    raise
                number = shards
                shards += width
            else:
                return True
        raise TooLarge("The day has too many provider and model names to count", code="too_many_series")

    def _commit_where_names_fit(self, recording: Recording, content: Content, place: Place) -> None:
        """Commit with the names in documents that have room; after a few full ones, without the names.

        Which document is full is not known: those of names are, if the same commit succeeds without them.
        """
        tenant, full = recording.paths.tenant, self._full.count(recording.paths.tenant, recording.now)
        if not any(any(names_of(event)) for event in content.events):
            self._commit(recording, content, place)
            return
        for _ in range(_MOST_FULL_DOCUMENTS):
            # Beyond the last document, this commits without the names.
            try:
                self._commit(recording, content, place._replace(names=full + place.shard))
            except grpc.RpcError as error:
                if not is_full(error):
                    raise
                full += place.shards
            else:
                break
        else:
            self._commit(recording, content, place)
        self._full.add(tenant, full, recording.now)

    def _commit(self, recording: Recording, content: Content, place: Place) -> None:
        request, shards = self.commit_request(recording, content, place), place.shards
        if shards > recording.settings.shards:
            request.writes.append(raise_shards_write(recording.paths.tenant, shards))
        most_aborts = _ABORTS_BEFORE_SPREADING if shards < MAX_COUNTER_SHARDS else None
        self._rpc.send_commit(request, most_aborts=most_aborts)

    def commit_request(self, recording: Recording, content: Content, place: Place) -> Any:
        """Return the commit that stores the events and adds them to their counters, names and runs."""
        request, paths = CommitRequest(database=self._rpc.database), recording.paths
        content.add_documents(request)
        # In one order, so that commits that share documents wait for each other instead of aborting each other.
        for day, deltas in _by_day(recording, content.groups):
            first, names = place.names or 0, []
            if place.names is not None:
                names = list(attribution_writes(paths, day, _names_of(deltas), first))
            due = recording.settings.due_at(day, recording.now)
            attributed = first + len(names) if names else 0
            for group, delta in deltas.items():
                counter = paths.counter(ShardRef(day, place.shard + group))
                request.writes.append(counter_write(counter, delta, due, attributed))
            request.writes.extend(names)
        extending = content.events if content.extending is None else content.extending
        for run_id, run in sorted(runs_of(extending).items()):
            request.writes.append(run_write(paths.run(run_id), run))
        return request


def _any_of(shards: int, width: int) -> int:
    """Return the first of `width` counters in a row, by chance."""
    return random.randrange(shards - width + 1)  # noqa: S311 (spreads load, no secret)


def _by_day(
    recording: Recording, groups: Sequence[Sequence[RecordedEvent]]
) -> Iterator[tuple[date, dict[int, DayDelta]]]:
    """Yield each day in order, with what each group adds to it."""
    tag_names = recording.settings.tag_names
    added = [deltas_with_late_days(events, recording.now, tag_names) for events in groups]
    for day in sorted(set().union(*added)):
        yield day, {group: deltas[day] for group, deltas in enumerate(added) if day in deltas}


def _names_of(deltas: dict[int, DayDelta]) -> Attribution:
    """Return the names of all groups together: a document takes so many in one commit, not in one group."""
    if len(deltas) == 1:
        return next(iter(deltas.values())).names
    names: Attribution = {}
    for delta in deltas.values():
        merge(names, delta.names)
    return names


def is_full(error: Any) -> bool:
    """Return whether a commit failed because a document would outgrow 1 MiB."""
    is_too_large = any(text in error.details() for text in _DOCUMENT_TOO_LARGE)
    return error.code() == grpc.StatusCode.INVALID_ARGUMENT and is_too_large
