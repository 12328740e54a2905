"""Tenants, the customers of the platform, and what a subscription says of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import starmap
from typing import Literal

from shared.domain.errors import Forbidden
from shared.domain.ledger.counter_settings import DEFAULT_COUNTER_SETTINGS, CounterHistory, CounterSettings
from shared.domain.ledger.zones import UTC_NAME
from shared.domain.limits.budgets import Budget, OnUnreadable
from shared.domain.limits.entitlement import Entitlement
from shared.domain.limits.grants import Grant, valid_grants
from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.plans import BillingInterval, PlanVersion

TenantStatus = Literal["active", "suspended", "ended"]

NO_OVERRIDES = LimitOverrides()


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingSummary:
    """The subscription that decides a tenant's plan, or the last one that did, for display."""

    status: str = "none"
    subscription_id: str | None = None
    interval: BillingInterval | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    cancel_at_period_end: bool = False
    trial_end: datetime | None = None
    past_due_since: datetime | None = None
    scheduled_plan: str | None = None
    """The plan that replaces the current one at `scheduled_at`, by a change that was confirmed before."""
    scheduled_interval: BillingInterval | None = None
    scheduled_at: datetime | None = None
    ends_at: datetime | None = None
    """When it will end by a cancellation; None if none is planned, or after the end."""
    mrr_nanousd: int = 0
    """The monthly price of all subscriptions that are paid now, before discounts and taxes."""
    has_second_subscription: bool = False
    """Whether several subscriptions run at once."""


NO_SUBSCRIPTION = BillingSummary()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A customer of the platform. Metering periods start at `anchor`; None means calendar months."""

    id: str
    name: str
    plan: str
    plan_version: int = 1
    """The version of the plan whose terms hold for this tenant."""
    least_versions: tuple[PlanVersion, ...] = ()
    """The versions that it was moved to: Stripe's subscriptions grant no earlier one of these plans."""
    created_at: datetime
    overrides: LimitOverrides = NO_OVERRIDES
    anchor: datetime | None = None
    counters: CounterSettings = DEFAULT_COUNTER_SETTINGS
    quantity: int = 1
    """How many times the plan is paid for; known after `at`, from the entitlement."""
    entitlement: Entitlement | None = None
    """The plan that its subscriptions grant; None if it never subscribed and `plan` was set by hand."""
    billing: BillingSummary = NO_SUBSCRIPTION
    alert_recipients: tuple[str, ...] = ()
    """The addresses that get alert mails; if empty, the owners get them."""
    takes_estimates: bool | None = None
    """Whether a caller's own estimate of a cost counts. None: as the deployment is configured."""
    time_zone: str = UTC_NAME
    """The zone whose days the dashboard shows. Usage is counted, and limits are reset, by the hour of UTC."""
    grants: tuple[Grant, ...] = ()
    """What an operator gave by hand, in the order of the ids. Stripe changes none of it."""
    budgets: tuple[Budget, ...] = ()
    """In the order of their ids."""
    on_unreadable: OnUnreadable = "closed"
    """How a check is answered while the usage cannot be read: `open` allows, `closed` denies."""
    has_holds: bool = False
    """Whether a run was ever admitted, so that what runs have set aside has to be read."""
    has_corrections: bool = False
    """Whether an event was ever corrected, so that corrections have to be read beside events."""
    suspended_at: datetime | None = None
    """When an operator suspended it; None if it may use the product."""
    ended_at: datetime | None = None
    """When it ended: nothing is recorded any more, and its members can still read."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Notes of the platform, such as its own id of the customer; nothing here reads them."""
    created_from: str | None = None
    """A hash of the platform's request that created it, by which a repetition is recognised."""
    version: object = field(default=None, compare=False)
    """Set by the store, which rejects changes based on an older version."""

    @property
    def is_suspended(self) -> bool:
        return self.suspended_at is not None

    @property
    def status(self) -> TenantStatus:
        """The state that decides how the tenant may use the product; after its end, a suspension no longer counts."""
        if self.ended_at is not None:
            return "ended"
        return "suspended" if self.is_suspended else "active"

    @property
    def recording_refusal(self) -> Forbidden | None:
        """The error with which its events and checks are refused; None if it may record."""
        if self.status == "ended":
            return Forbidden(
                f"tenant {self.id!r} has ended: nothing is recorded any more", code="tenant_ended"
            )
        if self.is_suspended:
            message = f"tenant {self.id!r} is suspended: nothing is recorded and nothing can be read; contact support"
            return Forbidden(message, code="tenant_suspended")
        return None

    def refuse_suspended(self) -> None:
        """Raise Forbidden if the tenant is suspended."""
        if self.is_suspended and self.recording_refusal:
            raise self.recording_refusal

    def refuse_recording(self) -> None:
        """Raise Forbidden if the tenant is suspended or has ended."""
        if self.recording_refusal:
            raise self.recording_refusal

    @property
    def version_of_plan(self) -> PlanVersion:
        """The plan, and the version that the tenant has of it."""
        return PlanVersion(self.plan, self.plan_version)

    def with_least_version(self, moved: PlanVersion) -> "Tenant":
        """Return the tenant with the version of a plan that it was moved to."""
        versions = {**dict(self.least_versions), moved.plan: moved.version}
        return replace(self, least_versions=tuple(starmap(PlanVersion, sorted(versions.items()))))

    @property
    def counter_history(self) -> CounterHistory:
        """The settings and the start of the tenant's counters."""
        return CounterHistory(self.counters, self.created_at)

    def at(self, now: datetime) -> "Tenant":
        """Return the tenant with the plan, the anchor and the grants in effect at `now`; each may have ended."""
        grants = valid_grants(self.grants, now)
        current = self if grants == self.grants else replace(self, grants=grants)
        if self.entitlement is None:
            return current
        entitled = self.entitlement.at(now)
        version = max(entitled.plan_version, dict(self.least_versions).get(entitled.plan, 1))
        known = (self.plan, self.plan_version, self.anchor, self.quantity)
        if (entitled.plan, version, entitled.anchor, entitled.quantity) == known:
            return current
        return replace(
            current,
            plan=entitled.plan,
            plan_version=version,
            anchor=entitled.anchor,
            quantity=entitled.quantity,
        )


@dataclass(frozen=True, slots=True)
class TenantProfile:
    """How the platform names and describes a tenant."""

    name: str
    metadata: Mapping[str, str]
