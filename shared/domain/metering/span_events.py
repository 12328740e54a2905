"""Spans of OpenTelemetry as metering events: a call is one event, and an agent's run has one for each of its ends."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from shared.domain.errors import FieldProblem
from shared.domain.metering.events import EnvelopedEvent
from shared.domain.metering.responses.span_format import SPAN_FORMAT, SPAN_USAGE
from shared.domain.metering.span_attributes import (
    AGENT_NAME,
    PARENT_RUN,
    PROVIDER,
    REQUEST_MODEL,
    RESPONSE_ID,
    RESPONSE_MODEL,
    RUN,
    SERVICE_TIER,
    TAG,
    TENANT,
    TOOL_NAME,
    TOTAL_TOKENS,
    USAGE,
    USER,
    WORKFLOW,
    first_of,
)
from shared.domain.metering.span_runs import SpanRun, SpanRuns
from shared.domain.metering.spans import Span, states_usage, step_kind

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_MS: Final = 1_000_000
_NS_PER_US: Final = 1_000
_MAX_REQUEST_ID_CHARS: Final = 256
_OWN_ESTIMATES: Final = frozenset({"cost", "total_cost", "input_cost", "output_cost"})
"""Of instrumentations, which write 0 where they do not know a price."""
_SPENDER: Final = {"tenant_id": TENANT, "user_id": USER, "workflow_id": WORKFLOW}
_NAMES: Final = {field: names[0] for field, names in _SPENDER.items()} | {
    "id": "spanId",
    "ts": "endTimeUnixNano",
    "provider": PROVIDER[0],
    "model": REQUEST_MODEL[0],
    "response": SPAN_USAGE,
    "run_id": RUN[0],
    "parent_run_id": PARENT_RUN[0],
    "tags": TAG.removesuffix("."),
}
"""The attributes by which problems name the fields of events."""
_Fields = dict[str, Any]


class SpanEvent(NamedTuple):
    """An event, or the problem of a span that cannot be read, with the index of its span and the id of the event."""

    item: EnvelopedEvent | FieldProblem
    span: int
    id: str | None


@dataclass(frozen=True, slots=True)
class SpanEvents:
    """The events of spans, and how many spans report nothing that is metered."""

    events: Sequence[SpanEvent]
    ignored: int


def events_of(spans: Sequence[Span | FieldProblem]) -> SpanEvents:
    """Return the events of the spans of a request, which may be in any order."""
    readable = [span for span in spans if isinstance(span, Span)]
    runs, repeated = SpanRuns(readable), _repeated(readable)
    events: list[SpanEvent] = []
    ignored = 0
    for index, span in enumerate(spans):
        before = len(events)
        if isinstance(span, FieldProblem):
            events.append(SpanEvent(span, index, None))
        elif span.key not in repeated:
            events += [
                SpanEvent(_enveloped(span, fields), index, fields["id"]) for fields in _events(span, runs)
            ]
        ignored += len(events) == before
    return SpanEvents(events, ignored)


def _events(span: Span, runs: SpanRuns) -> Iterator[_Fields]:
    kind = step_kind(span)
    if kind is None:
        return
    run = runs.of(span)
    fields = _of_any(span, run)
    if kind == "llm":
        yield {**fields, **_call(span)}
    elif kind == "tool":
        yield {**fields, **_tool(span)}
    elif kind == "agent" or not run.is_nested:
        yield from ({**fields, **end} for end in _ends_of_run(span))


def _repeated(spans: Sequence[Span]) -> set[tuple[str, str]]:
    """Return the spans of calls that another library reports too: that which began first knows most of its caller.

    The SDKs of providers make spans of their own, besides those of whoever instruments them. A report with usage is
    kept before one without.
    """
    calls: dict[tuple[str, object], list[Span]] = {}
    for span in spans:
        response_id = first_of(span.attributes, RESPONSE_ID)
        if response_id and step_kind(span) == "llm":
            calls.setdefault((span.trace_id, response_id[1]), []).append(span)
    repeated: set[tuple[str, str]] = set()
    for reports in calls.values():
        first = min(reports, key=lambda span: (not states_usage(span), span.start_ns, span.scope))
        repeated |= {span.key for span in reports if span.scope != first.scope}
    return repeated


def _of_any(span: Span, run: SpanRun) -> _Fields:
    """Return the fields that the events of all kinds have."""
    fields: _Fields = {"id": event_id(span), "ts": _time(span.end_ns), "run_id": run.run_id}
    if run.parent_run_id is not None:
        fields["parent_run_id"] = run.parent_run_id
    for field, names in _SPENDER.items():
        if found := first_of(span.attributes, names):
            fields[field] = _as_text(found[1])
    tags = {name.removeprefix(TAG): value for name, value in span.attributes.items() if name.startswith(TAG)}
    if tags:
        fields["tags"] = {name: _as_text(value) for name, value in tags.items()}
    return fields


def _enveloped(span: Span, fields: _Fields) -> EnvelopedEvent:
    """Return the event. The content of its span identifies it: its run may depend on the spans beside it."""
    return EnvelopedEvent(data=fields, identity=None, names=_NAMES, fingerprint=_fingerprint(span))


def event_id(span: Span) -> str:
    """Return the id of a span's event, by which a span that is sent again counts once."""
    return f"otlp.{span.trace_id}.{span.span_id}"


def _call(span: Span) -> _Fields:
    attributes = span.attributes
    found = {
        "provider": first_of(attributes, PROVIDER),
        "model": first_of(attributes, REQUEST_MODEL) or first_of(attributes, RESPONSE_MODEL),
        "request_id": first_of(attributes, RESPONSE_ID),
    }
    fields: _Fields = {name: each[1] for name, each in found.items() if each}
    if not _is_request_id(fields.get("request_id")):
        fields.pop("request_id", None)
    fields |= {"category": "llm", **_outcome(span)}
    if usage := _usage(attributes):
        fields |= {"response": _response(span, usage), "response_format": SPAN_FORMAT}
    return fields


def _tool(span: Span) -> _Fields:
    provider, name = first_of(span.attributes, PROVIDER), first_of(span.attributes, TOOL_NAME)
    return {
        "category": "tool",
        "provider": provider[1] if provider else "tool",
        "model": name[1] if name else "tool",
        **_outcome(span),
    }


def _ends_of_run(span: Span) -> Iterator[_Fields]:
    """Yield the beginning and the end of a run. Its usage is left to the spans of its calls, which state it too."""
    name = first_of(span.attributes, AGENT_NAME)
    fields: _Fields = {"category": "other", "provider": "agent", "model": name[1] if name else "agent"}
    if span.start_ns:
        began = {"id": f"{event_id(span)}.start", "ts": _time(span.start_ns)}
        yield {**fields, **began, "status": "started"}
    yield {**fields, "status": "failed" if span.is_error else "completed"}


def _outcome(span: Span) -> _Fields:
    fields: _Fields = {"status": "error" if span.is_error else "ok"}
    if 0 < span.start_ns <= span.end_ns:
        fields["latency_ms"] = (span.end_ns - span.start_ns) // _NS_PER_MS
    return fields


def _response(span: Span, usage: _Fields) -> _Fields:
    response: _Fields = {SPAN_USAGE: usage, "scope": span.scope}
    if served := first_of(span.attributes, RESPONSE_MODEL):
        response["model"] = served[1]
    if tier := first_of(span.attributes, SERVICE_TIER):
        response["service_tier"] = tier[1]
    return response


def _usage(attributes: Mapping[str, object]) -> _Fields:
    """Return the usage attributes as an object, in which `cache_read.input_tokens` is a path."""
    usage: _Fields = {}
    for name, value in attributes.items():
        path = name.removeprefix(USAGE)
        if path == name or path in _OWN_ESTIMATES:
            continue
        outer, dot, inner = path.partition(".")
        details = usage.setdefault(outer, {}) if dot else None
        if isinstance(details, dict):
            details[inner] = value
        else:
            usage[path] = value
    if (total := attributes.get(TOTAL_TOKENS)) is not None:
        usage.setdefault("total_tokens", total)
    return usage


def _is_request_id(value: object) -> bool:
    """Return whether a response's id can be stored. One that cannot is no reason to lose its usage."""
    return isinstance(value, str) and value.isprintable() and len(value) <= _MAX_REQUEST_ID_CHARS


def _as_text(value: object) -> object:
    """Return a number as text: users and tenants often have numbers."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _time(nanoseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=nanoseconds // _NS_PER_US)


def _fingerprint(span: Span) -> str:
    content = (span.parent_id, span.start_ns, span.end_ns, span.is_error, sorted(span.attributes.items()))
    return blake2b(repr(content).encode(), digest_size=16).hexdigest()
