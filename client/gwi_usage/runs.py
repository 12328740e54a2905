"""A run of an agent: admitted with a budget, and ended after everything that it used is recorded."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypedDict

from gwi_usage import admissions, contexts
from gwi_usage.contexts import Context
from gwi_usage.core import Core
from gwi_usage.events import encoded
from gwi_usage.exchanges import Answer, Exchange, Request, run_path
from gwi_usage.outbox.batches import RunEnd

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

_MAX_ERROR_CHARS = 1000
_SHARED = ("tenant_id", "user_id", "workflow_id", "tags")


class Hold(TypedDict, total=False):
    """The dollars or tokens, or both, that a run sets aside, and for how long."""

    budget_usd: Decimal | str
    hold_tokens: int
    ttl_seconds: int


class RunOptions(Hold, total=False):
    """The budget of a run, and whom it is for. Without a budget, a run begins without being asked for."""

    estimate: Mapping[str, object]
    own_usd: Decimal | str
    own_tokens: int
    tenant_id: str
    user_id: str
    workflow_id: str
    tags: Mapping[str, str]


class Run:
    """A run, whose block is entered with `with` or `async with`. A run inside another one is its child."""

    def __init__(self, core: Core, run_id: str | None, options: RunOptions) -> None:
        self.id = run_id or f"run-{secrets.token_hex(12)}"
        self._core = core
        self._budget = {name: value for name, value in options.items() if name not in _SHARED}
        shared: dict[str, Any] = {name: value for name, value in options.items() if name in _SHARED}
        outer = contexts.current()
        self._parent = outer.run_id if outer.is_admitted else None
        self._context = Context(
            **shared, run_id=self.id, parent_run_id=outer.run_id, is_admitted=bool(self._budget)
        ).within(outer)
        self._block: AbstractContextManager[object] | None = None
        self.hold: Mapping[str, Any] = {}
        """The hold, as the service answered; empty without a budget."""

    def __enter__(self) -> Self:
        if self._budget:
            self._admitted(self._core.run(self._decide("/v1/runs", self._admission())))
        self._enter_block()
        return self

    async def __aenter__(self) -> Self:
        if self._budget:
            self._admitted(await self._core.run_async(self._decide("/v1/runs", self._admission())))
        self._enter_block()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._core.harmless("end of a run"):
            self._leave_block(error)
            self._core.run(self._core.sending())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._core.harmless("end of a run"):
            self._leave_block(error)
            await self._core.run_async(self._core.sending())

    def extend(self, **hold: Unpack[Hold]) -> None:
        """Ask for new totals of the hold; raise RunRefused if there is no room for them."""
        self._admitted(self._core.run(self._decide(run_path(self.id, "extend"), hold)))

    async def aextend(self, **hold: Unpack[Hold]) -> None:
        """Ask for new totals of the hold; raise RunRefused if there is no room for them."""
        self._admitted(await self._core.run_async(self._decide(run_path(self.id, "extend"), hold)))

    def _decide(self, path: str, content: Mapping[str, Any]) -> Exchange[Answer]:
        request = Request(path=path, body=encoded(content), tenant_id=self._context.tenant_id or "")
        return admissions.decide(request, 2 * self._core.settings.timeout)

    def _admission(self) -> dict[str, Any]:
        names = ("user_id", "workflow_id", "tags")
        shared = {name: value for name, value in self._context.fields().items() if name in names}
        parent = {"parent_run_id": self._parent} if self._parent else {}
        return {"run_id": self.id, **parent, **shared, **self._budget}

    def _admitted(self, answer: Answer) -> None:
        hold = answer.content.get("hold")
        self.hold = hold if isinstance(hold, dict) else {}

    def _enter_block(self) -> None:
        self._block = contexts.entered(self._context)
        self._block.__enter__()

    def _leave_block(self, error: BaseException | None) -> None:
        """Keep the end of the run, which is sent after all that was tracked before."""
        try:
            self._keep_end(error)
        finally:
            if self._block:
                self._block.__exit__(None, None, None)

    def _keep_end(self, error: BaseException | None) -> None:
        status = "failed" if error else "completed"
        text = f"{type(error).__name__}: {error}"[:_MAX_ERROR_CHARS] if error else None
        if not self._budget:
            event = {"category": "other", "provider": "gwi-usage", "model": "run", "kind": f"run.{status}"}
            metadata = {"metadata": {"error": text}} if text else {}
            self._core.keep({**self._context.fields(), **event, **metadata})
            return
        end = {"status": status, **({"error": text} if text else {})}
        self._core.end_run(RunEnd(tenant_id=self._context.tenant_id or "", run_id=self.id, body=encoded(end)))
