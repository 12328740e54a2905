"""The first page of a list of 100,000 runs, in each order and with each filter, and a run of 10,000 events."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args
from unittest.mock import patch

from shared.adapters.firestore import FirestoreRpc, FirestoreUsageStore, retries
from shared.adapters.firestore.metering.events import run_write
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.rpc import open_channel
from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.recording import prepare
from shared.domain.metering.run_lists import RunSort, RunsWanted, StatusAt
from shared.domain.metering.runs import Run
from shared.ports import EventsWanted, Operations
from shared.usecases.metering.read_run_tree import read_run_tree
from tools.bench.operations import RETENTION
from tools.bench.report import Measure, at_most
from tools.bench.sample import sample_events
from tools.bench.timing import seconds
from tools.dev.emulators import firestore_emulator
from tools.dev.settings import PROJECT_ID

RUNS: Final = 100_000
LIMIT: Final = 50
EVENTS: Final = 10_000
_PAGE: Final = 500
TENANT_ID: Final = "bench"
NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
MOST_RPCS: Final = 3 - 2
"""A key that an instance has not seen takes two."""
FILTERS: Final = (
    RunsWanted(user_id="user-7"),
    RunsWanted(workflow_id="workflow-3"),
    RunsWanted(tag=("team", "team-2")),
    RunsWanted(status=StatusAt("failed", NOW)),
)
PATIENCE_SECONDS: Final = 120
"""The emulator has no indexes: it reads and sorts every run, which no request would wait for."""


def measure() -> Iterator[Measure]:
    """Count what is billed at the channel of the real adapter, on the emulator."""
    patience = patch.object(retries, "TRY_SECONDS", PATIENCE_SECONDS)
    with patience, firestore_emulator(heap_mb=3072) as host, open_channel(host) as channel:
        rpc = FirestoreRpc(
            PROJECT_ID, lambda: channel, is_emulator=True, give_up_after_seconds=PATIENCE_SECONDS
        )
        store = FirestoreUsageStore(rpc, RETENTION)
        loading = seconds(lambda: _load(rpc, RUNS))
        words = f"{RUNS:,} runs, written in {loading:.0f} s"
        calls, reads = _first_pages(rpc, store)
        yield Measure("runs_first_page_rpcs", calls, "RPCs, the key aside", at_most(MOST_RPCS), words)
        yield Measure(
            "runs_first_page_reads", reads, "reads", at_most(LIMIT + 1), "one for each run, and one more"
        )

        yield from _long_run(rpc, store)


def _long_run(rpc: FirestoreRpc, store: FirestoreUsageStore) -> Iterator[Measure]:
    """Count what the page of a run of 10,000 events reads: its events in pages, and its tree."""
    for first in range(0, EVENTS, _PAGE):
        events = sample_events(_PAGE, f"long-{first}", NOW, runs=1)
        sent = [
            event.model_copy(update={"run_id": "long"}) for event in map(MeteringEvent.model_validate, events)
        ]
        store.record(TENANT_ID, [prepare(event, TENANT_ID, NOW) for event in sent], CounterSettings(), NOW)
    with rpc.request() as operations:
        reading = seconds(lambda: _read_all(store))
        read_run_tree(store, TENANT_ID, "long")
    words = f"{EVENTS:,} events in {reading:.1f} s on the emulator, and the tree"
    yield Measure("long_run_rpcs", operations.calls, "RPCs", at_most(EVENTS // _PAGE + 2), words)
    yield Measure("long_run_reads", operations.reads, "reads", at_most(EVENTS + EVENTS // _PAGE + 2), words)


def _read_all(store: FirestoreUsageStore) -> None:
    cursor = None
    while True:
        wanted = EventsWanted(run_id="long", with_metadata=True)
        page = store.list_events(TENANT_ID, wanted, limit=_PAGE, cursor=cursor)
        cursor = page.next_cursor
        if cursor is None:
            return


def _load(rpc: FirestoreRpc, count: int) -> None:
    paths = TenantPaths(rpc.documents, TENANT_ID)
    for first in range(0, count, 500):
        runs = map(_run, range(first, first + 500))
        rpc.commit([_write(paths.run(run.id), run) for run in runs])


def _write(name: str, run: Run) -> Any:
    """Return a write of a run that was measured."""
    write = run_write(name, run)
    write.update.fields["duration_ms"].integer_value = run.duration_ms
    write.update_mask.field_paths.append("duration_ms")
    return write


def _run(number: int) -> Run:
    """Return a run a minute before the one before it; cost and tokens are in orders of their own."""
    began_at = NOW - number * timedelta(minutes=1)
    return Run(
        id=f"run-{number:06}",
        began_at=began_at,
        last_at=began_at + timedelta(seconds=number % 3_600),
        totals={"calls": 3, "cost_nanousd": number * 7_919 % RUNS, "total_tokens": number * 104_729 % RUNS},
        is_completed=number % 10 > 0,
        is_failed=number % 10 == 0,
        user_id=f"user-{number % 50}",
        workflow_id=f"workflow-{number % 7}",
        tags={"team": f"team-{number % 5}"},
    )


def _first_pages(rpc: FirestoreRpc, store: FirestoreUsageStore) -> tuple[int, int]:
    """Return the most round trips and reads that a first page takes."""
    pages: list[Operations] = []
    sorts: tuple[RunSort, ...] = get_args(RunSort)
    by_cost = [replace(filtered, sort="cost") for filtered in FILTERS]
    lately = RunsWanted(sort="cost", since=NOW - timedelta(days=30))
    for wanted in (*(RunsWanted(sort=sort) for sort in sorts), *by_cost, lately):
        with rpc.request() as operations:
            store.list_runs(TENANT_ID, wanted, limit=LIMIT)
        pages.append(operations)
    return max(each.calls for each in pages), max(each.reads for each in pages)
