"""A tenant that is ended: nothing is charged or granted any more, and what was used and paid stays."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.domain.errors import NotFound, Unavailable
from shared.domain.limits.limits import LimitOverrides
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.usecases.billing.billing_dependencies import BillingDependencies
from shared.usecases.billing.end_tenant import Ended, end_tenant
from shared.usecases.billing.reconcile_billing import reconcile_tenant
from shared.usecases.people.manage_grants import GrantRequest, give_grant
from shared.usecases.people.manage_limits import set_limits
from shared.usecases.people.manage_tenants import set_plan
from tests.audit_trail import trail_of
from tests.plans import ENTERPRISE, STARTER, current_plans
from tests.usecases.billing.billing_scenarios import account_of
from tests.usecases.billing.double_shop import DoubleShop, open_shop


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[DoubleShop]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with open_shop() as shop:
        yield shop


def by_ada(shop: DoubleShop) -> Change:
    return Change("admin:ada", shop.now, "contract ended")


def end(shop: DoubleShop) -> Ended:
    return end_tenant(shop.billing, shop.place.directory, "acme", by_ada(shop))


def tenant_of(shop: DoubleShop) -> Tenant:
    tenant = shop.place.directory.find_tenant("acme")
    assert tenant is not None
    return tenant


def actions(shop: DoubleShop) -> list[str]:
    return [each.action for each in trail_of(shop.place.directory)]


def test_the_subscription_is_canceled_in_stripe_at_once_and_here_without_its_webhook(
    shop: DoubleShop,
) -> None:
    subscription_id = shop.pay("professional")
    shop.deliver_webhooks()
    invoices = shop.place.open().list_invoices("acme", limit=9).items
    assert end(shop).subscription_ids == [subscription_id]
    assert [each.status for each in shop.subscriptions()] == ["canceled"]
    assert (shop.plan, tenant_of(shop).billing.status) == ("free", "canceled")
    assert shop.place.open().list_invoices("acme", limit=9).items == invoices, "the money rows stay"
    assert reconcile_tenant(shop.billing, "acme", repair=False, now=shop.now) == []
    shop.deliver_webhooks()
    assert shop.plan == "free"
    assert set(actions(shop)) >= {"tenant.ended", "billing.subscription_canceled", "plan.changed"}


def test_a_subscription_that_no_webhook_announced_is_canceled_too(shop: DoubleShop) -> None:
    subscription_id = shop.pay()
    assert end(shop).subscription_ids == [subscription_id]
    assert [each.status for each in shop.subscriptions()] == ["canceled"]


def test_an_order_whose_first_payment_failed_is_canceled_too(shop: DoubleShop) -> None:
    shop.start()
    shop.client.v1.subscriptions.create(
        {
            "customer": str(shop.customer_id),
            "items": [{"price": str(shop.api.find_price("gwi_starter_month"))}],
            "payment_behavior": "default_incomplete",
        }
    )
    (incomplete,) = shop.subscriptions()
    assert incomplete.status == "incomplete"
    assert end(shop).subscription_ids == [incomplete.id]
    assert [each.status for each in shop.subscriptions()] == ["incomplete_expired"]


def test_a_payment_page_that_is_open_is_closed(shop: DoubleShop) -> None:
    shop.start()
    assert [each.status for each in shop.sessions()] == ["open"]
    end(shop)
    assert [each.status for each in shop.sessions()] == ["expired"]


def test_keys_grants_and_limits_of_its_own_end_and_each_is_audited(shop: DoubleShop) -> None:
    directory, change = shop.place.directory, by_ada(shop)
    set_plan(directory, "acme", ENTERPRISE, change)
    give_grant(directory, "acme", GrantRequest(plan=STARTER), change)
    give_grant(directory, "acme", GrantRequest(tokens=5), change)
    set_limits(directory, "acme", {"tokens": 2**53}, change)
    before = tenant_of(shop)
    assert end(shop) == Ended([], [each.id for each in before.grants], revoked_keys=1)
    after = tenant_of(shop)
    left = replace(before, plan="free", grants=(), overrides=LimitOverrides())
    assert (after.status, replace(after, ended_at=None)) == ("ended", left)
    assert [each.is_valid(shop.now) for each in directory.list_keys("acme")] == [False]
    assert {"tenant.ended", "grant.revoked", "limits.changed", "plan.changed", "key.revoked"} <= set(
        actions(shop)
    )
    ended = [each for each in trail_of(directory) if each.action == "tenant.ended"]
    assert [(each.actor, each.reason) for each in ended] == [("admin:ada", "contract ended")]


def test_a_tenant_whose_customer_was_deleted_in_stripe_is_ended_too(shop: DoubleShop) -> None:
    shop.pay()
    shop.deliver_webhooks()
    shop.client.v1.customers.delete(str(shop.customer_id))
    assert end(shop) == Ended([], [], 1)
    assert (shop.plan, shop.customer_id) == ("free", None)


def test_ending_again_finds_nothing_left(shop: DoubleShop) -> None:
    shop.pay()
    end(shop)
    assert end(shop) == Ended([], [], 0)


def test_an_end_that_broke_off_after_the_cancellation_is_finished_by_the_next_one(shop: DoubleShop) -> None:
    subscription_id = shop.pay()
    shop.deliver_webhooks()
    shop.client.v1.subscriptions.cancel(subscription_id)
    assert shop.plan == "starter"
    assert end(shop) == Ended([], [], 1)
    assert (shop.plan, tenant_of(shop).billing.status) == ("free", "canceled")


def test_while_stripe_does_not_answer_nothing_ends(shop: DoubleShop) -> None:
    shop.pay()
    shop.deliver_webhooks()
    shop.control("fail", path_prefix="/v1/subscriptions", status=503, times=99)
    before = tenant_of(shop)
    with pytest.raises(Unavailable):
        end(shop)
    assert tenant_of(shop) == before
    assert [each.revoked_at for each in shop.place.directory.list_keys("acme")] == [None]


def test_without_a_key_a_subscriber_is_not_ended_and_another_tenant_is(shop: DoubleShop) -> None:
    keyless = BillingDependencies(shop.billing.store, None, shop.billing.grace, current_plans)
    assert end_tenant(keyless, shop.place.directory, "acme", by_ada(shop)).revoked_keys == 1
    shop.pay()
    with pytest.raises(Unavailable, match="STRIPE_API_KEY is missing"):
        end_tenant(keyless, shop.place.directory, "acme", by_ada(shop))
    assert account_of(shop.billing.store).customer_id is not None


def test_an_unknown_tenant_cannot_be_ended(shop: DoubleShop) -> None:
    with pytest.raises(NotFound, match="tenant 'ghost' does not exist"):
        end_tenant(shop.billing, shop.place.directory, "ghost", by_ada(shop))
