"""The shapes of answers about usage: sums, breakdowns, series, runs and what is billed."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field, create_model

from shared.domain.counters import METRICS, Metric, Series, Totals, add
from shared.domain.money import usd_string
from shared.domain.plans import find_plan
from shared.domain.rollups import bounded_series
from shared.domain.runs import Run, RunStatus
from shared.domain.tenants import Tenant
from shared.domain.usage import Usage
from shared.http.answers import Answer, Usd
from shared.usecases.read_series import OTHER_LABEL, Point

MAX_SERIES_ROWS: Final = 1_000

COST: Final[Metric] = "cost_nanousd"
TOKEN_METRICS: Final = tuple(metric for metric in METRICS if metric.endswith("_tokens"))
PLAIN_METRICS: Final = tuple(metric for metric in METRICS if metric not in (*TOKEN_METRICS, COST))
_AGGREGATE_NAMES: Final[Mapping[Metric, str]] = {
    "calls": "total_llm_calls",
    "tool_calls": "total_tool_calls",
    "errors": "total_errors",
    "latency_ms": "total_latency_ms",
}
"""What an aggregate calls these metrics; any other has its own name there too."""

if TYPE_CHECKING:

    class TokenSums(Answer):
        """The token metrics, each without its ending `_tokens`."""

    class Amounts(Answer):
        """Every metric but the tokens and the cost, under its own name."""

        tokens: TokenSums
        cost_usd: Usd

    class _AggregateAmounts(Answer):
        """The same for an aggregate."""

        total_tokens: TokenSums
        total_cost_usd: Usd
else:
    TokenSums = create_model(
        "TokenSums",
        __base__=Answer,
        __doc__="Token counts; `input` includes cached tokens, `output` includes reasoning.",
        **{metric.removesuffix("_tokens"): int for metric in TOKEN_METRICS},
    )
    Amounts = create_model(
        "Amounts",
        __base__=Answer,
        __doc__="All metrics of one row.",
        **dict.fromkeys(PLAIN_METRICS, int),
        tokens=TokenSums,
        cost_usd=Usd,
    )
    _AggregateAmounts = create_model(
        "AggregateAmounts",
        __base__=Answer,
        **{_AGGREGATE_NAMES.get(metric, metric): int for metric in PLAIN_METRICS},
        total_tokens=TokenSums,
        total_cost_usd=Usd,
    )


def token_sums(totals: Totals) -> TokenSums:
    """Return the token metrics of `totals`."""
    return TokenSums(**{metric.removesuffix("_tokens"): totals.get(metric, 0) for metric in TOKEN_METRICS})


def amounts(totals: Totals) -> dict[str, Any]:
    """Return the fields of Amounts."""
    plain: dict[str, Any] = {metric: totals.get(metric, 0) for metric in PLAIN_METRICS}
    return {**plain, "tokens": token_sums(totals), "cost_usd": usd_string(totals.get(COST, 0))}


class Breakdown(Answer):
    """A row of a breakdown."""

    calls: int
    tokens: int
    cost_usd: Usd

    @classmethod
    def of(cls, totals: Totals) -> "Breakdown":
        """Return the row of `totals`."""
        cost_usd = usd_string(totals.get(COST, 0))
        return cls(calls=totals.get("calls", 0), tokens=totals.get("total_tokens", 0), cost_usd=cost_usd)


class SeriesRow(Amounts):
    """Usage of one model at one provider."""

    provider: str
    model: str

    @classmethod
    def rows(cls, by_series: Mapping[Series, Totals]) -> "list[SeriesRow]":
        """Return a row for each series, in order."""
        return [cls._of(series, by_series[series]) for series in sorted(by_series)]

    @classmethod
    def _of(cls, series: Series, totals: Totals) -> "SeriesRow":
        provider, model = series.provider or OTHER_LABEL, series.model or OTHER_LABEL
        return cls(provider=provider, model=model, **amounts(totals))


class Aggregate(_AggregateAmounts):
    """A tenant's usage in a metering period or interval, as of `updated_at`."""

    tenant_id: str
    period_start: datetime
    period_end: datetime
    updated_at: datetime
    total_runs: int
    by_provider: dict[str, Breakdown]
    by_model: dict[str, Breakdown]
    series: list[SeriesRow] = Field(
        description="The series with the most tokens; from a thousand on, the rest is the row `other`."
    )

    @classmethod
    def of(cls, tenant_id: str, usage: Usage, read_at: datetime) -> "Aggregate":
        """Return the answer that tells of `usage`."""
        totals, series = usage.totals, bounded_series(usage.series, MAX_SERIES_ROWS)
        return cls(
            tenant_id=tenant_id,
            period_start=usage.within.start,
            period_end=usage.within.end,
            updated_at=read_at,
            total_runs=usage.runs,
            total_tokens=token_sums(totals),
            total_cost_usd=usd_string(totals.get(COST, 0)),
            by_provider=_breakdown(series, lambda name: name.provider),
            by_model=_breakdown(series, lambda name: name.model),
            series=SeriesRow.rows(series),
            **{_AGGREGATE_NAMES.get(metric, metric): totals.get(metric, 0) for metric in PLAIN_METRICS},
        )


def _breakdown(rows: Mapping[Series, Totals], name_of: Callable[[Series], str]) -> dict[str, Breakdown]:
    sums: dict[str, Totals] = {}
    for series, totals in rows.items():
        add(sums.setdefault(name_of(series) or OTHER_LABEL, {}), totals)
    return {name: Breakdown.of(sums[name]) for name in sorted(sums)}


class Billing(Answer):
    """What the tenant is billed by; all but the plan is None without a subscription."""

    plan: str
    plan_name: str | None
    status: str
    interval: str | None
    current_period_end: datetime | None
    cancel_at_period_end: bool
    plan_ends_at: datetime | None = Field(
        description="When the plan ends by a cancellation or the end of grace."
    )
    trial_end: datetime | None
    past_due_since: datetime | None

    @classmethod
    def of(cls, tenant: Tenant) -> "Billing":
        """The answer that tells of a tenant's billing."""
        plan, summary = find_plan(tenant.plan), tenant.billing
        return cls(
            plan=tenant.plan,
            plan_name=plan.name if plan else None,
            status=summary.status,
            interval=summary.interval,
            current_period_end=summary.period_end,
            cancel_at_period_end=summary.cancel_at_period_end,
            plan_ends_at=tenant.entitlement.until if tenant.entitlement else None,
            trial_end=summary.trial_end,
            past_due_since=summary.past_due_since,
        )


class SeriesPoint(Amounts):
    """Usage of one hour or day."""

    start: datetime
    provider: str | None = None
    model: str | None = None

    @classmethod
    def of(cls, point: Point, group_by: str | None) -> "SeriesPoint":
        """The answer that tells of `point`."""
        provider = point.group if group_by == "provider" else None
        model = point.group if group_by == "model" else None
        return cls(start=point.start, provider=provider, model=model, **amounts(point.totals))


class SeriesAnswer(Answer):
    """Usage over time; `from` and `to` are the whole hours that were read, [from, to)."""

    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    granularity: Literal["hour", "day"]
    group_by: Literal["provider", "model"] | None
    points: list[SeriesPoint]


class RunAnswer(Amounts):
    """A run and its sums."""

    id: str
    status: RunStatus
    began_at: datetime
    last_at: datetime
    duration_ms: int

    @classmethod
    def of(cls, run: Run, now: datetime) -> "RunAnswer":
        """The answer that tells of `run`."""
        duration_ms = round((run.last_at - run.began_at).total_seconds() * 1000)
        return cls(
            id=run.id,
            status=run.status(now),
            began_at=run.began_at,
            last_at=run.last_at,
            duration_ms=duration_ms,
            **amounts(run.totals),
        )


class RunsAnswer(Answer):
    """A page of runs, newest first."""

    runs: list[RunAnswer]
    next_cursor: str | None
