"""Realistic metering events for the demo tenant: the same for the same `now`, without chance."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

RUNS = 18
SPREAD = timedelta(hours=8)
"""The first run begins this long before `now`, the last one has just ended, fails or is still open."""
LAST_RUN_AGE = timedelta(minutes=20)
FAILED_RUN = 11
OPEN_RUN = RUNS - 1

Event = dict[str, object]


class Call(NamedTuple):
    """One step of a workflow: an LLM call with its token counts, or a tool call without any."""

    category: str
    provider: str
    model: str
    latency_ms: int
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    reasoning_tokens: int = 0


WORKFLOWS: dict[str, tuple[Call, ...]] = {
    "support-triage": (
        Call("llm", "openai", "gpt-4.1-mini", 820, 1_450, 60),
        Call("tool", "zendesk", "search-tickets", 310),
        Call("llm", "anthropic", "claude-sonnet-4-5", 4_100, 6_200, 540, cache_read_tokens=4_096),
        Call("llm", "anthropic", "claude-sonnet-4-5", 2_900, 6_900, 310, cache_read_tokens=6_144),
    ),
    "research-report": (
        Call("llm", "openai", "o4-mini", 9_400, 2_300, 1_900, reasoning_tokens=1_300),
        Call("tool", "tavily", "web-search", 1_240),
        Call("tool", "playwright", "read-page", 2_050),
        Call("llm", "google", "gemini-2.5-flash", 3_600, 14_500, 900),
        Call(
            "llm",
            "google",
            "gemini-2.5-pro",
            11_800,
            9_800,
            2_400,
            cache_read_tokens=2_048,
            reasoning_tokens=800,
        ),
    ),
    "code-review": (
        Call("tool", "github", "read-diff", 430),
        Call("llm", "mistral", "mistral-large-latest", 5_200, 8_100, 760),
        Call("llm", "ollama", "llama3.1:8b", 1_900, 3_200, 280),
    ),
}


def demo_events(now: datetime) -> list[Event]:
    """Return the events of all runs in the order of their instants; `now` is in UTC."""
    events = [event for number in range(RUNS) for event in _run(number, now)]
    return sorted(events, key=lambda event: str(event["ts"]))


def _run(number: int, now: datetime) -> Iterator[Event]:
    workflow, calls = list(WORKFLOWS.items())[number % len(WORKFLOWS)]
    begin = now - SPREAD + number * (SPREAD - LAST_RUN_AGE) // (RUNS - 1)
    common: Event = {
        "run_id": f"demo-run-{number:02}",
        "workflow_id": workflow,
        "user_id": f"user-{number % 4}",
    }
    yield _lifecycle(common, calls[0], begin, "started")
    at = begin
    for position, call in enumerate(calls):
        at += timedelta(milliseconds=_scaled(call.latency_ms, number) + 250)
        fails = number == FAILED_RUN and position == len(calls) - 1
        yield _failure(common, call, at) if fails else _success(common, call, at, position, number)
    if number != OPEN_RUN:
        status = "failed" if number == FAILED_RUN else "completed"
        yield _lifecycle(common, calls[-1], at + timedelta(milliseconds=40), status)


def _lifecycle(common: Event, call: Call, at: datetime, status: str) -> Event:
    event_id = f"{common['run_id']}-{status}"
    # The provider of a neighbouring call, so that a run's ends do not make rows of their own.
    names = {"category": "other", "provider": call.provider, "model": call.model}
    return {"id": event_id, "ts": _instant(at), **names, **common, "status": status}


def _success(common: Event, call: Call, at: datetime, position: int, number: int) -> Event:
    event = _call(common, call, at, position) | {
        "latency_ms": _scaled(call.latency_ms, number),
        "status": "ok",
    }
    if call.category == "llm":
        event["tokens"] = _tokens(call, number)
    return event


def _failure(common: Event, call: Call, at: datetime) -> Event:
    error = {
        "error": {"name": "OverloadedError", "message": f"{call.provider} is overloaded, try again later"}
    }
    return _call(common, call, at, len(WORKFLOWS)) | {
        "latency_ms": 30_000,
        "status": "error",
        "metadata": error,
    }


def _call(common: Event, call: Call, at: datetime, position: int) -> Event:
    names = {"category": call.category, "provider": call.provider, "model": call.model}
    return {"id": f"{common['run_id']}-{position}", "ts": _instant(at), **names, **common}


def _tokens(call: Call, number: int) -> dict[str, int]:
    counts = {
        "input_tokens": call.input_tokens,
        "output_tokens": call.output_tokens,
        "cache_read_tokens": call.cache_read_tokens,
        "reasoning_tokens": call.reasoning_tokens,
    }
    # A common factor keeps what is included below what includes it.
    return {name: _scaled(count, number) for name, count in counts.items() if count}


def _scaled(amount: int, number: int) -> int:
    """Vary an amount from run to run, between 70 % and 130 %."""
    return amount * (70 + number * 23 % 61) // 100


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
