"""HTTP, for threads and for event loops. No failure of it is an exception."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import httpx

from gwi_usage.exchanges import NO_ANSWER, Answer, Request, Wait

_CONNECT_SECONDS = 2.0
_MAX_RETRY_AFTER = 3600.0


class Transport:
    """Sends requests with the key of the meter."""

    def __init__(self, key: str, url: str, timeout: float) -> None:
        self._key, self._url = key, url.rstrip("/")
        self._timeout = httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS))
        self._client: httpx.Client | None = None

    @cached_property
    def _certificates(self) -> ssl.SSLContext | bool:
        """The certificates that are trusted; reading them takes 20 ms, so they are read once and only if needed."""
        return httpx.create_ssl_context() if self._url.startswith("https:") else False

    def send(self, step: Request | Wait) -> Answer:
        if isinstance(step, Wait):
            time.sleep(step.seconds)
            return NO_ANSWER
        if self._client is None:
            self._client = httpx.Client(timeout=self._timeout, verify=self._certificates)
        try:
            return _answer(self._client.post(**self._post(step)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return _no_answer(error)

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[Callable[[Request | Wait], Awaitable[Answer]]]:
        """Send from an event loop: connections belong to the loop that opened them, so they are closed in it."""
        async with AsyncExitStack() as stack:
            clients: list[httpx.AsyncClient] = []

            async def send(step: Request | Wait) -> Answer:
                if isinstance(step, Wait):
                    await asyncio.sleep(step.seconds)
                    return NO_ANSWER
                if not clients:
                    client = httpx.AsyncClient(timeout=self._timeout, verify=self._certificates)
                    clients.append(await stack.enter_async_context(client))
                try:
                    return _answer(await clients[0].post(**self._post(step)))
                except (httpx.HTTPError, httpx.InvalidURL) as error:
                    return _no_answer(error)

            yield send

    def _post(self, request: Request) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        if request.tenant_id:
            headers["GWI-Tenant"] = request.tenant_id
        return {"url": self._url + request.path, "content": request.body.encode(), "headers": headers}

    def close(self) -> None:
        if self._client:
            self._client.close()
        self._client = None

    def begin_again_after_fork(self) -> object:
        """Open connections of the child's own; return the parent's, which must not be closed here."""
        inherited = self._client
        self._client = None
        return inherited


def _no_answer(error: Exception) -> Answer:
    return Answer(status=None, summary=f"no answer ({type(error).__name__}: {error})")


def _answer(response: httpx.Response) -> Answer:
    content = _content(response)
    kind = response.headers.get("Content-Type", "no content type").split(";")[0]
    shown = content.get("detail") or content.get("code") if content else f"{kind}, not an answer of GWI Usage"
    return Answer(
        status=response.status_code,
        content=content,
        retry_after=_retry_after(response.headers.get("Retry-After")),
        summary=f"{response.status_code} ({shown})" if shown else str(response.status_code),
    )


def _content(response: httpx.Response) -> Mapping[str, Any]:
    try:
        content = response.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _retry_after(value: str | None) -> float | None:
    """Read seconds or a date; at most an hour is believed."""
    if value is None:
        return None
    try:
        seconds = float(value) if value.isdigit() else _seconds_until(value)
    except (TypeError, ValueError):
        return None
    return min(max(seconds, 0.0), _MAX_RETRY_AFTER)


def _seconds_until(date: str) -> float:
    return (parsedate_to_datetime(date) - datetime.now(timezone.utc)).total_seconds()
