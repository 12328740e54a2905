"""Responses of the platform's routes of tenants."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field, RootModel

from shared.domain.ledger.counter_settings import LONGEST_FOLD_MINUTES
from shared.domain.limits.grants import Grant
from shared.domain.limits.limits import LimitOverrides, LimitPolicy
from shared.domain.limits.plans import MAX_LIMIT, BillingInterval
from shared.domain.people.tenant_rows import RowUsage, TenantRow
from shared.domain.people.tenants import Tenant, TenantStatus
from shared.domain.prices.money import usd_string
from shared.http.people.member_responses import MembershipResponse
from shared.http.people.tenant_bodies import UNLIMITED
from shared.http.responses import ResponseModel, Usd, Version
from shared.usecases.limits.tenant_rows import ListedTenant
from shared.usecases.people.edit_tenant import tenant_version

_AGE = f"What was recorded since then is not in it; a fold comes at most {LONGEST_FOLD_MINUTES} minutes after that."


class TenantUsageResponse(ResponseModel):
    """The usage of a tenant in its current metering period, as of its last fold."""

    tokens: int
    runs: int
    cost_usd: Usd
    usage_percent: float = Field(
        description="Of the limit of which the most is used, cut to two decimals; may exceed 100."
    )
    over_80: bool
    over_limit: bool = Field(description="All of a limit is used, or more.")
    last_event_at: datetime | None = Field(description="Accurate to the hour; null before the first event.")
    period_end: datetime
    folded_at: datetime = Field(description=f"When this was computed. {_AGE}")

    @classmethod
    def of(cls, usage: RowUsage | None, now: datetime) -> "TenantUsageResponse | None":
        if usage is None:
            return None
        current = usage.at(now)
        return cls(
            tokens=current.tokens,
            runs=current.runs,
            cost_usd=usd_string(current.cost_nanousd),
            usage_percent=current.percent_hundredths / 100,
            over_80=current.over_80,
            over_limit=current.percent_hundredths >= 100_00,
            last_event_at=current.last_event_at,
            period_end=current.period_end,
            folded_at=current.folded_at,
        )


class TenantRowResponse(ResponseModel):
    """A tenant in the platform's list."""

    id: str
    name: str
    plan: str
    plan_version: int
    status: TenantStatus
    subscription_status: str = Field(description="As Stripe calls it; `none` without a subscription.")
    past_due: bool
    created_at: datetime
    mrr_usd: Usd = Field(
        description="The monthly price of what it pays now: unit price × quantity, a yearly one divided by 12, before"
        " discounts and taxes. A past due subscription counts, a trial does not."
    )
    has_second_subscription: bool = Field(description="Several subscriptions run at once.")
    usage: TenantUsageResponse | None = Field(
        description="Null for a tenant older than the list, until the daily job has read its usage."
    )

    @classmethod
    def of(cls, row: TenantRow, now: datetime) -> "TenantRowResponse":
        names = [name for name in cls.model_fields if name not in ("id", "mrr_usd", "usage")]
        plain = {name: getattr(row.tenant, name) for name in names}
        usage = TenantUsageResponse.of(row.usage, now)
        return cls(id=row.id, mrr_usd=usd_string(row.tenant.mrr_nanousd), usage=usage, **plain)


class TenantsResponse(ResponseModel):
    """A page of the platform's tenants. It may end early: go on while there is a `next_cursor`."""

    tenants: list[TenantRowResponse]
    next_cursor: str | None


class TenantLimitsResponse(ResponseModel):
    """The limits of a tenant per metering period, with its own and its grants; null is unlimited."""

    tokens: int | None
    runs: int | None
    provider_cost_usd: Usd | None = Field(description="The most that its calls may cost at their providers.")
    requests_per_minute: int | None
    soft_percent: int
    hard_percent: int

    @classmethod
    def of(cls, policy: LimitPolicy) -> "TenantLimitsResponse":
        return cls(
            tokens=_or_unlimited(policy.token_limit),
            runs=_or_unlimited(policy.run_limit),
            provider_cost_usd=usd_string(policy.cost_limit_nanousd) if policy.cost.is_limited else None,
            requests_per_minute=_or_unlimited(policy.requests_per_minute),
            soft_percent=policy.soft_percent,
            hard_percent=policy.hard_percent,
        )


class OwnLimitsResponse(ResponseModel):
    """The limits and thresholds that replace those of the plan; null replaces nothing."""

    tokens: int | None
    runs: int | None
    provider_cost_usd: str | None = Field(description=f"In USD, or `{UNLIMITED}`.")
    requests_per_minute: int | None
    soft_percent: int | None
    hard_percent: int | None

    @classmethod
    def of(cls, own: LimitOverrides) -> "OwnLimitsResponse":
        cost = own.cost_nanousd
        names = [name for name in cls.model_fields if name != "provider_cost_usd"]
        return cls(
            **{name: getattr(own, name) for name in names},
            provider_cost_usd=None if cost is None else UNLIMITED if cost == MAX_LIMIT else usd_string(cost),
        )


class GrantResponse(ResponseModel):
    """A plan, or tokens or runs per metering period, that were given by hand."""

    id: str
    plan: str | None
    tokens: int | None
    runs: int | None
    until: datetime | None = Field(description="Null: without an end.")
    reason: str
    granted_at: datetime


class GrantsResponse(ResponseModel):
    """The grants that have not ended."""

    grants: list[GrantResponse]

    @classmethod
    def of(cls, grants: tuple[Grant, ...]) -> "GrantsResponse":
        return cls(grants=[GrantResponse.model_validate(each) for each in grants])


class TenantBillingResponse(ResponseModel):
    """The subscription that decides the plan, or the last one that did."""

    status: str = Field(description="As Stripe calls it; `none` without a subscription.")
    subscription_id: str | None
    interval: BillingInterval | None
    period_start: datetime | None
    period_end: datetime | None
    cancel_at_period_end: bool
    ends_at: datetime | None
    trial_end: datetime | None
    past_due_since: datetime | None
    scheduled_plan: str | None
    scheduled_at: datetime | None


class TenantResponse(ResponseModel):
    """A tenant as the platform sees it."""

    id: str
    name: str
    plan: str
    plan_version: int = Field(description="The version of the plan whose terms hold for this tenant.")
    status: TenantStatus
    created_at: datetime
    suspended_at: datetime | None
    ended_at: datetime | None
    metadata: Mapping[str, str]
    own_limits: OwnLimitsResponse
    limits: TenantLimitsResponse | None = Field(description="Null: the plan is unknown, and allows nothing.")
    grants: list[GrantResponse]
    billing: TenantBillingResponse
    usage: TenantUsageResponse | None
    version: Version

    @classmethod
    def of(cls, listed: ListedTenant, policy: LimitPolicy | None, now: datetime) -> "TenantResponse":
        tenant: Tenant = listed.tenant.at(now)
        names = (
            "id",
            "name",
            "plan",
            "plan_version",
            "status",
            "created_at",
            "suspended_at",
            "ended_at",
            "metadata",
        )
        return cls(
            **{name: getattr(tenant, name) for name in names},
            own_limits=OwnLimitsResponse.of(tenant.overrides),
            limits=TenantLimitsResponse.of(policy) if policy else None,
            grants=GrantsResponse.of(tenant.grants).grants,
            billing=TenantBillingResponse.model_validate(tenant.billing),
            usage=TenantUsageResponse.of(listed.row.usage, now),
            version=tenant_version(listed.tenant),
        )


class CreatedTenantResponse(RootModel[MembershipResponse | TenantResponse]):
    """The membership of the person who created the tenant, or the tenant as the platform sees it."""


def _or_unlimited(limit: int) -> int | None:
    return None if limit == MAX_LIMIT else limit
