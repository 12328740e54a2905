"""OTLP in protobuf. Imported by the first such request, because others need not wait for it."""

from collections.abc import Iterable, Iterator
from typing import Final

from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtobufSpan

from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.metering.span_attributes import is_read
from shared.domain.metering.spans import Span
from shared.http.metering.otlp_spans import STATUS_ERROR, RawSpan, checked

_SCALARS: Final = frozenset({"string_value", "bool_value", "int_value", "double_value"})


def parse(body: bytes) -> list[Span | FieldProblem]:
    """Return the spans of a request, with a FieldProblem for each that is malformed."""
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        message = f"the body is no ExportTraceServiceRequest in protobuf: {error}"
        raise InvalidInput(message, code="malformed_protobuf") from error
    return list(_spans(request))


def response(rejected: int, message: str) -> bytes:
    """Return a successful response; without any problem it is empty."""
    answer = ExportTraceServiceResponse()
    if rejected or message:
        answer.partial_success.rejected_spans = rejected
        answer.partial_success.error_message = message
    return bytes(answer.SerializeToString())


def status(code: int, message: str) -> bytes:
    """Return the body of an error."""
    return bytes(Status(code=code, message=message).SerializeToString())


def _spans(request: ExportTraceServiceRequest) -> Iterator[Span | FieldProblem]:
    for resource_spans in request.resource_spans:
        of_resource = _attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            scope = scope_spans.scope.name
            for span in scope_spans.spans:
                yield checked(_raw(span), scope, of_resource)


def _raw(span: ProtobufSpan) -> RawSpan:
    return RawSpan(
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.status.code == STATUS_ERROR,
        _attributes(span.attributes),
    )


def _attributes(attributes: Iterable[KeyValue]) -> dict[str, object]:
    return {each.key: _value(each.value) for each in attributes if is_read(each.key)}


def _value(value: AnyValue) -> object:
    """Return a value; an array as a tuple of its scalars, anything else as its kind alone."""
    kind = value.WhichOneof("value")
    if kind in _SCALARS:
        return getattr(value, kind)
    if kind == "array_value":
        return tuple(
            _value(each) for each in value.array_value.values if each.WhichOneof("value") in _SCALARS
        )
    return kind and f"<{kind}>"
