"""The amounts that one event adds to the metrics."""

from typing import NamedTuple

from shared.domain.ledger.counters import Totals
from shared.domain.metering.events import Category, Status
from shared.domain.prices.token_pools import TokenPools

_LIFECYCLE = frozenset({"started", "completed", "failed"})
_FAILURES = frozenset({"error", "failed"})


class Measures(NamedTuple):
    """The measured properties of an event."""

    category: Category
    status: Status | None
    tokens: TokenPools | None
    latency_ms: int | None
    cost_nanousd: int | None


def amounts_of(measures: Measures) -> Totals:
    """Return the amount an event adds to each metric, without zeros: each amount is a transform in the commit."""
    category, status, pools, latency_ms, cost_nanousd = measures
    amounts: Totals = {}
    failed = status in _FAILURES
    # The start or end of a run is a call only if it carries tokens.
    is_call = pools is not None or status not in _LIFECYCLE
    if is_call and category == "llm":
        amounts["calls"] = 1
    elif is_call and category == "tool":
        amounts["tool_calls"] = 1
    # Tokens have a price, and so has a call that reported none, unless it failed.
    is_billable = pools is not None or (is_call and category == "llm" and not failed)
    if is_billable and cost_nanousd is None:
        amounts["unpriced_calls"] = 1
    if failed:
        amounts["errors"] = 1
    if pools is not None:
        _add_tokens(amounts, pools)
    if latency_ms:
        amounts["latency_ms"] = latency_ms
    if cost_nanousd:
        amounts["cost_nanousd"] = cost_nanousd
    return amounts


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
