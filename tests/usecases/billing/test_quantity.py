"""What is paid is granted: a plan that is paid for three times has three times its limits."""

from datetime import datetime

from tests.billing_places import BillingPlace
from tests.plans import THRESHOLDS
from tests.usecases.billing.billing_scenarios import (
    DELIVERED_AT,
    STARTED,
    account_of,
    billing_on,
    deliver,
    subscription_event,
)


def limits_at(place: BillingPlace, now: datetime) -> tuple[int, int]:
    """Return the tokens and runs of tenant acme in a period."""
    policy = THRESHOLDS.policy_of(account_of(place.open()).tenant.at(now))
    assert policy
    return policy.token_limit, policy.run_limit


def test_b42_a_quantity_grants_as_often_as_it_is_paid_for(place: BillingPlace) -> None:
    three = subscription_event("created", STARTED, items__data__0__quantity=3)
    deliver(billing_on(place.open()), [three])
    assert limits_at(place, datetime.fromisoformat(STARTED)) == (3 * 500_000, 3 * 100)
    one = subscription_event("updated", "2026-10-16T00:00:00Z")
    deliver(billing_on(place.open()), [one])
    assert limits_at(place, DELIVERED_AT) == (500_000, 100)
    ended = subscription_event("deleted", "2026-10-20T00:00:00Z", status="canceled")
    deliver(billing_on(place.open()), [ended])
    assert limits_at(place, DELIVERED_AT) == (50_000, 10)
