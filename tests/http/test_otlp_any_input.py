"""Any body of OTLP, in JSON or protobuf, becomes spans and named problems, or is refused: never an error of ours."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import FieldProblem, InvalidInput, Problems
from shared.domain.metering.events import parse_events
from shared.domain.metering.span_events import events_of
from shared.domain.metering.spans import Span
from shared.http.metering import otlp_json, otlp_protobuf
from tests.otlp import CALL, Sent, as_json, as_protobuf, call

SPANS = [
    call(1),
    Sent(span_id="b" * 16, parent_id=f"{1:016x}", attributes={**CALL, "gwi.tags.a": ["x", 1, True]}),
]
NAMES = st.sampled_from(
    [
        *("resourceSpans", "resource", "scopeSpans", "scope", "spans", "attributes", "key", "value", "name"),
        *("traceId", "spanId", "parentSpanId", "startTimeUnixNano", "endTimeUnixNano", "status", "code"),
        *("stringValue", "intValue", "doubleValue", "boolValue", "arrayValue", "kvlistValue", "values"),
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["gen_ai.operation.name", "gen_ai.usage.input_tokens", "chat", "5", 32 * "a", 16 * "b"])
    | st.text(max_size=4)
)
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of each value in a body."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for step, each in inner for place in places(each, (*path, step)))]


def replaced(body: object, path: tuple[str | int, ...], value: object) -> object:
    if not path:
        return value
    copy = json.loads(json.dumps(body))
    owner = copy
    for step in path[:-1]:
        owner = owner[step]
    owner[path[-1]] = value
    return copy


BODY = as_json(SPANS, {"gwi.tenant_id": "acme"})
ALMOST = st.builds(lambda path, value: replaced(BODY, path, value), st.sampled_from(places(BODY)), ANY_JSON)


def check(found: list[Span | FieldProblem]) -> None:
    events = events_of(found)
    problems = Problems()
    valid = parse_events([event.item for event in events.events], problems)
    reported = {problem.index for problem in problems.listed}
    assert problems.is_truncated or valid.keys() | reported == set(range(len(events.events)))


@given(ANY_JSON | ALMOST)
def test_any_json(body: object) -> None:
    try:
        found = otlp_json.parse(body)
    except InvalidInput:
        return
    check(found)


@given(st.binary(max_size=60), st.integers(0, len(as_protobuf(SPANS))), st.integers(0, 20))
def test_any_protobuf(inserted: bytes, at: int, dropped: int) -> None:
    body = as_protobuf(SPANS)
    try:
        found = otlp_protobuf.parse(body[:at] + inserted + body[at + dropped :])
    except InvalidInput:
        return
    check(found)


@pytest.mark.parametrize("spans", [SPANS, SPANS[:1], []])
def test_both_encodings_are_read_alike(spans: list[Sent]) -> None:
    resource = {"gwi.tenant_id": "acme", "service.name": "SECRET"}
    by_json = otlp_json.parse(as_json(spans, resource))
    assert by_json == otlp_protobuf.parse(as_protobuf(spans, resource))
    assert len(by_json) == len(spans)
