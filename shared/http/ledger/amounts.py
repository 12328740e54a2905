"""The shapes of amounts, derived from the table of metrics: a new metric is in every answer and CSV by itself."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field, create_model

from shared.domain.ledger.counters import METRICS, Metric, Totals
from shared.domain.ledger.sums import SumCostStatus, cost_status_of
from shared.domain.prices.money import usd_string
from shared.http.responses import ResponseModel, Usd

COST: Final[Metric] = "cost_nanousd"
TOKEN_METRICS: Final = tuple(metric for metric in METRICS if metric.endswith("_tokens"))
PLAIN_METRICS: Final = tuple(metric for metric in METRICS if metric not in (*TOKEN_METRICS, COST))
AGGREGATE_NAMES: Final[Mapping[Metric, str]] = {
    "calls": "total_llm_calls",
    "tool_calls": "total_tool_calls",
    "errors": "total_errors",
    "latency_ms": "total_latency_ms",
}
"""Names of metrics in an aggregate, where they differ from the metric's own."""

CostStatusOfSum = Annotated[
    SumCostStatus,
    Field(
        description="`incomplete`: it costs at least this much, because `unpriced_calls` and a part of "
        "`incomplete_calls` are left out. `unknown`: nothing of the cost is known; it is not $0."
    ),
]

if TYPE_CHECKING:

    class TokenSums(ResponseModel):
        """The token metrics, each without its ending `_tokens`."""

    class Amounts(ResponseModel):
        """Every metric but the tokens and the cost, under its own name."""

        tokens: TokenSums
        cost_usd: Usd
        cost_status: CostStatusOfSum

    class AggregateAmounts(ResponseModel):
        """Every metric of an aggregate, under the names it has there."""

        total_tokens: TokenSums
        total_cost_usd: Usd
        cost_status: CostStatusOfSum
else:
    TokenSums = create_model(
        "TokenSums",
        __base__=ResponseModel,
        __doc__="Token counts; `input` includes cached tokens, `output` includes reasoning.",
        **{metric.removesuffix("_tokens"): int for metric in TOKEN_METRICS},
    )
    Amounts = create_model(
        "Amounts",
        __base__=ResponseModel,
        __doc__="All metrics of one row.",
        **dict.fromkeys(PLAIN_METRICS, int),
        tokens=TokenSums,
        cost_usd=Usd,
        cost_status=CostStatusOfSum,
    )
    AggregateAmounts = create_model(
        "AggregateAmounts",
        __base__=ResponseModel,
        __doc__="All metrics of an aggregate.",
        **{AGGREGATE_NAMES.get(metric, metric): int for metric in PLAIN_METRICS},
        total_tokens=TokenSums,
        total_cost_usd=Usd,
        cost_status=CostStatusOfSum,
    )


def token_sums(totals: Totals) -> TokenSums:
    """Return the token metrics of `totals`."""
    return TokenSums(**{metric.removesuffix("_tokens"): totals.get(metric, 0) for metric in TOKEN_METRICS})


def aggregate_amounts(totals: Totals) -> dict[str, Any]:
    """Return the fields of AggregateAmounts."""
    plain = {AGGREGATE_NAMES.get(metric, metric): totals.get(metric, 0) for metric in PLAIN_METRICS}
    cost = {"total_cost_usd": usd_string(totals.get(COST, 0)), "cost_status": cost_status_of(totals)}
    return {**plain, "total_tokens": token_sums(totals), **cost}


def amounts(totals: Totals) -> dict[str, Any]:
    """Return the fields of Amounts."""
    plain: dict[str, Any] = {metric: totals.get(metric, 0) for metric in PLAIN_METRICS}
    cost = {"cost_usd": usd_string(totals.get(COST, 0)), "cost_status": cost_status_of(totals)}
    return {**plain, "tokens": token_sums(totals), **cost}
