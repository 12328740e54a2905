"""The amounts that one event adds to the metrics."""

from typing import NamedTuple

from shared.domain.ledger.counters import Totals
from shared.domain.metering.events import Category, Status
from shared.domain.prices.costs import EventCost
from shared.domain.prices.token_pools import TokenPools

_LIFECYCLE = frozenset({"started", "completed", "failed"})
_FAILURES = frozenset({"error", "failed"})


class Measures(NamedTuple):
    """The measured properties of an event."""

    category: Category
    status: Status | None
    tokens: TokenPools | None
    latency_ms: int | None
    cost: EventCost


def amounts_of(measures: Measures) -> Totals:
    """Return the amount an event adds to each metric, without zeros: each amount is a transform in the commit."""
    category, status, pools, latency_ms, cost = measures
    amounts: Totals = {}
    failed = status in _FAILURES
    if is_call(status, pools):
        if category == "llm":
            amounts["calls"] = 1
        elif category == "tool":
            amounts["tool_calls"] = 1
    if cost.status == "unknown":
        amounts["unpriced_calls"] = 1
    elif cost.status == "incomplete":
        amounts["incomplete_calls"] = 1
    if failed:
        amounts["errors"] = 1
    if pools is not None:
        _add_tokens(amounts, pools)
    if latency_ms:
        amounts["latency_ms"] = latency_ms
    if cost.nanousd:
        amounts["cost_nanousd"] = cost.nanousd
    return amounts


def is_call(status: Status | None, pools: TokenPools | None) -> bool:
    """Return whether the event is a call. The start or end of a run is one only if it carries tokens."""
    return pools is not None or status not in _LIFECYCLE


def can_cost(category: Category, status: Status | None, pools: TokenPools | None) -> bool:
    """Return whether the event has a price. Tokens have one, and a model's call without them unless it failed."""
    return pools is not None or (category == "llm" and is_call(status, pools) and status not in _FAILURES)


def _add_tokens(amounts: Totals, pools: TokenPools) -> None:
    if pools.input:
        amounts["input_tokens"] = pools.input
    if pools.output:
        amounts["output_tokens"] = pools.output
    if pools.total:
        amounts["total_tokens"] = pools.total
    if pools.cache_read:
        amounts["cache_read_tokens"] = pools.cache_read
    if pools.cache_write:
        amounts["cache_write_tokens"] = pools.cache_write
    if pools.reasoning:
        amounts["reasoning_tokens"] = pools.reasoning
