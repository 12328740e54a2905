"""The spans of an OTLP request, whatever its encoding: their ids, times and those attributes that are read."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from shared.domain.errors import FieldProblem, shown
from shared.domain.metering.spans import Span

MAX_NANOSECONDS: Final = 2**64 - 1
STATUS_ERROR: Final = 2
_TRACE_ID: Final = re.compile("(?!0+$)[0-9a-f]{32}")
_SPAN_ID: Final = re.compile("(?!0+$)[0-9a-f]{16}")


class RawSpan(NamedTuple):
    """A span as it was sent, with its ids in hexadecimal."""

    trace_id: str
    span_id: str
    parent_id: str
    start_ns: int
    end_ns: int
    is_error: bool
    attributes: Mapping[str, object]


def checked(raw: RawSpan, scope: str, of_resource: Mapping[str, object]) -> Span | FieldProblem:
    """Return the span, whose own attributes hide those of its resource; a FieldProblem if its ids are malformed."""
    if not _TRACE_ID.fullmatch(raw.trace_id):
        return _problem("traceId", raw.trace_id, "16 bytes that are not all zero")
    if not _SPAN_ID.fullmatch(raw.span_id):
        return _problem("spanId", raw.span_id, "8 bytes that are not all zero")
    return Span(
        trace_id=raw.trace_id,
        span_id=raw.span_id,
        parent_id=raw.parent_id,
        start_ns=raw.start_ns,
        end_ns=raw.end_ns,
        is_error=raw.is_error,
        scope=scope,
        attributes={**of_resource, **raw.attributes},
    )


def _problem(field: str, value: object, expected: str) -> FieldProblem:
    return FieldProblem(
        field=field, code="malformed_span", message=f"{field}: must be {expected} (got {shown(value)})"
    )
