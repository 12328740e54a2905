"""The record path without a network: bytes in, a serialised commit out, on one core."""

import gc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any, cast

from shared.adapters.firestore import FirestoreRpc, FirestoreUsageStore
from shared.adapters.memory import MemoryStore
from shared.bootstrap import limit_garbage_collection
from shared.domain.metering.sealed_requests import batch_of
from shared.domain.people.keys import ALL_SCOPES
from shared.domain.people.tenants import Tenant
from shared.http.bodies import parse_json_bytes
from shared.ports import UsageStore
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.metering.record_events import EventRecorder
from shared.usecases.people.authenticate import Access
from shared.usecases.prices.read_prices import PriceReader
from tools.bench.report import Measure, at_least, figure
from tools.bench.sample import BATCH_EVENTS, body_of, sample_events, sealed_events, with_responses
from tools.bench.stock import StockStore
from tools.bench.timing import medians, seconds

PROJECT_ID = "demo-bench"
RETENTION = timedelta(days=90)
ROUNDS = 15
BATCHES = 3
ACCESS = Access(
    tenant=Tenant(id="bench", name="Bench", plan="free", created_at=datetime(2026, 1, 1, tzinfo=UTC)),
    permissions=ALL_SCOPES,
    actor="bench",
)


class DiscardingChannel:
    """Serialises each request as gRPC does, and answers with an empty message at once."""

    def unary_unary(
        self,
        _method: str,
        request_serializer: Callable[[Any], bytes],
        response_deserializer: Callable[[bytes], Any],
    ) -> Callable[..., Any]:
        """Return a call that sends nothing."""
        answer = response_deserializer(b"")

        def call(request: Any, **_options: object) -> Any:
            request_serializer(request)
            return answer

        return call

    unary_stream = unary_unary


def measure() -> Iterator[Measure]:
    """Events per second of this path, and how many times the stock client's that is."""
    now = datetime.now(UTC)
    limit_garbage_collection()  # as the functions do
    events = sample_events(BATCH_EVENTS, "path", now)
    body, with_bodies = body_of(events), body_of(with_responses(events))
    sealed = body_of(sealed_events(events, 1))
    own = FirestoreUsageStore(
        FirestoreRpc(PROJECT_ID, lambda: DiscardingChannel(), is_emulator=True), RETENTION
    )
    stock = cast(UsageStore, StockStore(PROJECT_ID, RETENTION))
    own_seconds, sealed_seconds, response_seconds, stock_seconds = medians(
        ROUNDS,
        _take(Ledger(own), body, now),
        _take(Ledger(own), sealed, now),
        _take(Ledger(own), with_bodies, now),
        _take(Ledger(stock), body, now),
    )
    own_rate, stock_rate = BATCH_EVENTS / own_seconds, BATCH_EVENTS / stock_seconds
    yield Measure("record_path_events_per_second", round(own_rate), "events/s", at_least(25_000))
    yield Measure("record_path_responses_per_second", round(BATCH_EVENTS / response_seconds), "events/s")
    by_stock = f"{figure(stock_rate)} events/s by the stock client's WriteBatch"
    yield Measure("record_path_vs_stock", own_rate / stock_rate, "times", at_least(8), by_stock)
    sealed_rate = BATCH_EVENTS / sealed_seconds
    each_alone = f"{figure(sealed_rate)} events/s; {figure(own_rate)} as a document each"
    yield Measure(
        "record_path_sealed_vs_unsealed", sealed_rate / own_rate, "times", at_least(1.4), each_alone
    )
    yield Measure("record_path_sealed_vs_stock", sealed_rate / stock_rate, "times", at_least(10), by_stock)


def _take(ledger: Ledger, body: bytes, now: datetime) -> Callable[[], float]:
    """Record the batch and return this process's own time, which other processes on the core do not lengthen."""

    recorder = EventRecorder(ledger, PriceReader(MemoryStore()))

    def record() -> None:
        items = cast("dict[str, list[object]]", parse_json_bytes(body))["events"]
        recorded = recorder.record(ACCESS, items, now, batch_of(items, None))
        if recorded.accepted != BATCH_EVENTS:
            raise RuntimeError(f"only {recorded.accepted} of {BATCH_EVENTS} sample events were accepted")

    record()  # fills the caches that a process keeps: prices, series, paths

    def take() -> float:
        # What the one before left behind, as garbage and in the core's caches, is not this one's to clear away.
        gc.collect()
        record()
        return sum(seconds(record, process_time) for _ in range(BATCHES)) / BATCHES

    return take
