"""Customers that are linked by hand, that move, and several of them: each is reconciled, one pays."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.domain.errors import Conflict, NotFound, Unavailable
from shared.domain.people.audit import Change
from shared.usecases.billing.link_customer import link_customer, unlink_customer
from shared.usecases.billing.reconcile_billing import reconcile_tenant
from shared.usecases.billing.start_checkout import open_portal
from tests.billing_places import BillingPlace, MemoryBillingPlace
from tests.usecases.billing.billing_scenarios import account_of, audited_changes
from tests.usecases.billing.double_shop import PAGES, DoubleShop, open_shop
from tests.usecases.plain_sums import new_tenant


@pytest.fixture
def shop() -> Iterator[DoubleShop]:
    with open_shop() as shop:
        yield shop


def by(shop: DoubleShop) -> Change:
    return Change("admin:ops", shop.now, "sold by invoice")


def a_customer_who_pays(shop: DoubleShop, plan: str = "professional") -> tuple[str, str]:
    """Return a customer that was made by hand in Stripe, and its subscription to a price of ours."""
    customer = shop.client.v1.customers.create({"name": "By hand", "metadata": {}})
    price = str(shop.api.find_price(f"gwi_{plan}_month"))
    shop.control(f"customers/{customer.id}/card", outcome="success")
    order: Any = {"customer": customer.id, "items": [{"price": price}]}
    subscription = shop.client.v1.subscriptions.create(order)
    return customer.id, subscription.id


def test_a_customer_made_by_hand_grants_after_the_link_and_nothing_after_its_end(shop: DoubleShop) -> None:
    customer_id, _ = a_customer_who_pays(shop)
    with pytest.raises(Unavailable, match="belongs to no tenant yet"):
        shop.deliver_webhooks()
    assert shop.plan == "free"
    changes = link_customer(shop.billing, "acme", customer_id, by(shop))
    assert "plan is free here, professional in Stripe" in changes
    assert (shop.plan, shop.customer_id) == ("professional", customer_id)
    assert link_customer(shop.billing, "acme", customer_id, by(shop)) == []
    unlink_customer(shop.billing, "acme", customer_id, by(shop))
    assert (shop.plan, shop.customer_id) == ("free", None)
    assert shop.billing.store.find_owner(None, customer_id)[1] is None
    actions = [action for action, _, _ in audited_changes(shop.place)]
    assert {"billing.customer_linked", "billing.customer_deleted", "plan.changed"} <= set(actions)


def test_a_customer_of_another_tenant_is_not_linked(shop: DoubleShop) -> None:
    new_tenant(shop.place.directory, "other", plan="free")
    customer_id, _ = a_customer_who_pays(shop)
    link_customer(shop.billing, "other", customer_id, by(shop))
    with pytest.raises(Conflict, match="belongs to tenant 'other'"):
        link_customer(shop.billing, "acme", customer_id, by(shop))
    with pytest.raises(NotFound, match="is not linked to tenant 'acme'"):
        unlink_customer(shop.billing, "acme", customer_id, by(shop))


@pytest.mark.parametrize(("tenant", "customer"), [("acme", "cus_none"), ("nobody", None)])
def test_an_unknown_customer_or_tenant_is_named(shop: DoubleShop, tenant: str, customer: str | None) -> None:
    customer_id = customer or a_customer_who_pays(shop)[0]
    with pytest.raises(NotFound, match="does not exist"):
        link_customer(shop.billing, tenant, customer_id, by(shop))


def test_the_portal_is_that_of_the_customer_who_pays(shop: DoubleShop) -> None:
    shop.start()  # makes the tenant's own customer, who has no subscription
    own = shop.customer_id
    customer_id, _ = a_customer_who_pays(shop)
    link_customer(shop.billing, "acme", customer_id, by(shop))
    assert shop.customer_id == own
    open_portal(shop.billing, PAGES, "acme")
    assert shop.portal()["customer"] == customer_id


def test_every_linked_customer_is_reconciled(shop: DoubleShop) -> None:
    shop.pay("starter")
    shop.deliver_webhooks()
    customer_id, subscription_id = a_customer_who_pays(shop)
    link_customer(shop.billing, "acme", customer_id, by(shop))
    assert shop.plan == "professional"
    shop.client.v1.subscriptions.cancel(subscription_id)
    drift = reconcile_tenant(shop.billing, "acme", repair=True, now=shop.now)
    assert f"{subscription_id} is active here, canceled in Stripe" in drift
    assert shop.plan == "starter"


def test_a_subscription_that_stripe_no_longer_knows_is_ended_by_reconciliation(shop: DoubleShop) -> None:
    subscription_id = shop.pay("starter")
    shop.deliver_webhooks()
    del shop.account.objects["subscription"][subscription_id]
    drift = reconcile_tenant(shop.billing, "acme", repair=True, now=shop.now)
    assert f"{subscription_id} does not exist in Stripe" in drift
    assert shop.plan == "free"
    assert reconcile_tenant(shop.billing, "acme", repair=False, now=shop.now) == []


def test_a_subscription_that_names_another_tenant_is_reported() -> None:
    place: BillingPlace = MemoryBillingPlace()
    with open_shop(place) as shop:
        subscription_id = shop.pay("starter")
        moved: Any = {"metadata": {"gwi_tenant_id": "other"}}
        shop.client.v1.subscriptions.update(subscription_id, moved)
        shop.deliver_webhooks()
        assert place.alerts("acme") == {"other_tenant": (subscription_id,)}
        assert account_of(place.open()).tenant.plan == "starter"
