"""The effect of a subscription on a tenant whose plan was set by hand."""

import pytest

from shared.domain.billing.billing_account import BillingAccount, with_subscription
from shared.domain.people.tenants import Tenant
from tests.plans import TERMS
from tests.sample_subscriptions import observed, on_day, subscription_after

NOW = on_day(3)
BY_HAND = BillingAccount(tenant=Tenant(id="acme", name="Acme", plan="enterprise", created_at=on_day(0)))


@pytest.mark.parametrize("report", ["incomplete", "incomplete_expired"])
def test_a_failed_first_payment_keeps_the_plan_given_by_hand(report: str) -> None:
    subscription = subscription_after([observed(1, report)])
    tenant = with_subscription(BY_HAND, subscription, TERMS, NOW).tenant
    assert (tenant.at(NOW).plan, tenant.entitlement) == ("enterprise", None)
    assert tenant.billing.subscription_id == subscription.id


@pytest.mark.parametrize(
    ("report", "plan"), [("active", "starter"), ("canceled", "free"), ("unpaid", "free")]
)
def test_a_paid_subscription_overrides_the_plan_given_by_hand(report: str, plan: str) -> None:
    scenario = [observed(1, "active"), observed(2, report)]
    assert with_subscription(BY_HAND, subscription_after(scenario), TERMS, NOW).tenant.at(NOW).plan == plan


def test_a_failed_second_checkout_after_a_subscription_grants_nothing() -> None:
    ended = subscription_after([observed(1, "active"), observed(2, "canceled")])
    account = with_subscription(BY_HAND, ended, TERMS, NOW)
    again = subscription_after([observed(2.5, "incomplete", id="sub_2")])
    assert with_subscription(account, again, TERMS, NOW).tenant.at(NOW).plan == "free"
