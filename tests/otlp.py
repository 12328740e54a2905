"""Spans for tests, and the requests of OTLP that contain them, in JSON and in protobuf."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue

Json = dict[str, Any]

NOON_NS = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()) * 10**9
TRACE = "5b8efff798038103d269b633813fc60c"
PATH = "/v1/otlp/v1/traces"
CALL: Mapping[str, object] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4.1-mini",
    "gen_ai.usage.input_tokens": 1200,
    "gen_ai.usage.output_tokens": 300,
}


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A span as a library makes it; it ends at noon."""

    span_id: str = "eee19b7ec3c1b174"
    parent_id: str = ""
    trace_id: str = TRACE
    attributes: Mapping[str, object] = field(default_factory=lambda: CALL)
    start_ns: int = NOON_NS - 2 * 10**9
    end_ns: int = NOON_NS
    is_error: bool = False
    scope: str = "tests"

    @property
    def event_id(self) -> str:
        return f"otlp.{self.trace_id}.{self.span_id}"


def call(number: int, **attributes: object) -> Sent:
    """A call of a model, whose id is a number."""
    return Sent(span_id=f"{number:016x}", attributes={**CALL, **named(attributes)})


def named(attributes: Mapping[str, object]) -> dict[str, object]:
    """Attributes by their names, in which two underscores stand for a dot."""
    return {name.replace("__", "."): value for name, value in attributes.items()}


def as_json(spans: Iterable[Sent], resource: Mapping[str, object] | None = None) -> Json:
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": attributes_json(resource or {})},
                "scopeSpans": [{"scope": {"name": span.scope}, "spans": [span_json(span)]} for span in spans],
            }
        ]
    }


def span_json(span: Sent) -> Json:
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_id,
        "name": "SECRET name",
        "kind": 3,
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": attributes_json(span.attributes),
        "status": {"code": 2 if span.is_error else 0},
    }


def attributes_json(attributes: Mapping[str, object]) -> list[Json]:
    return [{"key": name, "value": value_json(value)} for name, value in attributes.items()]


def value_json(value: object) -> Json:
    if isinstance(value, list):
        return {"arrayValue": {"values": [value_json(each) for each in value]}}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


def as_protobuf(spans: Sequence[Sent], resource: Mapping[str, object] | None = None) -> bytes:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.extend(attributes_protobuf(resource or {}))
    for span in spans:
        scope_spans = resource_spans.scope_spans.add()
        scope_spans.scope.name = span.scope
        added = scope_spans.spans.add(
            trace_id=bytes.fromhex(span.trace_id),
            span_id=bytes.fromhex(span.span_id),
            parent_span_id=bytes.fromhex(span.parent_id),
            name="SECRET name",
            start_time_unix_nano=span.start_ns,
            end_time_unix_nano=span.end_ns,
            attributes=attributes_protobuf(span.attributes),
        )
        added.status.code = 2 if span.is_error else 0
    return bytes(request.SerializeToString())


def attributes_protobuf(attributes: Mapping[str, object]) -> list[KeyValue]:
    return [KeyValue(key=name, value=value_protobuf(value)) for name, value in attributes.items()]


def value_protobuf(value: object) -> AnyValue:
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[value_protobuf(each) for each in value]))
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    return AnyValue(double_value=value) if isinstance(value, float) else AnyValue(string_value=str(value))
