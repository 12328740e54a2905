"""Recording over HTTP against the emulator: batches beside the stock client, single events beside a bare commit."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from tools.bench.report import Measure, at_least, at_most, figure
from tools.bench.sample import BATCH_EVENTS, body_of, sample_events, sealed_events
from tools.bench.served import Baseline, Caller, create_bench_tenant, named, served
from tools.bench.timing import medians, seconds
from tools.dev.emulators import firestore_emulator

BATCH_ROUNDS = 12
CONNECTIONS = 4
IN_A_ROW = 3
"""A rate is what a server does while it is kept busy: at the end of a round it waits for the emulator alone."""
SINGLE_ROUNDS = 300
WARM_UPS = 5

Take = Callable[[], float]


def measure() -> Iterator[Measure]:
    """How record_usage compares with the stock client by rate, and with a bare commit by latency."""
    functions = (
        named("record_usage"),
        Baseline(name="stock", usual_port=0),
        Baseline(name="bare", usual_port=0),
    )
    with firestore_emulator(heap_mb=2048) as host:
        key = create_bench_tenant(host)
        with served(host, *functions) as servers:
            own, stock, bare = ([Caller(server, key) for _ in range(CONNECTIONS)] for server in servers)
            yield from _batches(own, stock)
            yield _singles(own[0], bare[0])


def _batches(own: list[Caller], stock: list[Caller]) -> Iterator[Measure]:
    takes = [
        _take(own, _Batches("batch", BATCH_EVENTS)),
        _take(own, _Batches("sealed", BATCH_EVENTS, seals=True)),
        _take(stock, _Batches("batch", BATCH_EVENTS)),
    ]
    events = BATCH_EVENTS * len(own) * IN_A_ROW
    rates = [events / each for each in _warm_medians(BATCH_ROUNDS, *takes)]
    own_rate, sealed_rate, stock_rate = rates
    by_stock = f"{figure(stock_rate)} by a function on the stock client"
    words = f"{figure(own_rate)} events/s; {by_stock}"
    yield Measure("http_batch_vs_stock", own_rate / stock_rate, "times", at_least(3), words)
    words = f"{figure(sealed_rate)} events/s; {figure(own_rate)} as a document each"
    yield Measure("http_sealed_vs_unsealed", sealed_rate / own_rate, "times", at_least(3), words)
    words = f"{figure(sealed_rate)} events/s; {by_stock}"
    yield Measure("http_sealed_vs_stock", sealed_rate / stock_rate, "times", at_least(10), words)


def _singles(own: Caller, bare: Caller) -> Measure:
    takes = [_take([each], _Batches("single", 1, runs=0)) for each in (own, bare)]
    own_p50, bare_p50 = _warm_medians(SINGLE_ROUNDS, *takes)
    words = f"{own_p50 * 1000:.2f} ms; {bare_p50 * 1000:.2f} by a function that makes one raw commit"
    return Measure("http_single_p50_vs_bare", own_p50 / bare_p50, "times", at_most(2), words)


def _warm_medians(rounds: int, *takes: Take) -> list[float]:
    for take in takes:
        for _ in range(WARM_UPS):
            take()
    return medians(rounds, *takes)


@dataclass
class _Batches:
    """Bodies of new events, each with a prefix of its own, or as a sealed batch of its own."""

    prefix: str
    events: int
    runs: int | None = None
    seals: bool = False
    _numbers: Iterator[int] = field(default_factory=count)

    def body(self) -> bytes:
        """Return the next body."""
        number = next(self._numbers)
        events = sample_events(self.events, f"{self.prefix}-{number}", datetime.now(UTC), runs=self.runs)
        return body_of(sealed_events(events, number) if self.seals else events)


def _take(callers: list[Caller], batches: _Batches) -> Take:
    """Return requests of new events by all callers at once, or one by one. Making the events is not timed."""
    threads = ThreadPoolExecutor(len(callers))

    def take() -> float:
        if len(callers) == 1:
            body = batches.body()
            return seconds(lambda: callers[0].send(body))
        bodies = [[batches.body() for _ in range(IN_A_ROW)] for _ in callers]
        return seconds(lambda: list(threads.map(_send_all, callers, bodies)))

    return take


def _send_all(caller: Caller, bodies: list[bytes]) -> None:
    for body in bodies:
        caller.send(body)
