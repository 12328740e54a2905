"""Recording over HTTP against the emulator: batches beside the stock client, single events beside a bare commit."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count

from tools.bench.report import Measure, Target, at_least, at_most, figure
from tools.bench.sample import BATCH_EVENTS, body_of, sample_events
from tools.bench.served import Baseline, Caller, create_bench_tenant, named, served
from tools.bench.timing import medians, seconds
from tools.dev.emulators import firestore_emulator

BATCH_ROUNDS = 16
SINGLE_ROUNDS = 300
WARM_UPS = 5

Take = Callable[[], float]


def measure() -> Iterator[Measure]:
    """How record_usage compares with the stock client by rate, and with a bare commit by latency."""
    functions = named("record_usage"), Baseline("stock", 0), Baseline("bare", 0)
    with firestore_emulator(heap_mb=2048) as host:
        key = create_bench_tenant(host)
        with served(host, *functions) as servers:
            own, stock, bare = (Caller(server, key) for server in servers)
            yield _batches("http_batch_vs_stock", own, stock, None, at_least(3))
            yield _batches("http_batch_50_runs_vs_stock", own, stock, 50, None)
            yield _singles(own, bare)


def _batches(name: str, own: Caller, stock: Caller, runs: int | None, target: Target | None) -> Measure:
    takes = [_take(each, name, BATCH_EVENTS, runs) for each in (own, stock)]
    own_rate, stock_rate = (BATCH_EVENTS / each for each in _warm_medians(BATCH_ROUNDS, *takes))
    words = f"{figure(own_rate)} events/s; {figure(stock_rate)} by a function on the stock client"
    return Measure(name, own_rate / stock_rate, "times", target, words)


def _singles(own: Caller, bare: Caller) -> Measure:
    takes = [_take(each, "single", 1, 0) for each in (own, bare)]
    own_p50, bare_p50 = _warm_medians(SINGLE_ROUNDS, *takes)
    words = f"{own_p50 * 1000:.2f} ms; {bare_p50 * 1000:.2f} by a function that makes one raw commit"
    return Measure("http_single_p50_vs_bare", own_p50 / bare_p50, "times", at_most(2), words)


def _warm_medians(rounds: int, *takes: Take) -> list[float]:
    for take in takes:
        for _ in range(WARM_UPS):
            take()
    return medians(rounds, *takes)


def _take(caller: Caller, prefix: str, events: int, runs: int | None) -> Take:
    """Sends new events each time; making them is not timed."""
    numbers = count()

    def take() -> float:
        name = f"{prefix}-{next(numbers)}"
        body = body_of(sample_events(events, name, datetime.now(UTC), runs=runs))
        return seconds(lambda: caller.send(body))

    return take
