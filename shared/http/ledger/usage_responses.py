"""The responses about usage: totals, breakdowns, series, runs and billing."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from pydantic import Field

from shared.domain.billing.subscription_states import SubscriptionState
from shared.domain.ledger.counters import Series, Totals, add
from shared.domain.ledger.holds import Amounts as HeldAmounts
from shared.domain.ledger.rollups import bounded_series
from shared.domain.ledger.steps import Granularity
from shared.domain.ledger.sums import SumCategory, category_of, cost_status_of
from shared.domain.ledger.usage import Usage
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plans import BillingInterval
from shared.domain.metering.runs import Run, RunStatus
from shared.domain.people.tenants import BillingSummary, Tenant
from shared.domain.prices.money import usd_string
from shared.http.ledger.amounts import (
    COST,
    AggregateAmounts,
    Amounts,
    CostStatusOfSum,
    aggregate_amounts,
    amounts,
)
from shared.http.ledger.run_budgets import RunBudgetFields, budget_fields
from shared.http.responses import PlanResponse, ResponseModel, Usd
from shared.ports import RaisedAlert
from shared.usecases.ledger.read_series import MAX_FILLED_ROWS, OTHER_LABEL, GroupBy, Point

MAX_SERIES_ROWS: Final = 1_000
_BILLED = frozenset({SubscriptionState.ACTIVE, SubscriptionState.TRIALING, SubscriptionState.PAST_DUE})
"""States in which Stripe bills at the end of each period."""


class Breakdown(ResponseModel):
    """A row of a breakdown."""

    calls: int
    unpriced_calls: int
    incomplete_calls: int
    tokens: int
    cost_usd: Usd
    cost_status: CostStatusOfSum

    @classmethod
    def of(cls, totals: Totals) -> "Breakdown":
        return cls(
            calls=totals.get("calls", 0),
            unpriced_calls=totals.get("unpriced_calls", 0),
            incomplete_calls=totals.get("incomplete_calls", 0),
            tokens=totals.get("total_tokens", 0),
            cost_usd=usd_string(totals.get(COST, 0)),
            cost_status=cost_status_of(totals),
        )


class SeriesRow(Amounts):
    """Usage of one model at one provider, or of one tool."""

    provider: str
    model: str
    category: SumCategory = Field(
        description="`llm` if the row has calls of a model, else `tool` if it has calls of a tool, else `other`."
    )

    @classmethod
    def rows(cls, by_series: Mapping[Series, Totals]) -> "list[SeriesRow]":
        """Return a row for each series, in order."""
        return [cls.of(series, by_series[series]) for series in sorted(by_series)]

    @classmethod
    def of(cls, series: Series, totals: Totals) -> "SeriesRow":
        provider, model = series.provider or OTHER_LABEL, series.model or OTHER_LABEL
        return cls(provider=provider, model=model, category=category_of(totals), **amounts(totals))


class Aggregate(AggregateAmounts):
    """A tenant's usage in a metering period or interval, as of `updated_at`."""

    tenant_id: str
    period_start: datetime
    period_end: datetime
    updated_at: datetime
    total_runs: int
    by_provider: dict[str, Breakdown]
    by_model: dict[str, Breakdown]
    series: list[SeriesRow] = Field(
        description="The series with the most tokens. Beyond a thousand, the rest is the row `other`."
    )

    @classmethod
    def of(cls, tenant_id: str, usage: Usage, read_at: datetime) -> "Aggregate":
        series = bounded_series(usage.series, MAX_SERIES_ROWS)
        return cls(
            tenant_id=tenant_id,
            period_start=usage.within.start,
            period_end=usage.within.end,
            updated_at=read_at,
            total_runs=usage.runs,
            by_provider=_breakdown(series, lambda name: name.provider),
            by_model=_breakdown(series, lambda name: name.model),
            series=SeriesRow.rows(series),
            **aggregate_amounts(usage.totals),
        )


def _breakdown(rows: Mapping[Series, Totals], name_of: Callable[[Series], str]) -> dict[str, Breakdown]:
    sums: dict[str, Totals] = {}
    for series, totals in rows.items():
        add(sums.setdefault(name_of(series) or OTHER_LABEL, {}), totals)
    return {name: Breakdown.of(sums[name]) for name in sorted(sums)}


class BillingAlertResponse(ResponseModel):
    """A problem of the tenant's subscriptions."""

    kind: str
    message: str
    at: datetime

    @classmethod
    def of(cls, raised: RaisedAlert) -> "BillingAlertResponse":
        return cls(kind=raised.alert.kind, message=raised.alert.message, at=raised.at)


class Billing(ResponseModel):
    """The tenant's billing; without a subscription, only the plan is set."""

    plan: str
    plan_version: int
    plan_name: str | None
    plan_terms: PlanResponse | None = Field(
        description="The plan in the version that the tenant has, also if it is not sold any more. Null if it is "
        "unknown. `limits` are what the tenant may use, with its own limits, its grants and the quantity."
    )
    status: str
    interval: BillingInterval | None
    current_period_end: datetime | None = Field(
        description="When the period that was billed last ends; the metering period resets by itself."
    )
    next_invoice_at: datetime | None = Field(description="Null if the subscription ends or does not bill.")
    cancel_at_period_end: bool
    plan_ends_at: datetime | None = Field(
        description="When the plan ends by a cancellation or the end of grace."
    )
    trial_end: datetime | None
    past_due_since: datetime | None
    ends_at: datetime | None = Field(
        description="When the subscription will end by a cancellation, whichever way it was planned; else null."
    )
    scheduled_plan: str | None = Field(
        description="The plan that a confirmed change brings at `scheduled_at`, when the billed period ends."
    )
    scheduled_plan_name: str | None
    scheduled_interval: BillingInterval | None
    scheduled_at: datetime | None
    alerts: list[BillingAlertResponse] = Field(
        description="Problems of the subscriptions that a person should fix: for callers with `billing:write`, "
        "in answers about the current period."
    )

    @classmethod
    def of(cls, tenant: Tenant, alerts: Sequence[RaisedAlert], plans: PlanCatalog) -> "Billing":
        plan, summary = plans.find(tenant.plan, tenant.plan_version), tenant.billing
        # The name alone, so any version will do.
        scheduled = plans.find(summary.scheduled_plan, 1) if summary.scheduled_plan else None
        return cls(
            plan=tenant.plan,
            plan_version=tenant.plan_version,
            plan_name=plan.name if plan else None,
            plan_terms=PlanResponse.of(plan) if plan else None,
            status=summary.status,
            interval=summary.interval,
            current_period_end=summary.period_end,
            next_invoice_at=_next_invoice_at(summary),
            cancel_at_period_end=summary.cancel_at_period_end,
            plan_ends_at=tenant.entitlement.until if tenant.entitlement else None,
            trial_end=summary.trial_end,
            past_due_since=summary.past_due_since,
            ends_at=summary.ends_at,
            scheduled_plan=summary.scheduled_plan,
            scheduled_plan_name=scheduled.name if scheduled else None,
            scheduled_interval=summary.scheduled_interval,
            scheduled_at=summary.scheduled_at,
            alerts=[BillingAlertResponse.of(each) for each in alerts],
        )


def _next_invoice_at(summary: BillingSummary) -> datetime | None:
    """Return the end of the billed period, unless the subscription ends by then."""
    next_at, ends_at = summary.period_end, summary.ends_at
    is_over = next_at is not None and ends_at is not None and ends_at <= next_at
    return next_at if summary.status in _BILLED and not is_over else None


class SeriesPoint(Amounts):
    """Usage of one step of a time zone: an hour, a day, a week from Monday on, or a month."""

    start: datetime = Field(description="The first instant of the step; it may be before `from`.")
    label: str = Field(
        description="The step in the time zone: `2026-11-18T05:00:00+01:00` for an hour, `2026-11-18` for a day, "
        "the date of its Monday for a week, `2026-11` for a month."
    )
    provider: str | None = None
    model: str | None = None

    @classmethod
    def of(cls, point: Point) -> "SeriesPoint":
        return cls(
            start=point.step.start,
            label=point.step.label,
            provider=point.provider,
            model=point.model,
            **amounts(point.totals),
        )


class SeriesResponse(ResponseModel):
    """Usage over time, in whole hours of [from, to)."""

    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    granularity: Granularity
    group_by: GroupBy | None
    time_zone: str = Field(description="The time zone whose days, weeks and months the steps are.")
    points: list[SeriesPoint] = Field(
        description=f"In order. Filled, at most {MAX_FILLED_ROWS:,}: beyond it, the groups with the fewest tokens "
        "become the group `other`."
    )


class RunResponse(RunBudgetFields, Amounts):
    """A run, its totals and its budget."""

    id: str
    parent_run_id: str | None = Field(description="The run that started it.")
    status: RunStatus
    is_silent: bool = Field(description="The run is open, and has sent nothing for 30 minutes.")
    began_at: datetime
    last_at: datetime
    duration_ms: int
    user_id: str | None = Field(
        description="The run's user, as the last of its events that name one do. So are its workflow and its tags. "
        "Null too for a run of which all events are older than these fields."
    )
    workflow_id: str | None
    tags: dict[str, str] | None

    @classmethod
    def of(cls, run: Run, now: datetime, below: HeldAmounts | None = None) -> "RunResponse":
        """Return the response about a run; `below` is what its children have taken of its hold, if it was read."""
        return cls(
            id=run.id,
            parent_run_id=run.parent_run_id,
            status=run.status(now),
            is_silent=run.is_silent(now),
            began_at=run.began_at,
            last_at=run.last_at,
            duration_ms=run.duration_ms,
            user_id=run.user_id,
            workflow_id=run.workflow_id,
            tags=dict(run.tags) if run.tags else None,
            **budget_fields(run, below, now),
            **amounts(run.totals),
        )


class RunsResponse(ResponseModel):
    """A page of runs."""

    runs: list[RunResponse]
    next_cursor: str | None
