"""Monthly recurring revenue: what a tenant pays a month, whatever the interval and the quantity."""

from typing import Any

import pytest

from shared.domain.billing.billing_account import (
    BillingAccount,
    with_recurring_revenue,
    with_subscription,
    without_subscription,
)
from shared.domain.billing.recurring_revenue import monthly_nanousd
from shared.domain.billing.subscriptions import Subscription
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.people.tenant_rows import row_tenant
from shared.domain.people.tenants import NO_SUBSCRIPTION, Tenant
from tests.plans import TERMS
from tests.sample_subscriptions import observed, on_day, subscription_after

CENT = 10**7
TENANT = Tenant(id="acme", name="Acme", plan="free", created_at=on_day(0))
NOW = on_day(10)


def paying(status: str = "active", **changes: Any) -> Subscription:
    """Return a subscription of $29.00 a month, unless `changes` say otherwise."""
    price: dict[str, Any] = {"currency": "usd", "unit_amount": 29_00} | changes
    return subscription_after([observed(0, status, **price)])


@pytest.mark.parametrize(
    ("changes", "nanousd"),
    [
        ({}, 29_00 * CENT),
        ({"quantity": 3}, 3 * 29_00 * CENT),
        ({"interval": "year", "unit_amount": 290_00}, (290_00 * CENT + 6) // 12),
        ({"interval": "year", "unit_amount": 120_00, "quantity": 2}, 20_00 * CENT),
        ({"interval": "week", "unit_amount": 12_00}, 52_00 * CENT),
        ({"interval": "day", "unit_amount": 12}, 3_65 * CENT),
        ({"interval_count": 3, "unit_amount": 90_00}, 30_00 * CENT),
        ({"currency": "eur"}, 0),
        ({"currency": None, "unit_amount": None}, 0),
        ({"unit_amount": 2**62}, MAX_LIMIT),
    ],
)
def test_a_subscription_counts_what_it_costs_a_month(changes: dict[str, Any], nanousd: int) -> None:
    assert monthly_nanousd([paying(**changes)]) == nanousd


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        ("active", True),
        ("past_due", True),
        ("trialing", False),
        ("incomplete", False),
        ("unpaid", False),
        ("paused", False),
        ("canceled", False),
        ("incomplete_expired", False),
    ],
)
def test_only_what_is_paid_now_counts(status: str, *, counts: bool) -> None:
    assert monthly_nanousd([paying(status)]) == counts * 29_00 * CENT


def test_a_planned_cancellation_counts_until_it_happens() -> None:
    assert monthly_nanousd([paying(cancel_at_period_end=True)]) == 29_00 * CENT


def test_the_row_says_what_all_subscriptions_cost_and_that_there_are_two() -> None:
    account = with_subscription(BillingAccount(tenant=TENANT), paying(), TERMS, NOW)
    row = row_tenant(account.tenant, NOW)
    assert (row.mrr_nanousd, row.has_second_subscription) == (29_00 * CENT, False)
    account = with_subscription(account, paying(id="sub_2", unit_amount=99_00), TERMS, NOW)
    row = row_tenant(account.tenant, NOW)
    assert (row.mrr_nanousd, row.has_second_subscription) == ((29_00 + 99_00) * CENT, True)
    account = without_subscription(account, "sub_1", TERMS, NOW)
    row = row_tenant(account.tenant, NOW)
    assert (row.mrr_nanousd, row.has_second_subscription) == (99_00 * CENT, False)
    assert without_subscription(account, "sub_2", TERMS, NOW).tenant.billing == NO_SUBSCRIPTION


def test_a_trial_beside_a_subscription_is_a_second_one() -> None:
    account = with_subscription(BillingAccount(tenant=TENANT), paying(), TERMS, NOW)
    account = with_subscription(account, paying("trialing", id="sub_2"), TERMS, NOW)
    assert account.tenant.billing.has_second_subscription
    assert account.tenant.billing.mrr_nanousd == 29_00 * CENT


def test_the_summary_of_an_account_that_is_older_than_this_is_completed() -> None:
    account = BillingAccount(tenant=TENANT, subscriptions={"sub_1": paying()})
    assert account.tenant.billing.mrr_nanousd == 0
    completed = with_recurring_revenue(account)
    assert completed.tenant.billing.mrr_nanousd == 29_00 * CENT
    assert with_recurring_revenue(completed) == completed
