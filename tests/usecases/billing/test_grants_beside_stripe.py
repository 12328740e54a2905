"""B41: whatever Stripe reports, in whatever order, a grant stays, moves no period, and lowers no limit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.billing.stripe_events import CustomerSnapshot, StripeEvent
from shared.domain.ledger.periods import period_at
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.usecases.billing.reconcile_billing import reconcile_tenant
from shared.usecases.people.manage_grants import GrantRequest, give_grant
from tests.billing_places import BillingPlace, MemoryBillingPlace
from tests.plans import ENTERPRISE, PLANS, STARTER, THRESHOLDS
from tests.usecases.billing.billing_scenarios import (
    CREATED,
    CUSTOMER_ID,
    DELIVERED_AT,
    SUBSCRIPTION_ID,
    account_of,
    audited_changes,
    billing_on,
    deliver,
    event_of,
    subscription_event,
)
from tests.usecases.billing.stripe_account import StripeAccount
from tests.usecases.plain_sums import new_tenant

BY_ADA = Change("admin:ada", DELIVERED_AT, "pilot")
ITEM = "items__data__0__price__lookup_key"
UNMAPPED: dict[str, Any] = {ITEM: "special_offer", "items__data__0__price__product": "prod_1"}
LIFE: list[StripeEvent] = [
    CREATED,
    subscription_event("updated", "2026-11-01T00:00:00Z", **{ITEM: "gwi_enterprise_month"}),
    subscription_event("updated", "2026-11-02T00:00:00Z", **UNMAPPED),
    subscription_event("updated", "2026-11-03T00:00:00Z", status="past_due"),
    subscription_event("updated", "2026-11-04T00:00:00Z", status="unpaid"),
    subscription_event("paused", "2026-11-05T00:00:00Z", status="paused"),
    subscription_event("resumed", "2026-11-06T00:00:00Z"),
    subscription_event("updated", "2026-11-07T00:00:00Z", cancel_at_period_end=True),
    subscription_event("deleted", "2026-12-15T00:00:00Z", status="canceled"),
    event_of("customer.deleted", {"id": CUSTOMER_ID, "object": "customer"}, "2026-12-16T00:00:00Z"),
]
requests = (
    st.builds(GrantRequest, plan=st.sampled_from(PLANS.plans))
    | st.builds(GrantRequest, tokens=st.integers(1, MAX_LIMIT))
    | st.builds(GrantRequest, runs=st.integers(1, MAX_LIMIT))
)
steps = st.lists(st.sampled_from(LIFE) | requests, max_size=14)


def new_place() -> MemoryBillingPlace:
    place = MemoryBillingPlace()
    new_tenant(place.directory, plan="free")
    return place


def tenant_of(place: BillingPlace) -> Tenant:
    return account_of(place.open()).tenant.at(DELIVERED_AT)


def limits_of(tenant: Tenant) -> tuple[int, int]:
    policy = THRESHOLDS.policy_of(tenant)
    assert policy is not None
    return policy.token_limit, policy.run_limit


@given(steps)
def test_b41_after_every_event_each_grant_is_there_and_the_limits_are_the_better_of_both(
    taken: list[StripeEvent | GrantRequest],
) -> None:
    granting, plain = new_place(), new_place()
    given_so_far: list[GrantRequest] = []
    for step in taken:
        if isinstance(step, GrantRequest):
            give_grant(granting.directory, "acme", step, BY_ADA)
            given_so_far.append(step)
        else:
            deliver(billing_on(granting.open()), [step])
            deliver(billing_on(plain.open()), [step])
        tenant, without = tenant_of(granting), tenant_of(plain)
        grants = [
            GrantRequest(plan=PLANS.find(each.plan or ""), tokens=each.tokens, runs=each.runs)
            for each in tenant.grants
        ]
        assert sorted(grants, key=str) == sorted(given_so_far, key=str)
        assert (tenant.plan, tenant.anchor, tenant.billing) == (without.plan, without.anchor, without.billing)
        assert period_at(tenant.anchor, DELIVERED_AT) == period_at(without.anchor, DELIVERED_AT)
        plans = [each for each in (PLANS.find(tenant.plan), *(each.plan for each in grants)) if each]
        tokens, runs = sum(each.tokens or 0 for each in grants), sum(each.runs or 0 for each in grants)
        assert limits_of(tenant) == (
            min(max(each.token_limit for each in plans) + tokens, MAX_LIMIT),
            min(max(each.run_limit for each in plans) + runs, MAX_LIMIT),
        )


@pytest.mark.parametrize("after", [0, 1, len(LIFE)], ids=["before", "during", "after"])
def test_b41_a_grant_can_be_given_before_during_and_after_a_subscription(
    place: BillingPlace, after: int
) -> None:
    deliver(billing_on(place.open()), LIFE[:after])
    grant = give_grant(place.directory, "acme", GrantRequest(plan=ENTERPRISE), BY_ADA)
    deliver(billing_on(place.open()), LIFE[after:])
    tenant = tenant_of(place)
    assert (tenant.grants, tenant.plan, limits_of(tenant)) == ((grant,), "free", (10_000_000, 2_000))


def test_b41_a_grant_holds_beside_a_subscription_that_no_plan_is_mapped_to(place: BillingPlace) -> None:
    unmapped = subscription_event("created", "2026-12-01T00:00:00Z", **UNMAPPED)
    deliver(billing_on(place.open()), [unmapped])
    give_grant(place.directory, "acme", GrantRequest(plan=STARTER), BY_ADA)
    assert place.alerts("acme") == {"unmapped_price": (SUBSCRIPTION_ID,)}
    assert limits_of(tenant_of(place)) == (500_000, 100)


def test_b41_reconciliation_finds_no_drift_in_a_grant_and_leaves_it(place: BillingPlace) -> None:
    stripe = StripeAccount(CREATED.payload, CustomerSnapshot(CUSTOMER_ID, None))
    deliver(billing_on(place.open(), stripe), [CREATED])
    grant = give_grant(place.directory, "acme", GrantRequest(plan=ENTERPRISE), BY_ADA)
    before = audited_changes(place)
    assert reconcile_tenant(billing_on(place.open(), stripe), "acme", repair=True, now=DELIVERED_AT) == []
    assert (tenant_of(place).grants, audited_changes(place)) == ((grant,), before)
