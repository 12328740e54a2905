"""Fixtures of the tests of LiteLLM's callback: the real `litellm`, which answers calls itself."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # read when litellm is imported

import litellm
from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

from gwi_usage import Meter
from gwi_usage.litellm import UsageLogger
from tests.service import Service

MESSAGES = [{"role": "user", "content": "Which plan?"}]
SECONDS = 20.0
_LISTS = (
    *("callbacks", "input_callback", "success_callback", "failure_callback"),
    *("_async_success_callback", "_async_failure_callback"),
)


class Agent:
    """Calls `litellm`, and waits until its calls are recorded: LiteLLM logs them in other threads and tasks."""

    def __init__(self, meter: Meter, service: Service, *, is_async: bool) -> None:
        self._meter, self._service, self._is_async = meter, service, is_async

    def chat(self, **options: Any) -> Any:
        """Make a call that LiteLLM answers itself, read its stream if it has one, and return the answer."""
        defaults = {"model": "openai/gpt-4.1-mini", "messages": MESSAGES, "mock_response": "Starter."}
        return self.call("completion", **{**defaults, **options})

    def call(self, function: str, owner: Any = litellm, **options: Any) -> Any:
        if self._is_async:
            return asyncio.run(self._call_async(getattr(owner, f"a{function}"), options))
        answer = getattr(owner, function)(**options)
        return list(answer) if options.get("stream") else answer

    async def _call_async(self, function: Callable[..., Any], options: dict[str, Any]) -> Any:
        try:
            answer = await function(**options)
            return [chunk async for chunk in answer] if options.get("stream") else answer
        finally:
            await asyncio.sleep(0.05)  # LiteLLM queues the log of a stream in a task
            await GLOBAL_LOGGING_WORKER.flush()

    def recorded(self, count: int = 1) -> list[dict[str, Any]]:
        """Return the events that the service has, as soon as there are so many."""
        until = time.monotonic() + SECONDS
        while self._kept() < count and time.monotonic() < until:
            time.sleep(0.01)
        self._meter.flush()
        return list(self._service.events.values())

    def _kept(self) -> int:
        return self._meter.pending + len(self._service.events)


@pytest.fixture(params=[False, True], ids=["thread", "coroutine"])
def agent(request: pytest.FixtureRequest, meter: Meter, service: Service) -> Agent:
    return Agent(meter, service, is_async=request.param)


@pytest.fixture(autouse=True)
def logger(meter: Meter) -> Iterator[UsageLogger]:
    """Records all calls; other tests replace it."""
    logger = UsageLogger(meter)
    litellm.callbacks = [logger]
    yield logger
    for name in _LISTS:
        getattr(litellm, name).clear()
