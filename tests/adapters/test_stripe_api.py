"""StripeApi against the double: lookups, idempotent creation and errors."""

from collections.abc import Iterator

import pytest

from shared.domain.billing.plan_mapping import catalog_to_sell
from shared.domain.billing.stripe_subscription_shapes import read_subscription
from shared.domain.errors import Conflict, NotFound, Unavailable
from shared.ports import CheckoutOrder, PortalOrder
from tests.plans import PLANS
from tests.usecases.billing.double_shop import DoubleShop, open_shop


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[DoubleShop]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with open_shop() as shop:
        yield shop


def order(shop: DoubleShop, customer_id: str, lookup_key: str = "gwi_starter_month") -> CheckoutOrder:
    price_id = shop.api.find_price(lookup_key)
    assert price_id is not None
    return CheckoutOrder(
        tenant_id="acme",
        customer_id=customer_id,
        price_id=price_id,
        trial_days=None,
        success_url="https://a.example/ok",
        cancel_url="https://a.example/no",
        terms="gwi_starter_month 0",
    )


def test_a_missing_object_is_none(shop: DoubleShop) -> None:
    finds = (
        *(shop.api.find_customer, shop.api.find_subscription, shop.api.find_invoice),
        *(shop.api.find_charge, shop.api.find_dispute, shop.api.find_credit_note),
    )
    assert [find("none") for find in finds] == [None] * 6
    assert shop.api.find_price("gwi_gold_month") is None


def test_a_deleted_customer_is_none(shop: DoubleShop) -> None:
    customer_id = shop.api.create_customer("acme", "Acme", None)
    assert shop.api.find_customer(customer_id) is not None
    shop.client.v1.customers.delete(customer_id)
    assert shop.api.find_customer(customer_id) is None


def test_a_customer_is_created_once_and_again_after_its_deletion(shop: DoubleShop) -> None:
    first = shop.api.create_customer("acme", "Acme", None)
    assert shop.api.create_customer("acme", "Acme", None) == first
    shop.client.v1.customers.delete(first)
    assert shop.api.create_customer("acme", "Acme", None) == first, (
        "the idempotency key returns the same customer"
    )
    second = shop.api.create_customer("acme", "Acme", first)
    assert second != first
    assert shop.api.create_customer("acme", "Acme", first) == second


def test_listed_subscriptions_name_their_plan_by_the_product_too(shop: DoubleShop) -> None:
    subscription_id = shop.pay("professional")
    (price,) = shop.client.v1.prices.list({"lookup_keys": ["gwi_professional_month"]}).data
    shop.client.v1.prices.update(price.id, {"lookup_key": "another", "metadata": {"gwi_plan": ""}})
    customer_id = shop.customers()[0].id
    (listed,) = shop.api.list_subscriptions(customer_id)
    found = shop.api.find_subscription(subscription_id)
    assert listed == found
    assert listed.plan == "professional"


def test_ended_subscriptions_are_listed_and_drafts_of_invoices_are_not(shop: DoubleShop) -> None:
    shop.client.v1.subscriptions.cancel(shop.pay())
    customer_id = shop.customers()[0].id
    assert [each.status for each in shop.api.list_subscriptions(customer_id)] == ["canceled"]
    assert [each.status for each in shop.api.list_invoices(customer_id)] == ["paid"]


def test_a_subscription_is_canceled_at_once_and_one_that_has_ended_stays_as_it_is(shop: DoubleShop) -> None:
    subscription_id = shop.pay()
    for _ in range(2):
        shop.api.cancel_subscription(subscription_id)
        found = shop.api.find_subscription(subscription_id)
        assert found is not None
        assert (found.status, found.cancel_at_period_end) == ("canceled", False)
    shop.api.cancel_subscription("sub_none")


def test_a_charge_is_found_with_the_invoice_that_it_paid(shop: DoubleShop) -> None:
    shop.pay()
    (charge_id,) = shop.account.objects["charge"]
    (invoice,) = shop.api.list_invoices(shop.customers()[0].id)
    shop.client.v1.refunds.create({"charge": charge_id, "amount": 900})
    found = shop.api.find_charge(charge_id)
    assert found is not None
    assert (found.invoice_id, found.customer_id, found.refunded) == (invoice.id, invoice.customer_id, 900)
    shop.account.objects["charge"][charge_id]["payment_intent"] = None
    lone = shop.api.find_charge(charge_id)
    assert lone is not None
    assert lone.invoice_id is None


def test_a_dispute_and_a_credit_note_are_read_as_they_are_now(shop: DoubleShop) -> None:
    dispute = shop.account.add("dispute", {"charge": "ch_1", "amount": 900, "status": "lost"})
    note = shop.account.add("credit_note", {"invoice": "in_1", "amount": 500, "status": "issued"})
    lost, credited = shop.api.find_dispute(dispute["id"]), shop.api.find_credit_note(note["id"])
    assert lost is not None
    assert credited is not None
    assert (lost.dispute, lost.disputed, lost.charge_id) == ("lost", 900, "ch_1")
    assert (credited.credited, credited.invoice_id) == (500, "in_1")


def test_another_order_with_the_same_key_is_a_conflict(shop: DoubleShop) -> None:
    customer_id = shop.api.create_customer("acme", "Acme", None)
    url = shop.api.create_checkout(order(shop, customer_id), "one")
    assert shop.api.create_checkout(order(shop, customer_id), "one") == url
    with pytest.raises(Conflict) as refused:
        shop.api.create_checkout(order(shop, customer_id, "gwi_starter_year"), "one")
    assert refused.value.code == "order_in_progress"


def test_an_order_of_a_missing_customer_is_not_found(shop: DoubleShop) -> None:
    with pytest.raises(NotFound, match="No such customer"):
        shop.api.create_checkout(order(shop, "cus_none"), "one")


def test_a_refused_request_shows_stripes_message(shop: DoubleShop) -> None:
    shop.control("fail", path_prefix="/v1/billing_portal/sessions", status=400, times=2)
    customer_id = shop.api.create_customer("acme", "Acme", None)
    with pytest.raises(Unavailable, match=r"Stripe refused the request: ."):
        shop.api.create_portal(PortalOrder(customer_id=customer_id, return_url="https://a.example"))


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_failing_stripe_is_unavailable(shop: DoubleShop, status: int) -> None:
    shop.control("fail", path_prefix="/v1/prices", status=status, times=9)
    with pytest.raises(Unavailable, match=r"Stripe (does not respond|returned an error)"):
        shop.api.find_price("gwi_starter_month")


def test_the_catalog_is_synced_once_and_the_sellers_own_metadata_is_left_alone(shop: DoubleShop) -> None:
    assert shop.api.sync_catalog(catalog_to_sell(PLANS)) == []
    shop.client.v1.products.update("gwi_starter", {"metadata": {"color": "blue"}})
    assert shop.api.sync_catalog(catalog_to_sell(PLANS)) == []
    shop.client.v1.products.update("gwi_starter", {"metadata": {"gwi_plan": "enterprise"}})
    assert shop.api.sync_catalog(catalog_to_sell(PLANS)) == ["repaired product gwi_starter"]
    metadata = shop.client.v1.products.retrieve("gwi_starter").metadata.to_dict()
    assert metadata == {"color": "blue", "gwi_plan": "starter"}


def test_a_subscriber_of_a_replaced_price_keeps_the_plan_without_a_request_to_stripe(
    shop: DoubleShop,
) -> None:
    subscription_id = shop.pay("starter")
    (price,) = shop.client.v1.prices.list({"lookup_keys": ["gwi_starter_month"]}).data
    wanted = {
        "currency": "usd",
        "unit_amount": 1,
        "product": "gwi_starter",
        "recurring": {"interval": "month"},
    }
    moved = {"lookup_key": "gwi_starter_month", "transfer_lookup_key": True}
    shop.client.v1.prices.create(wanted | moved)  # type: ignore[arg-type]  # plain words for typed ones
    payload = shop.client.v1.subscriptions.retrieve(subscription_id).to_dict()
    sold = payload["items"]["data"][0]["price"]
    assert (sold["id"], sold["lookup_key"], sold["product"]) == (price.id, None, "gwi_starter")
    assert read_subscription(payload, PLANS).plan == "starter"
