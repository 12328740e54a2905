"""The shape of the answer about a tenant's usage: sums and days, limits, forecast, and what keeps it up to date."""

from collections.abc import Mapping
from datetime import date, datetime

from pydantic import Field

from shared.domain.ledger.counters import Totals
from shared.domain.limits.forecast import Forecast, MetricForecast, NoForecastReason
from shared.domain.limits.limits import LimitPolicy, LimitStatus
from shared.domain.people.members import Role
from shared.domain.prices.money import usd_string
from shared.http.ledger.amounts import Amounts, amounts
from shared.http.ledger.usage_responses import Aggregate, Billing
from shared.http.responses import ResponseModel, Usd
from shared.usecases.limits.read_usage import Changes, UsagePage


class TenantResponse(ResponseModel):
    """The tenant, and what the caller is in it."""

    id: str
    name: str
    role: Role | None = Field(description="Null if the caller is a key.")


class LimitsResponse(ResponseModel):
    """What the tenant may use in a period, and the percentages of it that warn and that block, as amounts too."""

    tokens: int
    runs: int
    soft_percent: int
    hard_percent: int
    soft_tokens: int = Field(description="Tokens from which on the tenant is warned.")
    hard_tokens: int = Field(description="Tokens that may be used; reached by using that much.")
    soft_runs: int = Field(description="Runs from which on the tenant is warned.")
    hard_runs: int = Field(description="Runs that may begin; reached by that many.")

    @classmethod
    def of(cls, policy: LimitPolicy) -> "LimitsResponse":
        """The answer that tells of `policy`."""
        return cls(
            tokens=policy.token_limit,
            runs=policy.run_limit,
            soft_percent=policy.soft_percent,
            hard_percent=policy.hard_percent,
            soft_tokens=policy.soft_token_cap,
            hard_tokens=policy.hard_token_cap,
            soft_runs=policy.soft_run_cap,
            hard_runs=policy.hard_run_cap,
        )


class DayRow(Amounts):
    """Usage of one UTC day, as far as it lies in the period."""

    day: date = Field(serialization_alias="date")

    @classmethod
    def rows(cls, days: Mapping[date, Totals]) -> "list[DayRow]":
        """A row for each day with usage, in order."""
        return [cls(day=day, **amounts(days[day])) for day in sorted(days) if days[day]]


class MetricForecastResponse(ResponseModel):
    """What will be used at this pace, and when the limits are reached."""

    at_end: int
    soft_reached_at: datetime | None = Field(description="Null if reached already, or not before the reset.")
    reached_at: datetime | None = Field(description="Null if reached already, or not before the reset.")

    @classmethod
    def of(cls, found: MetricForecast) -> "MetricForecastResponse":
        """The answer that tells of `found`."""
        return cls(at_end=found.at_end, soft_reached_at=found.soft_reached_at, reached_at=found.reached_at)


class ForecastResponse(ResponseModel):
    """What the period comes to if its mean pace so far goes on; where nothing is said, `reason` says why."""

    tokens: MetricForecastResponse | None
    runs: MetricForecastResponse | None
    cost_usd_at_end: Usd | None
    basis_days: int = Field(description="How many days of the period have usage.")
    reason: NoForecastReason | None

    @classmethod
    def of(cls, found: Forecast) -> "ForecastResponse":
        """The answer that tells of `found`."""
        cost = found.cost_nanousd_at_end
        return cls(
            tokens=MetricForecastResponse.of(found.tokens) if found.tokens else None,
            runs=MetricForecastResponse.of(found.runs) if found.runs else None,
            cost_usd_at_end=None if cost is None else usd_string(cost),
            basis_days=found.basis_days,
            reason=found.reason,
        )


class LiveResponse(ResponseModel):
    """How to learn that usage has changed: listen to these documents, or ask again from time to time."""

    counters: list[str] = Field(
        description="The documents `counters/{id}` of the tenant that change with each recording; four at most."
    )
    ask_every_s: int | None = Field(
        description="How often to ask again where there are too many documents to listen to; null elsewhere."
    )

    @classmethod
    def of(cls, changes: Changes) -> "LiveResponse":
        """Return the answer that tells of `changes`."""
        return cls(counters=list(changes.counter_ids), ask_every_s=changes.ask_every_s)


class UsageResponse(ResponseModel):
    """Usage, limits and billing. Status, forecast and live part are null for anything but the current period.

    There is no status and there are no limits if the tenant's plan is unknown.
    """

    tenant: TenantResponse
    aggregate: Aggregate
    daily: list[DayRow]
    limits: LimitsResponse | None
    status: LimitStatus | None
    forecast: ForecastResponse | None
    billing: Billing
    live: LiveResponse | None

    @classmethod
    def of(cls, page: UsagePage, role: Role | None) -> "UsageResponse":
        """The answer that tells a caller in `role` of `page`."""
        tenant = page.tenant
        return cls(
            tenant=TenantResponse(id=tenant.id, name=tenant.name, role=role),
            aggregate=Aggregate.of(tenant.id, page.usage, page.read_at),
            daily=DayRow.rows(page.usage.days),
            limits=LimitsResponse.of(page.policy) if page.policy else None,
            status=page.status,
            forecast=ForecastResponse.of(page.forecast) if page.forecast else None,
            billing=Billing.of(tenant),
            live=LiveResponse.of(page.changes) if page.changes else None,
        )
