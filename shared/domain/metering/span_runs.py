"""The runs of spans: a trace is a run, and an agent that another agent called is a child run.

A span knows the id of its parent alone, and the spans above it end, and arrive, after it. So only those of the same
request are known, unless the span itself names its run.
"""

from collections.abc import Sequence
from typing import NamedTuple

from shared.domain.metering.span_attributes import PARENT_RUN, RUN, first_of
from shared.domain.metering.spans import Span, step_kind

_Key = tuple[str, str]


class SpanRun(NamedTuple):
    """The run of a span, and the run of the agent above it if that is another one."""

    run_id: object
    parent_run_id: object | None
    is_nested: bool
    """Whether an agent or a workflow is above the span."""


class SpanRuns:
    """Finds the runs of the spans of a request."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = {span.key: span for span in spans}
        kinds = {key: step_kind(span) for key, span in self._spans.items()}
        self._agents = {key for key, kind in kinds.items() if kind == "agent"}
        self._callers = self._agents | {key for key, kind in kinds.items() if kind == "workflow"}
        self._caller_of: dict[_Key, Span | None] = {}
        self._run_of: dict[_Key, object] = {}

    def of(self, span: Span) -> SpanRun:
        """Return the run of a span, by its own attributes, or else by the agents above it."""
        run_id, caller = self._find_run(span), self._find_caller(span)
        named = first_of(span.attributes, PARENT_RUN)
        above = self._find_run(caller) if caller else None
        parent = named[1] if named else above
        return SpanRun(run_id, None if parent == run_id else parent, caller is not None)

    def _find_run(self, span: Span) -> object:
        passed: set[_Key] = set()
        current = span
        while (found := self._run_of.get(current.key) or self._own_run(current)) is None:
            passed.add(current.key)
            caller = self._find_caller(current)
            if caller is None or caller.key in passed:
                found = span.trace_id
                break
            current = caller
        self._run_of |= dict.fromkeys((*passed, current.key), found)
        return found

    def _own_run(self, span: Span) -> object | None:
        """Return the run that a span names, or that it is itself; None if its run is that of its caller."""
        if named := first_of(span.attributes, RUN):
            return named[1]
        is_child = span.key in self._agents and self._find_caller(span) is not None
        return f"{span.trace_id}.{span.span_id}" if is_child else None

    def _find_caller(self, span: Span) -> Span | None:
        """Return the nearest agent or workflow above a span. Broken spans may be their own parents."""
        passed: set[_Key] = set()
        current, found = span, None
        while current.key not in passed and current.key not in self._caller_of:
            passed.add(current.key)
            parent = self._spans.get((current.trace_id, current.parent_id))
            if parent is None:
                break
            if parent.key in self._callers:
                found = parent
                break
            current = parent
        else:
            found = self._caller_of.get(current.key)
        self._caller_of |= dict.fromkeys(passed, found)
        return found
