"""Sealed batches: events that are sent together, under ids that name their batch, however often they are sent."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

MAX_EVENTS = 500
MAX_BYTES = 2 * 1024 * 1024
"""Half of what the service takes, so that a single large event still fits."""

_ID_BYTES = 64
_PRODUCER_BYTES = 12  # 96 random bits, so that no two processes ever share a name


class Producer:
    """A process that seals batches under a name of its own, numbered from 0."""

    def __init__(self) -> None:
        self._name = secrets.token_urlsafe(_PRODUCER_BYTES)
        self._numbers = count()

    def next_batch_id(self) -> str:
        return f"{self._name}.{next(self._numbers)}"


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An event that is not sealed yet. The tenant is empty where the key names it."""

    tenant_id: str
    day: str
    tracked_at: float
    event: str


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A sealed batch, whose body is sent as it is until the service has answered."""

    id: str
    tenant_id: str
    body: str
    count: int
    attempts: int

    def event_id(self, index: int) -> str:
        return f"gwi1.{self.id}.{index}"


@dataclass(frozen=True, kw_only=True)
class RunEnd:
    """The end of an admitted run, which is sent after all events that were tracked before it."""

    tenant_id: str
    run_id: str
    body: str
    position: int = 0
    attempts: int = 0


@dataclass(frozen=True)
class Refusal:
    """An event that the service refused for good, and why."""

    index: int
    code: str
    message: str


def sealed(batch_id: str, events: Sequence[str]) -> str:
    """Return the body of a batch; each event is the text of a JSON object that has fields and no id."""
    texts = (f'{{"id":"gwi1.{batch_id}.{n}",{event[1:]}' for n, event in enumerate(events))
    return f"[{','.join(texts)}]"


def fitting(events: Sequence[str]) -> int:
    """Return how many of the events, from the first on, one batch may have; at least one."""
    size = 0
    for number, event in enumerate(events[:MAX_EVENTS]):
        size += len(event) + _ID_BYTES  # JSON is ASCII here: a character is a byte
        if size > MAX_BYTES and number:
            return number
    return min(len(events), MAX_EVENTS)
