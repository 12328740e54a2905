"""The clients that can be wrapped, and the HTTP clients with which they send."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, TypeVar

from gwi_usage.meter import Meter
from gwi_usage.wrappers import sending
from gwi_usage.wrappers.observer import Observer

Client = TypeVar("Client")
_PACKAGES = ("openai", "anthropic", "google")


def wrap(client: Client, meter: Meter, *, provider: str | None = None) -> Client:
    """Meter all calls of a client of `openai`, `anthropic` or `google-genai`, and return the same client.

    `provider` names who serves the models, where that is not the maker of the client.
    """
    package = _package(client)
    found = list(_http_clients(client, package))
    if not found:
        message = f"wrap takes a client of openai, anthropic or google-genai, not {type(client).__name__}"
        raise TypeError(message)
    observer = Observer(meter, provider or _provider(client, package))
    for http in found:
        _meter(http, observer)
    return client


def _package(client: object) -> str:
    """Return the package that makes the client, which may be of a class of the agent's own."""
    names = (each.__module__.partition(".")[0] for each in type(client).__mro__)
    return next((name for name in names if name in _PACKAGES), "")


def _provider(client: object, package: str) -> str:
    return "azure" if "Azure" in type(client).__name__ else package


def _http_clients(client: object, package: str) -> Iterator[Any]:
    if package in ("openai", "anthropic"):
        yield client._client  # type: ignore[attr-defined]  # copies of the client share it
    if package == "google" and hasattr(client, "_api_client"):
        api = client._api_client
        # It prefers aiohttp for coroutines where that is installed.
        api._use_aiohttp = lambda: False
        yield api._httpx_client
        if api._async_httpx_client is not None:
            yield api._async_httpx_client


def _meter(http: Any, observer: Observer) -> None:
    """Replace `send` of this one HTTP client, once; a second meter takes over."""
    send = getattr(http.send, "unmetered", http.send)
    metered: Any = sending.metered_async if inspect.iscoroutinefunction(send) else sending.metered
    http.send = metered(send, observer)
    http.send.unmetered = send
