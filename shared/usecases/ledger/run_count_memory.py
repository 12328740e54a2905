"""Counts of runs that are still right, because no counter has changed since they were made."""

from collections import OrderedDict
from datetime import datetime
from threading import Lock
from typing import Final, NamedTuple

from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.documents import Documents
from shared.domain.ledger.run_counts import CountRuns
from shared.ports import UsageStore

MAX_REMEMBERED: Final = 10_000

Marks = frozenset[tuple[ShardRef, int]]
"""The counters that were read, each with the number of commits that it has had."""


def marks_of(documents: Documents) -> Marks:
    """Return the marks of the counters that were read.

    A commit that begins a run, or moves its beginning, adds to a counter of its day and to one of today.
    """
    return frozenset((ref, shard.commits) for ref, shard in documents.shards.items())


class BegunRuns(NamedTuple):
    """Runs that began by one commit to a counter, and the number of commits that it has had since."""

    counter: ShardRef
    commits: int
    runs: int
    at: datetime


class _Count(NamedTuple):
    """The runs of an interval when the counters were as the marks say."""

    marks: Marks
    start: datetime
    end: datetime
    runs: int


class RunCountMemory:
    """Remembers the last count of runs of each tenant: the current metering period's, as a rule."""

    def __init__(self, store: UsageStore) -> None:
        self._store = store
        self._counts: OrderedDict[str, _Count] = OrderedDict()
        self._lock = Lock()

    def counting(self, tenant_id: str, found: Documents, now: datetime) -> CountRuns:
        """Return a function that counts runs, or remembers the count made of the same counters."""
        marks = marks_of(found)
        # An interval in the past is not counted again when a late event moves a run, if today was not read.
        is_current = any(ref.day >= now.date() for ref, _ in marks)

        def count(start: datetime, end: datetime) -> int:
            known = self._counts.get(tenant_id)
            if is_current and known and known[:3] == (marks, start, end):
                return known.runs
            runs = self._store.count_runs(tenant_id, start, end)
            if is_current:
                self._keep(tenant_id, _Count(marks, start, end, runs))
            return runs

        return count

    def add_begun(self, tenant_id: str, before: Marks, begun: BegunRuns) -> None:
        """Add runs that began after the counters were as `before`.

        Forget the count if another commit came in between, or if it was of another reading or another interval.
        """
        mark = (begun.counter, begun.commits - 1)
        is_first = begun.commits == 1 and begun.counter not in dict(before)
        with self._lock:
            known = self._counts.pop(tenant_id, None)
            if known is None or known.marks != before or not (mark in before or is_first):
                return
            if known.start <= begun.at < known.end:
                after = frozenset({*(before - {mark}), (begun.counter, begun.commits)})
                self._counts[tenant_id] = known._replace(marks=after, runs=known.runs + begun.runs)

    def _keep(self, tenant_id: str, count: _Count) -> None:
        with self._lock:
            self._counts[tenant_id] = count
            self._counts.move_to_end(tenant_id)
            if len(self._counts) > MAX_REMEMBERED:
                self._counts.popitem(last=False)
