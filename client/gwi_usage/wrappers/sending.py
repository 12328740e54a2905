"""Metered `send` of an HTTP client, for threads and for coroutines."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

from gwi_usage.wrappers.bodies import body_of, is_stream
from gwi_usage.wrappers.observer import ObservedCall, Observer
from gwi_usage.wrappers.reading import observe


def metered(send: Callable[..., Any], observer: Observer) -> Callable[..., Any]:
    @functools.wraps(send)
    def sending(request: Any, *args: Any, **options: Any) -> Any:
        if (call := observer.begin(request)) is None:
            return send(request, *args, **options)
        try:
            response = send(call.request, *args, **options)
        except BaseException as error:
            _tell_failure(observer, call, error)
            raise
        _observe(observer, call, response)
        return response

    return sending


def metered_async(send: Callable[..., Awaitable[Any]], observer: Observer) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(send)
    async def sending(request: Any, *args: Any, **options: Any) -> Any:
        if (call := observer.begin(request)) is None:
            return await send(request, *args, **options)
        try:
            response = await send(call.request, *args, **options)
        except BaseException as error:
            _tell_failure(observer, call, error)
            raise
        _observe(observer, call, response)
        return response

    return sending


def _tell_failure(observer: Observer, call: ObservedCall, error: BaseException) -> None:
    with observer.harmless():
        call.record(**_failure(type(error).__name__))


def _observe(observer: Observer, call: ObservedCall, response: Any) -> None:
    with observer.harmless():
        call.answered(response.headers)
        if response.is_error:
            call.record(**_failure(f"HTTP {response.status_code}"))
        elif response.is_closed and not is_stream(response):
            call.record(response.content)
        else:
            observe(response, body_of(response, call, observer), observer)


def _failure(error: str) -> dict[str, Any]:
    return {"status": "error", "metadata": {"error": error}}
