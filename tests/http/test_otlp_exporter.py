"""The SDK of OpenTelemetry exports to a running function on Firestore, as its own environment variables say."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.config import load_config
from shared.container import Container
from shared.domain.ledger.usage import Detail, Usage
from shared.domain.people.audit import Change
from shared.usecases.people.manage_tenants import TenantRequest, create_tenant
from tests.http.serving import BY_NAME
from tests.plans import ENTERPRISE
from tools.dev.functions import start_function
from tools.dev.processes import Server, wait_until_ready

ROOT = Path(__file__).resolve().parents[2]
RUNS, CALLS_PER_RUN = 500, 8
SPANS = RUNS * (CALLS_PER_RUN + 2)
"""Each run has an agent and a tool besides its calls."""
EVENTS_PER_REQUEST = 500
MODELS = (
    ("openai", "gpt-4.1-mini"),
    ("anthropic", "claude-sonnet-4-20250514"),
    ("gcp.vertex_ai", "gemini-2.5-flash"),
    ("nobody", "unknown"),
)


@pytest.fixture(scope="module")
def environment(firestore_emulator_host: str) -> dict[str, str]:
    return {
        "GOOGLE_CLOUD_PROJECT": f"demo-{uuid4().hex[:12]}",
        "FIRESTORE_EMULATOR_HOST": firestore_emulator_host,
        "GWI_METERING_ENABLED": "1",
    }


@pytest.fixture(scope="module")
def container(environment: dict[str, str]) -> Container:
    return Container(load_config(environment))


@pytest.fixture(scope="module")
def server(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    inherited = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": str(Path(sys.executable).parent)}
    server = start_function(BY_NAME["record_usage"], inherited | environment, tmp_path_factory.mktemp("logs"))
    try:
        wait_until_ready([server], timeout_seconds=60)
        yield server
    finally:
        server.process.stop()


@pytest.fixture
def key(container: Container) -> str:
    return create_key(container, "acme")


def create_key(container: Container, tenant_id: str) -> str:
    request = TenantRequest(tenant_id, tenant_id, ENTERPRISE)
    _, made = create_tenant(container.directory, request, Change("test", datetime.now(UTC)), is_live=False)
    return made.secret


@pytest.fixture
def exporting(server: Server, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment variables of docs/opentelemetry.md."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.port}/v1/otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"Authorization={quote(f'Bearer {key}')}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")


def make_spans() -> Sequence[ReadableSpan]:
    """Return the spans of agents, as their SDK makes them."""
    memory, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("tests")
    models = cycle(MODELS)
    for _ in range(RUNS):
        with tracer.start_as_current_span(
            "invoke_agent", attributes={"gen_ai.operation.name": "invoke_agent"}
        ):
            for name, model in islice(models, CALLS_PER_RUN):
                with tracer.start_as_current_span("chat", attributes=attributes_of(name, model)):
                    pass
            with tracer.start_as_current_span(
                "execute_tool", attributes={"gen_ai.operation.name": "execute_tool"}
            ):
                pass
    return memory.get_finished_spans()


def attributes_of(provider: str, model: str) -> dict[str, str | int]:
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": 1200,
        "gen_ai.usage.output_tokens": 300,
        "gen_ai.usage.cache_read.input_tokens": 1000,
        "gen_ai.input.messages": 20 * "SECRET ",
    }


def events() -> Iterator[dict[str, object]]:
    """Yield the same calls as events."""
    tokens = {"input_tokens": 1200, "output_tokens": 300, "cache_read_tokens": 1000}
    for provider, model in islice(cycle(MODELS), RUNS * CALLS_PER_RUN):
        yield {"category": "llm", "provider": provider, "model": model, "tokens": tokens}


def export(spans: Sequence[ReadableSpan]) -> None:
    """Export by the SDK's own batches, of 512 spans."""
    processor = BatchSpanProcessor(OTLPSpanExporter(), max_queue_size=2 * SPANS)
    for span in spans:
        processor.on_end(span)
    assert processor.force_flush(60_000)
    processor.shutdown()  # type: ignore[no-untyped-call]  # the SDK declares no types for it


def send(server: Server, key: str) -> None:
    batches = list(events())
    for first in range(0, len(batches), EVENTS_PER_REQUEST):
        body = json.dumps(batches[first : first + EVENTS_PER_REQUEST]).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        with urlopen(
            Request(f"http://127.0.0.1:{server.port}/v1/events", body, headers), timeout=60
        ) as answer:
            assert answer.status == 200


def usage(container: Container, tenant_id: str) -> Usage:
    tenant = container.directory.find_tenant(tenant_id)
    assert tenant is not None
    return container.ledger.current(tenant, Detail.SERIES, datetime.now(UTC)).usage


@pytest.mark.usefixtures("exporting")
def test_5_000_spans_that_are_sent_twice_count_once_and_cost_what_events_cost(
    container: Container, server: Server
) -> None:
    spans = make_spans()
    assert len(spans) == SPANS == 5_000
    export(spans)
    once = usage(container, "acme")
    export(spans)
    twice = usage(container, "acme")
    assert once == twice
    totals = twice.totals
    assert (twice.runs, totals["calls"], totals["tool_calls"]) == (RUNS, RUNS * CALLS_PER_RUN, RUNS)
    assert totals["input_tokens"] == RUNS * CALLS_PER_RUN * 1200
    assert totals["unpriced_calls"] == RUNS * CALLS_PER_RUN // len(MODELS)
    send(server, create_key(container, "bolt"))
    expected = usage(container, "bolt").series
    assert len(expected) == len(MODELS)
    found = twice.series
    for series, sums in expected.items():
        assert {metric: found[series][metric] for metric in sums} == sums, series
    assert totals["cost_nanousd"] == usage(container, "bolt").totals["cost_nanousd"] > 0
