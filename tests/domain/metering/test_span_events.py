"""Spans as events: a pure function of each span, for any attributes and any order; runs by what is above a span."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import FieldProblem, Problems
from shared.domain.metering.events import EnvelopedEvent, parse_events
from shared.domain.metering.span_attributes import is_read
from shared.domain.metering.span_events import SpanEvent, events_of
from shared.domain.metering.spans import Span, step_kind

NOON_NS = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()) * 10**9
CALL: Mapping[str, object] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4.1-mini",
    "gen_ai.usage.input_tokens": 1200,
}
AGENT = {"gen_ai.operation.name": "invoke_agent"}
WORKFLOW = {"gen_ai.operation.name": "invoke_workflow"}
OTHER: Mapping[str, object] = {}
TRACE = 32 * "a"


def span(span_id: str, parent_id: str = "", attributes: Mapping[str, object] = CALL, **fields: Any) -> Span:
    times = {"start_ns": NOON_NS - 10**9, "end_ns": NOON_NS}
    known = {"trace_id": TRACE, "is_error": False, "scope": "tests", **times}
    return Span(span_id=span_id, parent_id=parent_id, attributes=attributes, **{**known, **fields})


def data_of(event: SpanEvent) -> dict[str, Any]:
    assert isinstance(event.item, EnvelopedEvent)
    assert isinstance(event.item.data, dict)
    return event.item.data


def runs(*spans: Span) -> dict[str, tuple[object, object]]:
    """Return the run and its parent of each event, by the id of its span."""
    found = {}
    for event in events_of(spans).events:
        data = data_of(event)
        found[spans[event.span].span_id] = (data["run_id"], data.get("parent_run_id"))
    return found


VALUES = st.one_of(
    *(st.text(max_size=6), st.integers(-(2**63), 2**63 - 1), st.floats(), st.booleans()),
    st.lists(st.integers(0, 3), max_size=3).map(tuple),
    st.none(),
)
NAMES = st.sampled_from(
    [
        *("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.system", "gen_ai.request.model"),
        *(
            "gen_ai.response.model",
            "gen_ai.response.id",
            "gen_ai.usage.input_tokens",
            "llm.usage.total_tokens",
        ),
        *("gen_ai.usage.output_tokens", "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read"),
        *(
            "gen_ai.usage.",
            "gen_ai.usage.a..b",
            "gen_ai.usage.cost",
            "gwi.tenant_id",
            "gwi.user_id",
            "gwi.run_id",
        ),
        *("gwi.parent_run_id", "gwi.tags.a", "gwi.tags.", "llm.request.type", "traceloop.span.kind"),
        *("logfire.span_type", "openai.response.service_tier", "gen_ai.tool.name", "gen_ai.agent.name"),
    ]
)
OPERATIONS = st.sampled_from(
    [
        *(
            {"gen_ai.operation.name": name}
            for name in ("chat", "execute_tool", "invoke_agent", "invoke_workflow")
        ),
        {},
    ]
)
ATTRIBUTES = st.builds(
    lambda some, operation: {**some, **operation}, st.dictionaries(NAMES, VALUES), OPERATIONS
)
IDS = st.sampled_from([16 * digit for digit in "123456"])
SPANS = st.builds(
    lambda span_id, parent_id, attributes, times: span(
        span_id, parent_id, attributes, start_ns=times[0], end_ns=times[1]
    ),
    *(IDS, IDS | st.just(""), ATTRIBUTES, st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))),
)


@given(st.lists(SPANS, max_size=8))
def test_any_spans_become_valid_events_or_named_problems(spans: list[Span]) -> None:
    found = events_of(spans)
    assert found.ignored + len({event.span for event in found.events}) == len(spans)
    problems = Problems()
    valid = parse_events([event.item for event in found.events], problems)
    invalid = {problem.index for problem in problems.listed}
    assert valid.keys() | invalid == set(range(len(found.events))) or problems.is_truncated


@given(st.lists(SPANS, max_size=8, unique_by=lambda each: each.span_id), st.randoms(use_true_random=False))
def test_the_order_of_spans_changes_nothing(spans: list[Span], random: Any) -> None:
    mixed = random.sample(spans, len(spans))
    before, after = ({event.id: event.item for event in events_of(each).events} for each in (spans, mixed))
    assert repr(sorted(before.items(), key=repr)) == repr(sorted(after.items(), key=repr))


@given(st.lists(SPANS, max_size=8, unique_by=lambda each: each.span_id))
def test_a_span_is_the_same_event_beside_any_others(spans: list[Span]) -> None:
    """Its run may differ, as the agents above it are known or not; the first stands."""
    together = {event.id: event.item for event in events_of(spans).events}
    alone = {event.id: event.item for each in spans for event in events_of([each]).events}
    assert together.keys() <= alone.keys()
    for event_id, item in together.items():
        other = alone[event_id]
        assert isinstance(item, EnvelopedEvent)
        assert isinstance(other, EnvelopedEvent)
        assert item.fingerprint == other.fingerprint


def test_each_attribute_that_is_read_is_part_of_the_fingerprint() -> None:
    fingerprints = {
        event.item.fingerprint
        for changed in ({}, {"gen_ai.usage.input_tokens": 1}, {"gwi.user_id": "ann"}, {"gwi.run_id": "r"})
        for event in events_of([span("1" * 16, attributes={**CALL, **changed})]).events
        if isinstance(event.item, EnvelopedEvent)
    }
    assert len(fingerprints) == 4


@pytest.mark.parametrize(
    "name",
    [
        *("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.prompt", "gen_ai.completion"),
        *(
            "gen_ai.prompt.0.content",
            "gen_ai.tool.call.arguments",
            "gen_ai.tool.call.result",
            "gen_ai.system_instructions",
        ),
        *(
            "traceloop.entity.input",
            "traceloop.entity.output",
            "events",
            "all_messages_events",
            "llm.prompts",
        ),
        *("request_data", "response_data", "gen_ai.choice", "gen_ai.tool.definitions"),
    ],
)
def test_contents_are_not_read(name: str) -> None:
    assert not is_read(name)


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        (CALL, "llm"),
        ({"gen_ai.operation.name": "generate_content"}, "llm"),
        ({"gen_ai.operation.name": "embeddings"}, "llm"),
        ({"llm.request.type": "chat", "gen_ai.system": "OpenAI"}, "llm"),
        ({**CALL, "gen_ai.operation.name": "an operation of tomorrow"}, "llm"),
        ({"gen_ai.operation.name": "execute_tool"}, "tool"),
        ({"traceloop.span.kind": "tool"}, "tool"),
        (AGENT, "agent"),
        ({"traceloop.span.kind": "agent"}, "agent"),
        ({**CALL, "gen_ai.operation.name": "invoke_agent"}, "agent"),
        (WORKFLOW, "workflow"),
        ({"traceloop.span.kind": "workflow"}, "workflow"),
        ({"traceloop.span.kind": "task"}, None),
        ({"gen_ai.operation.name": "create_agent"}, None),
        ({"gen_ai.operation.name": "an operation of tomorrow"}, None),
        ({"gen_ai.usage.input_tokens": 5}, None),
        ({"gen_ai.operation.name": ("chat",), "llm.request.type": ("chat",)}, None),
        ({**CALL, "logfire.span_type": "pending_span"}, None),
        (OTHER, None),
    ],
)
def test_the_kind_of_a_step_is_that_of_its_operation(
    attributes: Mapping[str, object], kind: str | None
) -> None:
    assert step_kind(span("1" * 16, attributes=attributes)) == kind


def test_logfires_span_of_a_stream_is_left_to_its_log() -> None:
    bare = {name: value for name, value in CALL.items() if not name.startswith("gen_ai.usage.")}
    opened = span("1" * 16, attributes={**bare, "logfire.span_type": "span"}, scope="logfire.openai")
    assert step_kind(opened) is None
    assert step_kind(replace(opened, is_error=True)) == "llm"
    assert step_kind(replace(opened, scope="pydantic-ai")) == "llm"
    assert step_kind(replace(opened, attributes={**CALL, "logfire.span_type": "log"})) == "llm"


def test_the_run_of_a_span_is_its_trace_or_the_nearest_nested_agent() -> None:
    assert runs(
        span("1", attributes=AGENT),
        span("2", "1"),
        span("3", "1", OTHER),
        span("4", "3", AGENT),
        span("5", "4", WORKFLOW),
        span("6", "5"),
        span("7", "6", AGENT),
        span("8", "gone"),
    ) == {
        "1": (TRACE, None),
        "2": (TRACE, None),
        "4": (f"{TRACE}.4", TRACE),
        "6": (f"{TRACE}.4", None),
        "7": (f"{TRACE}.7", f"{TRACE}.4"),
        "8": (TRACE, None),
    }


def test_a_span_names_its_own_run_and_the_run_above() -> None:
    named = {**AGENT, "gen_ai.agent.call.id": "call-1"}
    child = {**AGENT, "gwi.run_id": "child", "gwi.parent_run_id": "boss"}
    assert runs(span("1", attributes=named), span("2", "1"), span("3", "1", child), span("4", "3")) == {
        "1": ("call-1", None),
        "2": ("call-1", None),
        "3": ("child", "boss"),
        "4": ("child", None),
    }


@pytest.mark.parametrize("attributes", [AGENT, WORKFLOW, CALL, OTHER])
def test_spans_that_are_their_own_parents_end(attributes: Mapping[str, object]) -> None:
    assert (
        len(
            events_of(
                [span("1", "1", attributes), span("2", "3", attributes), span("3", "2", attributes)]
            ).events
        )
        <= 6
    )


def test_a_chain_of_10_000_spans_is_followed_once() -> None:
    chain = [span(str(number), str(number + 1), WORKFLOW) for number in range(10_000)]
    assert events_of([*chain, span("call", "0")]).ignored == 10_000 - 1


def test_a_call_that_two_libraries_report_counts_once() -> None:
    answered = {**CALL, "gen_ai.response.id": "chatcmpl-1"}
    outer = span("1", attributes=answered, scope="pydantic-ai", start_ns=NOON_NS - 3)
    inner = span("2", "1", answered, scope="openai", start_ns=NOON_NS - 2)
    twice = span("3", "1", answered, scope="pydantic-ai", start_ns=NOON_NS - 1)
    for spans in ([outer, inner, twice], [twice, inner, outer]):
        found = events_of(spans)
        assert sorted(str(event.id)[-1] for event in found.events) == ["1", "3"]
        assert found.ignored == 1
    bare = replace(outer, attributes={name: each for name, each in answered.items() if "usage" not in name})
    (kept,) = events_of([bare, inner]).events
    assert str(kept.id).endswith(".2"), "the report with usage"
    elsewhere = replace(inner, trace_id=32 * "b")
    assert len(events_of([outer, elsewhere]).events) == 2


def test_an_agent_without_a_beginning_has_an_end_alone() -> None:
    (end,) = events_of([span("1", attributes=AGENT, start_ns=0)]).events
    assert (data_of(end)["status"], end.id) == ("completed", f"otlp.{TRACE}.1")
    began, failed = events_of([span("1", attributes=AGENT, is_error=True)]).events
    assert (data_of(began)["status"], data_of(failed)["status"]) == ("started", "failed")
    assert data_of(began)["ts"] < data_of(failed)["ts"]


def test_a_clock_that_went_back_has_no_latency() -> None:
    (event,) = events_of([span("1", start_ns=NOON_NS + 1)]).events
    assert "latency_ms" not in data_of(event)


def test_the_problem_of_a_span_keeps_its_place() -> None:
    problem = FieldProblem(field="traceId", code="malformed_span", message="traceId: must be …")
    found = events_of([span("1"), problem, span("2", attributes=OTHER)])
    assert [(event.span, event.item is problem) for event in found.events] == [(0, False), (1, True)]
    assert found.ignored == 1
