"""Agents that record batches and repeat each until it is acknowledged."""

import http.client
import json
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock

from tests.chaos.stack import ChaosStack, Instance
from tools.dev.errors import StackError
from tools.dev.loopback import post_json

AGENTS = 6
BATCH_EVENTS = 25
_RESENT = 0.05
"""The share of batches that are sent again although they were acknowledged."""
_GIVE_UP_AFTER_SECONDS = 120
_PAUSE_SECONDS = 0.2
_BETWEEN_BATCHES_SECONDS = 0.2
"""Leaves the machine to the faults: 30,000 events take some two minutes."""


@dataclass(slots=True)
class Tally:
    """The answers that the agents got."""

    acknowledged: set[str] = field(default_factory=set)
    accepted: int = 0
    duplicates: int = 0
    retries: Counter[str] = field(default_factory=Counter)
    answered_at: dict[str, float] = field(default_factory=dict)
    """When each instance last acknowledged a request."""
    lock: Lock = field(default_factory=Lock)


@dataclass(slots=True)
class Load:
    """Batches of calls for as long as faults strike, and at least so many events."""

    least_events: int
    faults_ended: Event = field(default_factory=Event)
    events: int = 0
    """The number of events that were handed out."""
    lock: Lock = field(default_factory=Lock)

    def next_batch(self) -> list[dict[str, object]] | None:
        """Return a batch whose events have ids of their own, some of them of shared runs; None when it is enough."""
        with self.lock:
            if self.events >= self.least_events and self.faults_ended.is_set():
                return None
            first, self.events = self.events, self.events + BATCH_EVENTS
        return [_event(number) for number in range(first, first + BATCH_EVENTS)]


def _event(number: int) -> dict[str, object]:
    return {
        "id": f"event-{number}",
        "category": "llm",
        "provider": "openai",
        "model": f"gpt-4.1-{number % 7}",
        "tokens": {"input_tokens": 100, "output_tokens": 20},
        "run_id": f"run-{number % 40}" if number % 3 == 0 else None,
    }


def record_all(stack: ChaosStack, load: Load, tally: Tally) -> None:
    """Record the whole load; raise StackError if a batch is never acknowledged."""
    with ThreadPoolExecutor(max_workers=AGENTS) as agents:
        for done in [agents.submit(_work, stack, load, tally) for _ in range(AGENTS)]:
            done.result()


def _work(stack: ChaosStack, load: Load, tally: Tally) -> None:
    while batch := load.next_batch():
        _record(stack, batch, tally)
        time.sleep(_BETWEEN_BATCHES_SECONDS)


def _record(stack: ChaosStack, batch: list[dict[str, object]], tally: Tally) -> None:
    deadline = time.monotonic() + _GIVE_UP_AFTER_SECONDS
    while not _acknowledged(stack, batch, tally):
        if time.monotonic() > deadline:
            raise StackError(f"a batch was not acknowledged within {_GIVE_UP_AFTER_SECONDS} s")
        time.sleep(random.uniform(_PAUSE_SECONDS / 2, _PAUSE_SECONDS))
    if random.random() < _RESENT:
        _acknowledged(stack, batch, tally)


def _acknowledged(stack: ChaosStack, batch: list[dict[str, object]], tally: Tally) -> bool:
    index = random.randrange(len(stack.recorders))
    instance: Instance = stack.recorders[index]
    headers = {"Authorization": f"Bearer {stack.key}"}
    try:
        answer = post_json(instance.server.port, "/v1/events", {"events": batch}, headers=headers)
    except (StackError, http.client.HTTPException, OSError):
        with tally.lock:
            tally.retries["no answer"] += 1
        return False
    with tally.lock:
        if answer.status != 200:
            tally.retries[str(answer.status)] += 1
            return False
        reported = json.loads(answer.body)
        tally.accepted += reported["accepted"]
        tally.duplicates += reported["duplicates"]
        tally.acknowledged.update(reported["ids"])
        tally.answered_at[f"recorder {index}"] = time.monotonic()
    return True
