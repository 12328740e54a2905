"""Spans of OpenTelemetry, as far as metering reads them, and the kinds of step that they report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from shared.domain.metering.span_attributes import (
    ENTITY_KIND,
    LOGFIRE_TYPE,
    OPERATION,
    REQUEST_MODEL,
    REQUEST_TYPE,
    RESPONSE_MODEL,
    USAGE,
    first_of,
)

StepKind = Literal["llm", "tool", "agent", "workflow"]

_KIND_OF_OPERATION: Final[Mapping[str, StepKind | None]] = {
    **dict.fromkeys(("chat", "text_completion", "completion", "generate_content", "responses"), "llm"),
    **dict.fromkeys(("embeddings", "embedding", "rerank", "image", "audio"), "llm"),
    **dict.fromkeys(("execute_tool", "tools"), "tool"),
    **dict.fromkeys(("invoke_agent", "agent"), "agent"),
    "invoke_workflow": "workflow",
    # These repeat the usage of the calls below them, or make no call.
    **dict.fromkeys(("create_agent", "execute_task", "framework", "plan", "retrieval", "vectordb"), None),
}
_KIND_OF_ENTITY: Final[Mapping[str, StepKind | None]] = {
    "workflow": "workflow",
    "agent": "agent",
    "tool": "tool",
    "task": None,
}
_REQUEST_TYPES: Final = frozenset({"chat", "completion", "embedding", "rerank"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A span that has ended. Its attributes are those that are read, over those of its resource."""

    trace_id: str
    span_id: str
    parent_id: str
    """Empty if it has no parent."""
    start_ns: int
    end_ns: int
    is_error: bool
    scope: str
    """The name of the library that made it."""
    attributes: Mapping[str, object]

    @property
    def key(self) -> tuple[str, str]:
        """The ids that name it: those of spans are unique within their trace."""
        return self.trace_id, self.span_id


def step_kind(span: Span) -> StepKind | None:
    """Return the kind of step that a span reports; None if it reports none that is metered."""
    attributes = span.attributes
    if _is_reported_by_another(span):
        return None
    operation, entity = attributes.get(OPERATION), attributes.get(ENTITY_KIND)
    if isinstance(operation, str) and operation in _KIND_OF_OPERATION:
        return _KIND_OF_OPERATION[operation]
    if isinstance(entity, str) and entity in _KIND_OF_ENTITY:
        return _KIND_OF_ENTITY[entity]
    is_request = isinstance(kind := attributes.get(REQUEST_TYPE), str) and kind in _REQUEST_TYPES
    # A new operation must never need a release.
    names_model = first_of(attributes, (*REQUEST_MODEL, *RESPONSE_MODEL)) is not None
    return "llm" if is_request or (names_model and states_usage(span)) else None


def states_usage(span: Span) -> bool:
    """Return whether a span states what was used."""
    return any(name.startswith(USAGE) for name in span.attributes)


def _is_reported_by_another(span: Span) -> bool:
    """Return whether Logfire makes another span for the same step.

    It copies spans that have not ended. Of a stream it ends the span at the first token, and states the usage in a
    log, which is a span too.
    """
    kind = span.attributes.get(LOGFIRE_TYPE)
    is_stream = kind == "span" and span.scope.startswith("logfire.") and not span.is_error
    return kind == "pending_span" or (
        is_stream and not any(name.startswith(USAGE) for name in span.attributes)
    )
