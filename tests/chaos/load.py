"""Agents that record batches and repeat each until it is acknowledged."""

import http.client
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock

from tests.chaos.stack import ChaosStack, Instance
from tools.dev.errors import StackError
from tools.dev.loopback import post_json

AGENTS = 6
BATCH_EVENTS = 25
_RESENT = 0.05
"""The share of batches that are sent again although they were acknowledged."""
_GIVE_UP_AFTER_SECONDS = 120
_PAUSE_SECONDS = 0.2


@dataclass(slots=True)
class Tally:
    """What the agents were told."""

    acknowledged: set[str] = field(default_factory=set)
    accepted: int = 0
    duplicates: int = 0
    retries: Counter[str] = field(default_factory=Counter)
    answered_at: dict[str, float] = field(default_factory=dict)
    """When each instance last acknowledged a request."""
    lock: Lock = field(default_factory=Lock)


def batches(events: int) -> Iterator[list[dict[str, object]]]:
    """Yield batches of calls, each event with an id of its own, some of them of shared runs."""
    for first in range(0, events, BATCH_EVENTS):
        yield [
            {
                "id": f"event-{number}",
                "category": "llm",
                "provider": "openai",
                "model": f"gpt-4.1-{number % 7}",
                "tokens": {"input_tokens": 100, "output_tokens": 20},
                "run_id": f"run-{number % 40}" if number % 3 == 0 else None,
            }
            for number in range(first, min(first + BATCH_EVENTS, events))
        ]


def record_all(stack: ChaosStack, events: int, tally: Tally) -> None:
    """Record all events; raise StackError if a batch is never acknowledged."""
    with ThreadPoolExecutor(max_workers=AGENTS) as agents:
        for done in [agents.submit(_record, stack, batch, tally) for batch in batches(events)]:
            done.result()


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
        told = json.loads(answer.body)
        tally.accepted += told["accepted"]
        tally.duplicates += told["duplicates"]
        tally.acknowledged.update(told["ids"])
        tally.answered_at[f"recorder {index}"] = time.monotonic()
    return True
