"""The callback that LiteLLM and its proxy call before and after each call of a model."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litellm.integrations.custom_logger import CustomLogger

from gwi_usage import contexts
from gwi_usage.admissions import Check
from gwi_usage.contexts import Context
from gwi_usage.errors import GwiError
from gwi_usage.litellm import calls
from gwi_usage.litellm.callers import caller_of
from gwi_usage.litellm.calls import Times
from gwi_usage.meter import Meter

_CONTEXT = "gwi_usage_context"
_MAX_TOLD = 10_000


class CallRefused(GwiError):
    """A call that was not made, because a limit, a budget or a run has nothing left for it.

    LiteLLM's proxy answers with its status, its message and its `provider_specific_fields`.
    """

    def __init__(self, check: Check) -> None:
        code = check.code or "refused"
        self.check = check
        self.message = f"{check.reason or 'GWI Usage refused the call.'} ({code})"
        self.status_code = 402 if check.decided else 503
        self.provider_specific_fields = {"code": code}
        super().__init__(self.message)


class UsageLogger(CustomLogger):
    """Records the calls of LiteLLM with a meter: `litellm.callbacks = [UsageLogger(meter)]`.

    With `enforces`, calls are checked before they are made: those of the proxy, and coroutines such as `acompletion`.
    LiteLLM has no hook that could stop `completion`.
    """

    def __init__(self, meter: Meter, *, enforces: bool = False) -> None:
        super().__init__()
        self._meter, self._enforces = meter, enforces
        self._told: OrderedDict[tuple[object, ...], None] = OrderedDict()
        self._lock = threading.Lock()

    async def async_pre_call_hook(
        self, user_api_key_dict: object, cache: object, data: dict[str, Any], call_type: str
    ) -> None:
        """Check a request to the proxy, before it chooses who serves the model."""
        await self._check(data)

    async def async_pre_call_deployment_hook(self, kwargs: dict[str, Any], call_type: object) -> None:
        """Check a call of a coroutine, unless the proxy has checked it."""
        if not kwargs.get("proxy_server_request"):
            await self._check(kwargs)

    def log_pre_api_call(self, model: str, messages: object, kwargs: dict[str, Any]) -> None:
        """Keep the context of the agent: LiteLLM logs the end of a stream in a thread of its own."""
        kwargs[_CONTEXT] = contexts.current()

    def log_success_event(
        self, kwargs: dict[str, Any], response_obj: object, start_time: datetime, end_time: datetime
    ) -> None:
        self._record(kwargs, response_obj, Times(start_time, end_time))

    async def async_log_success_event(
        self, kwargs: dict[str, Any], response_obj: object, start_time: datetime, end_time: datetime
    ) -> None:
        self._record(kwargs, response_obj, Times(start_time, end_time))
        await self._send()

    def log_failure_event(
        self, kwargs: dict[str, Any], response_obj: object, start_time: datetime, end_time: datetime
    ) -> None:
        self._record_failure(kwargs, Times(start_time, end_time))

    async def async_log_failure_event(
        self, kwargs: dict[str, Any], response_obj: object, start_time: datetime, end_time: datetime
    ) -> None:
        self._record_failure(kwargs, Times(start_time, end_time))
        await self._send()

    async def _check(self, call: Mapping[str, Any]) -> None:
        """Raise CallRefused if nothing is left. While the service does not answer, calls are made."""
        if not self._enforces:
            return
        await self._send()
        with contexts.entered(caller_of(call)):
            check = await self._meter.acheck(tokens=1)
        if not check.allowed:
            raise CallRefused(check)

    def _record(self, details: Mapping[str, Any], response: object, times: Times) -> None:
        with self._harmless():
            if self._is_due(details, times, "answered"):
                self._track(details, calls.answered(details, response, times))

    def _record_failure(self, details: Mapping[str, Any], times: Times) -> None:
        with self._harmless():
            if not isinstance(details.get("exception"), CallRefused) and self._is_due(
                details, times, "failed"
            ):
                self._track(details, calls.failed(details, times))

    def _is_due(self, details: Mapping[str, Any], times: Times, outcome: str) -> bool:
        """Return whether a call is told for the first time; LiteLLM may tell it to a thread and to a coroutine.

        Its id alone does not say so, because a caller of the proxy may choose it, for all of its calls.
        """
        if not calls.is_call_of_model(details):
            return False
        call = (details.get("litellm_call_id"), times.began, outcome)
        with self._lock:
            if call in self._told:
                return False
            self._told[call] = None
            if len(self._told) > _MAX_TOLD:
                self._told.popitem(last=False)
        return True

    def _track(self, details: Mapping[str, Any], event: dict[str, Any]) -> None:
        kept = details.get(_CONTEXT)
        outer = kept if isinstance(kept, Context) else contexts.current()
        params = {**(details.get("litellm_params") or {}), "user": details.get("user")}
        with contexts.entered(outer), contexts.entered(caller_of(params)):
            self._meter.track(**event)

    async def _send(self) -> None:
        """Send what waits where calls are checked, because a check knows only what the service has."""
        if self._enforces and self._meter.pending:
            with self._harmless():
                await self._meter._core.run_async(self._meter._core.sending())

    def _harmless(self) -> Any:
        return self._meter._core.harmless("LiteLLM's callback")
