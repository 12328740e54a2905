"""The fields that the events of a block of code share: the tenant, the user, the workflow, the run and tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, kw_only=True)
class Context:
    """The values that an event takes over unless it states its own."""

    tenant_id: str | None = None
    user_id: str | None = None
    workflow_id: str | None = None
    run_id: str | None = None
    parent_run_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    is_admitted: bool = False
    """True if the run holds a budget, from which its children take theirs."""

    def fields(self) -> dict[str, object]:
        names = ("tenant_id", "user_id", "workflow_id", "run_id", "parent_run_id", "tags")
        return {name: value for name in names if (value := getattr(self, name))}

    def within(self, outer: Context) -> Context:
        """Add what the surrounding block states."""
        inner = {name: value for name, value in self.fields().items() if name != "tags"}
        is_admitted = self.is_admitted if self.run_id else outer.is_admitted
        tags = {**outer.tags, **self.tags}
        return replace(outer, **inner, tags=tags, is_admitted=is_admitted)  # type: ignore[arg-type]  # names of fields


_current: ContextVar[Context] = ContextVar("gwi_usage", default=Context())  # noqa: B039 - frozen


def current() -> Context:
    return _current.get()


@contextmanager
def entered(inner: Context) -> Iterator[Context]:
    """Make a context the current one of this thread or task, until the block ends."""
    outer = _current.get()
    _current.set(inner.within(outer))
    try:
        yield _current.get()
    finally:
        _current.set(outer)  # not by token: a generator may be closed in another context


@contextmanager
def context(
    *,
    tenant_id: str | None = None,
    user_id: str | None = None,
    workflow_id: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Attribute the events of a block; an inner block adds to an outer one.

    Only a platform key may name a tenant.
    """
    inner = Context(tenant_id=tenant_id, user_id=user_id, workflow_id=workflow_id, tags=tags or {})
    with entered(inner):
        yield
