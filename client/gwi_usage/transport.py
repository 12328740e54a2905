"""HTTP, for threads and for event loops. No failure of it is an exception."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
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
        self._async: tuple[asyncio.AbstractEventLoop, httpx.AsyncClient] | None = None

    def send(self, step: Request | Wait) -> Answer:
        if isinstance(step, Wait):
            time.sleep(step.seconds)
            return NO_ANSWER
        if self._client is None:
            self._client = httpx.Client(timeout=self._timeout)
        try:
            return _answer(self._client.post(**self._post(step)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return _no_answer(error)

    async def send_async(self, step: Request | Wait) -> Answer:
        if isinstance(step, Wait):
            await asyncio.sleep(step.seconds)
            return NO_ANSWER
        try:
            return _answer(await self._async_client().post(**self._post(step)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return _no_answer(error)

    def _async_client(self) -> httpx.AsyncClient:
        """Return the client of the running loop; connections belong to the loop that opened them."""
        loop = asyncio.get_running_loop()
        if self._async is None or self._async[0] is not loop:
            self._async = (loop, httpx.AsyncClient(timeout=self._timeout))
        return self._async[1]

    def _post(self, request: Request) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        if request.tenant_id:
            headers["GWI-Tenant"] = request.tenant_id
        return {"url": self._url + request.path, "content": request.body.encode(), "headers": headers}

    def close(self) -> None:
        if self._client:
            self._client.close()
        self._client = None

    async def close_async(self) -> None:
        self.close()
        if self._async and self._async[0] is asyncio.get_running_loop():
            await self._async[1].aclose()
        self._async = None

    def begin_again_after_fork(self) -> object:
        """Open connections of the child's own; return the parent's, which must not be closed here."""
        inherited = (self._client, self._async)
        self._client = None
        self._async = None
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
