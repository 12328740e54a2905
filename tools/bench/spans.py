"""Recording the spans of OpenTelemetry, in the batches of its SDK, beside the same calls as events."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from itertools import count
from time import process_time
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from shared.adapters.firestore import FirestoreRpc, FirestoreUsageStore
from shared.adapters.memory import MemoryStore
from shared.domain.metering.span_events import events_of
from shared.http.bodies import JSON, parse_json_bytes
from shared.http.metering.otlp import OTLP_ROUTE
from shared.http.metering.otlp_protobuf import parse
from shared.http.negotiation import PROTOBUF
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.metering.record_events import EventRecorder
from shared.usecases.prices.read_prices import PriceReader
from tools.bench.record_path import ACCESS, PROJECT_ID, RETENTION, DiscardingChannel
from tools.bench.report import Measure, at_least, figure
from tools.bench.sample import BATCH_EVENTS, Event, body_of, sample_events
from tools.bench.served import Caller, create_bench_tenant, named, served
from tools.bench.timing import medians, seconds
from tools.dev.emulators import firestore_emulator

CONNECTIONS = 4
ROUNDS = 12
WARM_UPS = 3
_OPERATIONS = {"llm": "chat", "tool": "execute_tool"}
_PROMPT = "The question of the user, which is never stored. " * 20


def measure() -> Iterator[Measure]:
    """Measure spans per second of one core, and over HTTP."""
    yield from _on_one_core()
    with firestore_emulator(heap_mb=2048) as host:
        key = create_bench_tenant(host)
        with served(host, named("record_usage")) as (server,):
            spans = [Caller(server, key, OTLP_ROUTE.path) for _ in range(CONNECTIONS)]
            events = [Caller(server, key) for _ in range(CONNECTIONS)]
            takes = (_requests(spans, spans_body, PROTOBUF), _requests(events, body_of, JSON))
            for take in WARM_UPS * takes:
                take()
            rates = [CONNECTIONS * BATCH_EVENTS / each for each in medians(ROUNDS, *takes)]
    yield Measure("http_spans_per_second", round(rates[0]), "spans/s")
    words = f"{figure(rates[1])} events/s"
    yield Measure("http_spans_vs_events", rates[0] / rates[1], "times", at_least(0.5), words)


def _on_one_core() -> Iterator[Measure]:
    now = datetime.now(UTC)
    rpc = FirestoreRpc(PROJECT_ID, lambda: DiscardingChannel(), is_emulator=True)
    recorder = EventRecorder(Ledger(FirestoreUsageStore(rpc, RETENTION)), PriceReader(MemoryStore()))
    events = sample_events(BATCH_EVENTS, "span", now)
    by_spans, by_events = spans_body(events), body_of(events)

    def record(items: list[object]) -> None:
        recorded = recorder.record(ACCESS, items, now)
        if recorded.accepted != BATCH_EVENTS:
            raise RuntimeError(f"only {recorded.accepted} of {BATCH_EVENTS} calls were accepted")

    def record_spans() -> None:
        record([event.item for event in events_of(parse(by_spans)).events])

    def record_events() -> None:
        body: Any = parse_json_bytes(by_events)
        record(body["events"])

    takes = [partial(seconds, work, process_time) for work in (record_spans, record_events)]
    for take in WARM_UPS * takes:
        take()
    spans, own = (BATCH_EVENTS / each for each in medians(ROUNDS, *takes))
    yield Measure("spans_per_second", round(spans), "spans/s", baseline=f"{figure(own)} events/s")


def spans_body(events: list[Event]) -> bytes:
    """Return the request that an exporter sends for the calls of `events`."""
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    for event in events:
        end = int(datetime.fromisoformat(str(event["ts"])).timestamp() * 1e9)
        scope_spans.spans.add(
            trace_id=blake2b(str(event.get("run_id")).encode(), digest_size=16).digest(),
            span_id=blake2b(str(event["id"]).encode(), digest_size=8).digest(),
            start_time_unix_nano=end - int(str(event["latency_ms"])) * 10**6,
            end_time_unix_nano=end,
            attributes=[KeyValue(key=name, value=_value(each)) for name, each in _attributes(event).items()],
        )
    return bytes(request.SerializeToString())


def _attributes(event: Event) -> Mapping[str, object]:
    attributes = {
        "gen_ai.operation.name": _OPERATIONS[str(event["category"])],
        "gen_ai.provider.name": event["provider"],
        "gen_ai.request.model": event["model"],
        "gen_ai.tool.name": event["model"],
        "gen_ai.response.id": event.get("request_id", ""),
        "gwi.user_id": event.get("user_id", ""),
        "gwi.workflow_id": event.get("workflow_id", ""),
        "gen_ai.input.messages": _PROMPT,
        "server.address": "api.example.com",
    }
    tokens = event.get("tokens")
    if isinstance(tokens, dict):
        attributes |= {f"gen_ai.usage.{_USAGE[name]}": each for name, each in tokens.items()}
    return attributes


_USAGE = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read.input_tokens",
    "reasoning_tokens": "reasoning.output_tokens",
}


def _value(value: object) -> AnyValue:
    return AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=str(value))


def _requests(
    callers: list[Caller], body: Callable[[list[Event]], bytes], content_type: str
) -> Callable[[], float]:
    """Return a request of new calls by all callers at once. Making the bodies is not timed."""
    numbers = count()
    threads = ThreadPoolExecutor(len(callers))

    def send(caller: Caller, content: bytes) -> None:
        caller.send(content, {"Content-Type": content_type})

    def take() -> float:
        now = datetime.now(UTC)
        bodies = [body(sample_events(BATCH_EVENTS, f"{content_type}-{next(numbers)}", now)) for _ in callers]
        return seconds(lambda: list(threads.map(send, callers, bodies)))

    return take
