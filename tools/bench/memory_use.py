"""How record_usage's memory grows with the events it has recorded."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime

from tools.bench.report import Measure, at_most
from tools.bench.sample import BATCH_EVENTS, body_of, sample_events
from tools.bench.served import Caller, create_bench_tenant, named, served
from tools.dev.emulators import firestore_emulator

FIRST_EVENTS = 1_000
ALL_EVENTS = 100_000


def measure() -> Iterator[Measure]:
    """Resident memory of the function's processes after many events, as a multiple of that after a few."""
    with firestore_emulator(heap_mb=3072) as host:
        key = create_bench_tenant(host)
        with served(host, named("record_usage")) as (server,):
            caller = Caller(server, key)
            _record(caller, 0, FIRST_EVENTS)
            first_kib = _resident_kib(server.process.group)
            _record(caller, FIRST_EVENTS, ALL_EVENTS)
            all_kib = _resident_kib(server.process.group)
    words = (
        f"{all_kib / 1024:.1f} MiB after {ALL_EVENTS:,} events; {first_kib / 1024:.1f} after {FIRST_EVENTS:,}"
    )
    yield Measure("record_usage_memory_growth", all_kib / first_kib, "times", at_most(1.1), words)


def _record(caller: Caller, begin: int, end: int) -> None:
    for number in range(begin, end, BATCH_EVENTS):
        caller.send(body_of(sample_events(BATCH_EVENTS, f"memory-{number}", datetime.now(UTC))))


def _resident_kib(group: int) -> int:
    """Of the process that serves: the largest of its group."""
    listing = subprocess.run(["ps", "-A", "-o", "pgid=,rss="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in listing.stdout.splitlines()]
    return max(int(resident) for pgid, resident in rows if int(pgid) == group)
