"""Responses whose body is read later: what is read, and that it is closed, is seen by the meter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from gwi_usage.wrappers.bodies import Body
from gwi_usage.wrappers.observer import Observer


def observe(response: Any, body: Body, observer: Observer) -> None:
    """Replace the methods of this one response through which every other one of them reads and closes it."""
    seen = _SeenResponse(response, body, observer)
    response.iter_bytes, response.aiter_bytes = seen.iter_bytes, seen.aiter_bytes
    response.close, response.aclose = seen.close, seen.aclose


class _SeenResponse:
    """The methods that replace those of a response."""

    def __init__(self, response: Any, body: Body, observer: Observer) -> None:
        self._body, self._observer = body, observer
        self._iter_bytes, self._aiter_bytes = response.iter_bytes, response.aiter_bytes
        self._close, self._aclose = response.close, response.aclose
        # When everything has been read, an HTTP client closes the response itself, which cuts nothing off.
        self._is_reading = False

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        chunks = self._iter_bytes(chunk_size)
        with self._ending():
            while (chunk := self._next(chunks)) is not None:
                if passed := self._body.passed(chunk):
                    yield passed
            if rest := self._body.rest():
                yield rest

    async def aiter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        chunks = self._aiter_bytes(chunk_size)
        with self._ending():
            while (chunk := await self._anext(chunks)) is not None:
                if passed := self._body.passed(chunk):
                    yield passed
            if rest := self._body.rest():
                yield rest

    def close(self) -> None:
        if not self._is_reading:
            self._end()
        self._close()

    async def aclose(self) -> None:
        if not self._is_reading:
            self._end()
        await self._aclose()

    def _next(self, chunks: Iterator[bytes]) -> bytes | None:
        self._is_reading = True
        try:
            return next(chunks, None)
        finally:
            self._is_reading = False

    async def _anext(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        self._is_reading = True
        try:
            return await anext(chunks, None)
        finally:
            self._is_reading = False

    @contextmanager
    def _ending(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._end(error)
            raise
        self._end()

    def _end(self, error: BaseException | None = None) -> None:
        with self._observer.harmless():
            self._body.end(error)
