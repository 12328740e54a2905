"""The response about a tenant's usage: totals and days, limits, forecast, billing, and live updates."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime

from pydantic import AliasPath, Field

from shared.domain.ledger.counters import Totals
from shared.domain.ledger.sums import SumCostStatus, cost_status_of
from shared.domain.limits.forecast import Forecast, NoForecastReason
from shared.domain.limits.grants import Grant
from shared.domain.limits.limits import LimitPolicy, LimitStatus
from shared.domain.limits.metrics import Caps
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.people.members import Role
from shared.domain.prices.money import usd_string
from shared.http.ledger.amounts import Amounts, amounts
from shared.http.ledger.attribution_responses import TopResponse
from shared.http.ledger.usage_responses import Aggregate, Billing
from shared.http.responses import ResponseModel, Usd
from shared.ports import RaisedAlert
from shared.usecases.limits.read_usage import UsagePage

_COST_LIMIT = "The most that the calls may cost at their providers. Null, as are its thresholds: unlimited."
_UNLIMITED = f"{MAX_LIMIT} (2^53) means unlimited."


class TenantResponse(ResponseModel):
    """The tenant, and the caller's role in it."""

    id: str
    name: str
    role: Role | None = Field(description="Null if the caller is a key.")
    time_zone: str = Field(
        description="The zone whose days the dashboard shows. `daily` and periods are in UTC."
    )


class GrantResponse(ResponseModel):
    """A grant by hand that is part of the limits: one of a plan, tokens and runs."""

    id: str
    plan: str | None = Field(description="The larger limit of both plans counts, for each metric apart.")
    tokens: int | None = Field(description="Added to the limit of each period.")
    runs: int | None = Field(description="Added to the limit of each period.")
    until: datetime | None = Field(description="Null if the grant has no end.")


class LimitsResponse(ResponseModel):
    """The limits of a period, and the thresholds that warn and block, in percent and as amounts.

    They include the grants that are in effect now.
    """

    tokens: int = Field(validation_alias=AliasPath("tokens", "limit"), description=_UNLIMITED)
    runs: int = Field(validation_alias=AliasPath("runs", "limit"), description=_UNLIMITED)
    requests_per_minute: int = Field(
        description=f"For the platform's own gate: no request is refused here for it. {_UNLIMITED}"
    )
    soft_percent: int
    hard_percent: int
    soft_tokens: int = Field(
        validation_alias=AliasPath("tokens", "soft"), description="Tokens at which the tenant is warned."
    )
    hard_tokens: int = Field(
        validation_alias=AliasPath("tokens", "hard"), description="Tokens at which requests are denied."
    )
    soft_runs: int = Field(
        validation_alias=AliasPath("runs", "soft"), description="Runs at which the tenant is warned."
    )
    hard_runs: int = Field(
        validation_alias=AliasPath("runs", "hard"), description="Runs at which new runs are denied."
    )
    provider_cost_usd: Usd | None = Field(default=None, description=_COST_LIMIT)
    soft_provider_cost_usd: Usd | None = Field(
        default=None, description="Cost at which the tenant is warned."
    )
    hard_provider_cost_usd: Usd | None = Field(default=None, description="Cost at which requests are denied.")
    grants: list[GrantResponse] = Field(
        default=[], description="The grants in effect, in the order of their ids."
    )

    @classmethod
    def of(cls, policy: LimitPolicy, grants: Sequence[Grant]) -> "LimitsResponse":
        """Return the response about `policy`, of which `grants` are a part."""
        shown = [GrantResponse.model_validate(each) for each in grants]
        cost = _cost_limits(policy.cost) if policy.cost.is_limited else {}
        return cls.model_validate(policy).model_copy(update={**cost, "grants": shown})


def _cost_limits(caps: Caps) -> dict[str, str]:
    amounts = {"": caps.limit, "soft_": caps.soft, "hard_": caps.hard}
    return {f"{kind}provider_cost_usd": usd_string(amount) for kind, amount in amounts.items()}


class DayRow(Amounts):
    """Usage of one UTC day, as far as it lies in the period."""

    day: date = Field(serialization_alias="date")

    @classmethod
    def rows(cls, days: Mapping[date, Totals]) -> "list[DayRow]":
        """Return a row for each day with usage, in order."""
        return [cls(day=day, **amounts(days[day])) for day in sorted(days) if days[day]]


class MetricForecastResponse(ResponseModel):
    """The usage at the end of the period at its pace so far, and when it reaches the limits."""

    at_end: int
    soft_reached_at: datetime | None = Field(description="Null if reached already, or not before the reset.")
    reached_at: datetime | None = Field(description="Null if reached already, or not before the reset.")


class ForecastResponse(ResponseModel):
    """The forecast of the period at its mean pace so far; null throughout if there is a `reason` for no forecast."""

    tokens: MetricForecastResponse | None
    runs: MetricForecastResponse | None
    cost_usd_at_end: Usd | None = Field(default=None, validation_alias=AliasPath("cost", "at_end"))
    cost_status: SumCostStatus | None = Field(
        description="`incomplete`: it will cost at least `cost_usd_at_end`, because the cost so far leaves calls out."
    )
    cost_soft_reached_at: datetime | None = Field(
        default=None,
        validation_alias=AliasPath("cost", "soft_reached_at"),
        description="When the cost reaches the warning threshold. Null also if the cost is unlimited.",
    )
    cost_reached_at: datetime | None = Field(
        default=None,
        validation_alias=AliasPath("cost", "reached_at"),
        description="When the cost reaches its limit. Null also if the cost is unlimited.",
    )
    basis_days: int = Field(description="How many days of the period have usage.")
    reason: NoForecastReason | None

    @classmethod
    def of(cls, forecast: Forecast, totals: Totals) -> "ForecastResponse":
        """Return the response about a forecast that continues `totals`."""
        cost_status = None if forecast.cost is None else cost_status_of(totals)
        return cls.model_validate({**asdict(forecast), "cost_status": cost_status})


class LiveResponse(ResponseModel):
    """The source of live updates: documents to listen to, or an interval to poll at."""

    counters: list[str] = Field(
        validation_alias="counter_ids",
        description="Ids of the tenant's `counters` documents that change with each recording; at most four.",
    )
    ask_every_s: int | None = Field(
        description="The polling interval if there are too many documents to listen to, else null."
    )


class UsageResponse(ResponseModel):
    """Usage, limits and billing. `status`, `forecast` and `live` are set only for the current period.

    `status` and `limits` are null if the tenant's plan is unknown.
    """

    tenant: TenantResponse
    aggregate: Aggregate
    daily: list[DayRow]
    limits: LimitsResponse | None
    status: LimitStatus | None
    forecast: ForecastResponse | None
    billing: Billing
    live: LiveResponse | None
    tag_names: list[str] = Field(description="The tags that usage is summed by, at most five.")
    by_name: TopResponse | None = Field(
        description="With `group_by`: the 20 names that cost most, in the whole UTC days of the period."
    )

    @classmethod
    def of(
        cls, page: UsagePage, role: Role | None, alerts: Sequence[RaisedAlert], plans: PlanCatalog
    ) -> "UsageResponse":
        """Return the response about `page`, with the billing alerts that a caller with `role` may see."""
        tenant = page.tenant
        return cls(
            tenant=TenantResponse(id=tenant.id, name=tenant.name, role=role, time_zone=tenant.time_zone),
            aggregate=Aggregate.of(tenant.id, page.usage, page.read_at),
            daily=DayRow.rows(page.usage.days),
            limits=LimitsResponse.of(page.policy, tenant.grants) if page.policy else None,
            status=page.status,
            forecast=ForecastResponse.of(page.forecast, page.usage.totals) if page.forecast else None,
            billing=Billing.of(tenant, alerts, plans),
            live=LiveResponse.model_validate(page.changes) if page.changes else None,
            tag_names=sorted(tenant.counters.tag_names),
            by_name=None,
        )
