"""The callback that LiteLLM and its proxy call before and after each call of a model."""

from __future__ import annotations

import threading
import time
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
_MAX_SEEN = 10_000
_AWAY_SECONDS = 5.0
"""So long no call waits for a service that has not answered."""
_PAYMENT_REQUIRED, _FORBIDDEN, _TOO_MANY, _UNAVAILABLE = 402, 403, 429, 503


class CallRefused(GwiError):
    """A call that was not made, because a limit, a budget or a run has nothing left for it.

    LiteLLM's proxy answers with its status, its message and its `provider_specific_fields`.
    """

    def __init__(self, check: Check, status_code: int = _PAYMENT_REQUIRED) -> None:
        code = check.code or "refused"
        self.check, self.status_code = check, status_code
        self.message = f"{check.reason or 'GWI Usage refused the call.'} ({code})"
        self.provider_specific_fields = {"code": code}
        super().__init__(self.message)


class UsageLogger(CustomLogger):  # type: ignore[misc]  # mypy does not read LiteLLM
    """Records the calls of LiteLLM with a meter: `litellm.callbacks = [UsageLogger(meter)]`.

    With `enforces`, calls are checked before they are made: those of the proxy, and coroutines such as `acompletion`.
    LiteLLM has no hook that could stop `completion`.
    """

    def __init__(self, meter: Meter, *, enforces: bool = False) -> None:
        super().__init__()
        self._meter, self._enforces = meter, enforces
        self._seen: OrderedDict[tuple[object, ...], None] = OrderedDict()
        self._lock = threading.Lock()
        self._away_until = 0.0

    async def async_pre_call_hook(
        self, user_api_key_dict: object, cache: object, data: dict[str, Any], call_type: str
    ) -> None:
        """Check a request to the proxy, before it chooses who serves the model."""
        if refusal := await self._refusal(data):
            raise CallRefused(refusal, _status_of(refusal))

    async def async_pre_call_deployment_hook(self, kwargs: dict[str, Any], call_type: object) -> None:
        """Check a call of a coroutine, unless the proxy has checked it."""
        if not kwargs.get("proxy_server_request") and (refusal := await self._refusal(kwargs)):
            # LiteLLM's router takes 429 and 503 for failures of the deployment, which it would put aside.
            raise CallRefused(refusal)

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

    async def _refusal(self, call: Mapping[str, Any]) -> Check | None:
        """Return the check that refuses a call; None if it may be made, as while the service does not answer."""
        if not self._enforces or time.monotonic() < self._away_until:
            return None
        await self._send()
        with contexts.entered(caller_of(call)):
            check = await self._meter.acheck(tokens=1)
        if not check.answer:
            self._away_until = time.monotonic() + _AWAY_SECONDS
        return check if _refuses(check) else None

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
        """Return whether a call is reported for the first time; LiteLLM may report it to a thread and to a coroutine.

        Its id alone does not say so, because a caller of the proxy may choose it, for all of its calls.
        """
        if not calls.is_call_of_model(details):
            return False
        call = (details.get("litellm_call_id"), times.began, outcome)
        with self._lock:
            if call in self._seen:
                return False
            self._seen[call] = None
            if len(self._seen) > _MAX_SEEN:
                self._seen.popitem(last=False)
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


def _refuses(check: Check) -> bool:
    """Return whether a call must not be made; a suspended tenant or too many checks are an error of the service."""
    return not check.allowed or str(check.answer.get("status")).startswith("4")


def _status_of(refusal: Check) -> int:
    if refusal.decided:
        return _PAYMENT_REQUIRED
    status = refusal.answer.get("status")
    return status if status in (_FORBIDDEN, _TOO_MANY) else _UNAVAILABLE
