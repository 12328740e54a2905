"""The time and the threads that Stripe may take: a slow Stripe must not hold up what does not need it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import BoundedSemaphore
from typing import Any

import requests
from requests.adapters import HTTPAdapter

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
_DEADLINE: ContextVar[float | None] = ContextVar("stripe_deadline", default=None)


@contextmanager
def stripe_deadline(seconds: float) -> Iterator[None]:
    """Give all requests to Stripe in this context so many seconds together."""
    token = _DEADLINE.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _DEADLINE.reset(token)


def limited_session(slots: int) -> requests.Session:
    """Return a session in which at most `slots` threads wait for Stripe, none of them past its deadline."""
    session = requests.Session()
    session.mount("https://", _LimitedAdapter(slots))
    session.mount("http://", _LimitedAdapter(slots))
    return session


class _LimitedAdapter(HTTPAdapter):
    """Sends requests within the limits; stripe-python reports a refusal as a failed connection."""

    def __init__(self, slots: int) -> None:
        super().__init__(pool_maxsize=slots)
        self._slots = BoundedSemaphore(slots)

    def send(self, request: Any, **options: Any) -> Any:  # type: ignore[override] # all options are passed on
        left = _seconds_left()
        if left <= 0:
            raise requests.exceptions.Timeout("the time for Stripe is over")
        if not self._slots.acquire(blocking=False):
            raise requests.exceptions.ConnectionError("too many requests are waiting for Stripe")
        try:
            limits = (min(CONNECT_SECONDS, left), min(READ_SECONDS, left))
            return super().send(request, **{**options, "timeout": limits})
        finally:
            self._slots.release()


def _seconds_left() -> float:
    deadline = _DEADLINE.get()
    return READ_SECONDS if deadline is None else deadline - time.monotonic()
