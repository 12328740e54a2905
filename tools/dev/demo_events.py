"""The metering events of one run of the demo tenant, as an agent platform would send them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tools.dev.demo_workflows import WORKFLOWS, Call

Event = dict[str, object]

_BETWEEN = timedelta(milliseconds=250)
_END = timedelta(milliseconds=40)
_TEAMS = ("support", "growth", "research")
_TIMEOUT_MS = 30_000


@dataclass(frozen=True, kw_only=True)
class DemoRun:
    """One run; `number` varies its amounts and its user.

    `fails` lets its last step fail for good, `stumbles` lets its first one fail once, `is_open` leaves it without
    its last step and its end.
    """

    id: str
    workflow: str
    begin: datetime
    number: int
    fails: bool = False
    stumbles: bool = False
    is_open: bool = False


def run_events(run: DemoRun) -> Iterator[Event]:
    """Return the run's events in the order of their instants, which are in UTC."""
    calls = WORKFLOWS[run.workflow]
    yield _lifecycle(run, calls[0], run.begin, "started")
    at = run.begin
    if run.stumbles:
        at += timedelta(milliseconds=_TIMEOUT_MS)
        yield _failure(run, calls[0], at, "0-first-try")
    for position, call in enumerate(calls[:-1] if run.is_open else calls):
        at += timedelta(milliseconds=_scaled(call.latency_ms, run.number)) + _BETWEEN
        fails = run.fails and position == len(calls) - 1
        yield _failure(run, call, at, str(position)) if fails else _success(run, call, at, str(position))
    if not run.is_open:
        yield _lifecycle(run, calls[-1], at + _END, "failed" if run.fails else "completed")


def _lifecycle(run: DemoRun, call: Call, at: datetime, status: str) -> Event:
    # The provider of a neighbouring call, so that a run's ends do not make rows of their own.
    return _event(run, call, at, status) | {"category": "other", "status": status}


def _success(run: DemoRun, call: Call, at: datetime, name: str) -> Event:
    event = _event(run, call, at, name)
    event |= {"latency_ms": _scaled(call.latency_ms, run.number), "status": "ok"}
    if call.category == "llm":
        event["tokens"] = _tokens(call, run.number)
    return event


def _failure(run: DemoRun, call: Call, at: datetime, name: str) -> Event:
    error = {"name": "OverloadedError", "message": f"{call.provider} is overloaded, try again later"}
    event = _event(run, call, at, name)
    return event | {"latency_ms": _TIMEOUT_MS, "status": "error", "metadata": {"error": error}}


def _event(run: DemoRun, call: Call, at: datetime, name: str) -> Event:
    return {
        "id": f"{run.id}-{name}",
        "ts": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "category": call.category,
        "provider": call.provider,
        "model": call.model,
        "run_id": run.id,
        "workflow_id": run.workflow,
        "user_id": f"user-{run.number % 4}",
        "tags": {"team": _TEAMS[run.number % len(_TEAMS)]},
    }


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
