"""Recognises own writes whose response was lost, when their repetition is refused because of them."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import grpc

R = TypeVar("R")

REFUSED = frozenset(
    {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.NOT_FOUND}
)
"""The states of a document's precondition that is not met."""


class Attempts(Generic[R]):
    """A call that knows whether it was made more than once."""

    def __init__(self, call: Callable[[float], R]) -> None:
        self._call = call
        self._count = 0

    def __call__(self, timeout: float) -> R:
        self._count += 1
        return self._call(timeout)

    @property
    def may_have_succeeded(self) -> bool:
        """True if an attempt before the last one may have reached the server."""
        return self._count > 1


def written_name(write: Any) -> str:
    """Return the name of the document that is written."""
    return str(write.delete or write.update.name)


def is_stored(write: Any, document: Any) -> bool:
    """Return True if `document`, which is None if it does not exist, has every value that `write` sets.

    Transforms are not compared. An audit entry or a token has a random name or value, so that no other commit is
    taken for this one; without them, another one that writes the same values has done what this one is for.
    """
    if write.delete:
        return document is None
    return document is not None and _contains(document.fields, write.update.fields)


def _contains(stored: Any, written: Any) -> bool:
    return all(name in stored and _is_part(value, stored[name]) for name, value in written.items())


def _is_part(written: Any, stored: Any) -> bool:
    if written.HasField("map_value") and stored.HasField("map_value"):
        return _contains(stored.map_value.fields, written.map_value.fields)
    return bool(written == stored)
