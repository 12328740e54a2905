"""Customers, products, prices and their lookup keys."""

import pytest
import stripe

from tests.tools.test_stripe_double.shop import Shop


def test_finds_prices_by_lookup_key_with_their_product(shop: Shop) -> None:
    found = shop.stripe.v1.prices.list(
        {"lookup_keys": ["gwi_starter_month", "gwi_starter_year"], "expand": ["data.product"]}
    )
    assert {price.id for price in found.data} == {shop.starter, shop.yearly}
    assert isinstance(found.data[0].product, stripe.Product)
    assert found.data[0].product.metadata["plan"] == "starter"


def test_a_lookup_key_names_one_price(shop: Shop) -> None:
    product = shop.stripe.v1.prices.retrieve(shop.starter).product
    with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
        shop.price(str(product), 3_900, "month", "gwi_starter_month")


def test_a_lookup_key_moves_when_asked(shop: Shop) -> None:
    product = shop.stripe.v1.prices.retrieve(shop.starter).product
    dearer = shop.stripe.v1.prices.create(
        {
            "product": str(product),
            "currency": "usd",
            "unit_amount": 3_900,
            "recurring": {"interval": "month"},
            "lookup_key": "gwi_starter_month",
            "transfer_lookup_key": True,
        }
    )
    assert shop.stripe.v1.prices.retrieve(shop.starter).lookup_key is None
    assert [one.id for one in shop.stripe.v1.prices.list({"lookup_keys": ["gwi_starter_month"]}).data] == [
        dearer.id
    ]


def test_a_product_keeps_the_callers_id(shop: Shop) -> None:
    shop.stripe.v1.products.create({"id": "gwi_enterprise", "name": "Enterprise"})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.stripe.v1.products.create({"id": "gwi_enterprise", "name": "Enterprise"})
    assert refused.value.code == "resource_already_exists"


def test_metadata_is_merged_and_unset(shop: Shop) -> None:
    made = shop.stripe.v1.products.create({"name": "A", "metadata": {"tenant": "acme", "stage": "trial"}})
    changed = shop.stripe.v1.products.update(made.id, {"metadata": {"stage": "", "seats": "3"}})
    assert changed.metadata.to_dict() == {"tenant": "acme", "seats": "3"}


def test_a_change_is_an_event_that_has_the_previous_values(shop: Shop) -> None:
    made = shop.stripe.v1.prices.update(shop.starter, {"nickname": "Old"})
    shop.stripe.v1.prices.update(made.id, {"nickname": "New"})
    shop.stripe.v1.prices.update(made.id, {"nickname": "New"})
    events = shop.stripe.v1.events.list({"type": "price.updated"}).data
    previous = [event.data.previous_attributes for event in events]
    assert [each and each.to_dict() for each in previous] == [{"nickname": "Old"}, {"nickname": None}]


def test_deleting_a_customer_ends_the_subscription_and_leaves_a_tombstone(shop: Shop) -> None:
    made = shop.subscribe()
    customer = str(made.customer)
    shop.stripe.v1.customers.delete(customer)
    assert shop.stripe.v1.customers.retrieve(customer).deleted is True
    assert shop.now_of(made.id).status == "canceled"
    assert shop.event_types()[-2:] == ["customer.subscription.deleted", "customer.deleted"]
    with pytest.raises(stripe.InvalidRequestError):
        shop.subscribe(customer)


def test_an_inactive_or_one_time_price_cannot_be_subscribed_to(shop: Shop) -> None:
    shop.stripe.v1.prices.update(shop.professional, {"active": False})
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        shop.subscribe(items=[{"price": shop.professional}])
    product = shop.stripe.v1.prices.retrieve(shop.starter).product
    once = shop.stripe.v1.prices.create({"product": str(product), "currency": "usd", "unit_amount": 1})
    with pytest.raises(stripe.InvalidRequestError, match="one_time"):
        shop.subscribe(items=[{"price": once.id}])
