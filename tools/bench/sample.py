"""Realistic metering events, as callers send them, without chance: the same for the same arguments."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice

from shared.domain.metering.sealed_ids import SealedId
from tools.dev.demo_workflows import WORKFLOWS, Call

Event = dict[str, object]

BATCH_EVENTS = 500
EVENTS_PER_RUN = 100
"""The load for which the budget of writes per event is stated: agents that buffer send few runs at a time."""
_CALLS = [call for workflow in WORKFLOWS.values() for call in workflow]
_PRODUCER = "benchbenchbench_"
_BETWEEN = timedelta(milliseconds=20)


@dataclass(frozen=True, slots=True)
class _Batch:
    """The prefix of a batch's ids, the instant of its last event, and the number of its runs."""

    prefix: str
    last_at: datetime
    runs: int


def sample_events(count: int, prefix: str, now: datetime, *, runs: int | None = None) -> list[Event]:
    """`count` events up to `now`, whose ids begin with `prefix`, in `runs` runs (one per hundred when absent)."""
    batch = _Batch(prefix, now, -(-count // EVENTS_PER_RUN) if runs is None else runs)
    calls = islice(cycle(_CALLS), count)
    return [_event(number, call, batch) for number, call in enumerate(calls)]


def _event(number: int, call: Call, batch: _Batch) -> Event:
    event: Event = {
        "id": f"{batch.prefix}-{number}",
        "ts": (batch.last_at - number * _BETWEEN).isoformat(),
        "category": call.category,
        "provider": call.provider,
        "model": call.model,
        "latency_ms": call.latency_ms + number % 97,
        "status": "ok",
    }
    if call.category == "llm":
        event["tokens"] = dict(_tokens(call, number))
    if batch.runs:
        event |= {"run_id": f"{batch.prefix}-run-{number % batch.runs}", "workflow_id": "support-triage"}
    if number % 2:
        event["request_id"] = f"req_{batch.prefix}{number:08}"
    if number % 3 == 0:
        event["user_id"] = f"user-{number % 50}"
    return event


def sealed_events(events: list[Event], number: int) -> list[Event]:
    """Return the events under the ids of a batch, that of this number."""
    batch = f"{_PRODUCER}.{number}"
    return [event | {"id": SealedId(batch, place).text} for place, event in enumerate(events)]


def with_responses(events: list[Event]) -> list[Event]:
    """Return the events with a provider's raw response in the place of their tokens."""
    return [_with_response(event) for event in events]


def _with_response(event: Event) -> Event:
    tokens = event.get("tokens")
    if not isinstance(tokens, dict):
        return event
    usage = {
        "prompt_tokens": tokens["input_tokens"],
        "completion_tokens": tokens["output_tokens"],
        "total_tokens": tokens["input_tokens"] + tokens["output_tokens"],
        "prompt_tokens_details": {"cached_tokens": tokens.get("cache_read_tokens", 0), "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": tokens.get("reasoning_tokens", 0),
            "audio_tokens": 0,
        },
    }
    message = {"role": "assistant", "content": "The answer to the question. " * 20, "annotations": []}
    response = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": event["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage,
        "service_tier": "default",
    }
    return {name: value for name, value in event.items() if name != "tokens"} | {"response": response}


def _tokens(call: Call, number: int) -> Iterator[tuple[str, int]]:
    yield "input_tokens", call.input_tokens + number % 89
    yield "output_tokens", call.output_tokens + number % 31
    if call.cache_read_tokens:
        yield "cache_read_tokens", call.cache_read_tokens
    if call.reasoning_tokens:
        yield "reasoning_tokens", call.reasoning_tokens


def body_of(events: list[Event]) -> bytes:
    """Return the body of a request that sends `events`."""
    return json.dumps({"events": events}).encode()
