"""Sealed batches: events that are sent together, under ids that name their batch, however often."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

MAX_EVENTS = 500
MAX_BYTES = 2 * 1024 * 1024
"""Half of what the service takes, so that the ids and a proxy's opinion have room."""

_PRODUCER_BYTES = 12  # 96 random bits: no two processes ever share them
_MAX_BATCH = 2**53


class Producer:
    """A process that seals batches, and the number of its next one."""

    def __init__(self) -> None:
        self._name = secrets.token_urlsafe(_PRODUCER_BYTES)
        self._next = 0

    def next_batch_id(self) -> str:
        if self._next > _MAX_BATCH:
            self.__init__()  # type: ignore[misc]  # a new producer begins at 0
        batch_id = f"{self._name}.{self._next}"
        self._next += 1
        return batch_id


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A sealed batch: its body is sent as it is, again and again, until the service has answered."""

    id: str
    tenant_id: str
    body: str
    count: int
    attempts: int = 0


def sealed(batch_id: str, events: Sequence[str]) -> str:
    """Return the body of a batch; each event is the text of a JSON object without an id."""
    return "[" + ",".join(_with_id(f"gwi1.{batch_id}.{n}", event) for n, event in enumerate(events)) + "]"


def _with_id(event_id: str, event: str) -> str:
    return f'{{"id":"{event_id}",{event[1:]}'


def fitting(events: Sequence[str]) -> int:
    """Return how many of the events, from the first on, a batch may have; at least one."""
    size = 0
    for count, event in enumerate(events[:MAX_EVENTS]):
        size += len(event) + 64
        if size > MAX_BYTES and count:
            return count
    return min(len(events), MAX_EVENTS)
