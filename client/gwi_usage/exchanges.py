"""Conversations with the service without I/O: generators that yield requests and waits, and receive answers.

One conversation serves threads and event loops alike.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Request:
    """A POST of JSON text, for a tenant where a platform key needs one."""

    path: str
    body: str
    tenant_id: str = ""


def run_path(run_id: str, verb: str) -> str:
    return f"/v1/runs/{quote(run_id, safe='')}/{verb}"


@dataclass(frozen=True)
class Wait:
    """A number of seconds to let pass."""

    seconds: float


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The service's answer; without a status there was none."""

    status: int | None
    content: Mapping[str, Any] = field(default_factory=dict)
    """The JSON object in the answer; empty if it is anything else, such as a proxy's page."""
    retry_after: float | None = None
    summary: str
    """A phrase for log lines."""

    @property
    def code(self) -> str | None:
        code = self.content.get("code")
        return code if isinstance(code, str) else None


NO_ANSWER = Answer(status=None, summary="no answer")
Exchange = Generator["Request | Wait", Answer, Result]


def run(exchange: Exchange[Result], send: Callable[[Request | Wait], Answer]) -> Result:
    with closing(exchange):
        try:
            step = next(exchange)
            while True:
                step = exchange.send(send(step))
        except StopIteration as end:
            result: Result = end.value
            return result


async def run_async(
    exchange: Exchange[Result], send: Callable[[Request | Wait], Awaitable[Answer]]
) -> Result:
    with closing(exchange):
        try:
            step = next(exchange)
            while True:
                step = exchange.send(await send(step))
        except StopIteration as end:
            result: Result = end.value
            return result
