"""Quantities above one: on the page, in the first charge, in a renewal, and when they change."""

from typing import Any

import pytest
import stripe

from tests.tools.test_stripe_double.shop import STARTER_CENTS, Shop, browse


def _quantity(subscription: stripe.Subscription) -> int | None:
    return subscription["items"].data[0].quantity  # type: ignore[no-any-return]


def test_three_are_charged_as_three_now_and_at_the_renewal(shop: Shop) -> None:
    made = shop.subscribe(items=[{"price": shop.starter, "quantity": 3}])
    shop.control(f"subscriptions/{made.id}/renew")
    invoices = shop.invoices_of(made.id)
    assert [invoice.amount_paid for invoice in invoices] == [3 * STARTER_CENTS, 3 * STARTER_CENTS]
    line = invoices[0].lines.data[0]
    assert (line.quantity, line.description) == (3, "3 × Starter")


def test_a_page_sells_three(shop: Shop) -> None:
    session = shop.checkout(line_items=[{"price": shop.starter, "quantity": 3}])
    assert session.amount_total == 3 * STARTER_CENTS
    assert "3 × Starter, 87.00 USD per month" in browse(str(session.url)).html
    browse(str(session.url), action="pay")
    paid = shop.stripe.v1.checkout.sessions.retrieve(session.id)
    assert _quantity(shop.now_of(str(paid.subscription))) == 3
    assert shop.invoices_of(str(paid.subscription))[0].amount_paid == 3 * STARTER_CENTS


def test_two_more_are_prorated_and_a_switch_of_the_price_starts_at_one(shop: Shop) -> None:
    made = shop.subscribe()
    item = made["items"].data[0].id
    update: Any = shop.stripe.v1.subscriptions.update
    more = update(made.id, {"items": [{"id": item, "quantity": 3}], "proration_behavior": "always_invoice"})
    assert _quantity(more) == 3
    assert shop.invoices_of(made.id)[0].amount_paid == pytest.approx(2 * STARTER_CENTS, abs=1)
    switched = update(made.id, {"items": [{"id": item, "price": shop.professional}]})
    assert _quantity(switched) == 1, "as at Stripe, unless the request names the quantity again"


def test_the_portal_confirms_another_quantity(shop: Shop) -> None:
    made = shop.subscribe(items=[{"price": shop.starter, "quantity": 2}])
    items = [{"id": made["items"].data[0].id, "quantity": 5}]
    url = shop.portal(
        made.customer,
        shop.portal_configuration(default_allowed_updates=["price", "quantity"]),
        type="subscription_update_confirm",
        subscription_update_confirm={"subscription": made.id, "items": items},
    )
    assert "5 × Starter, 29.00 USD per month" in browse(url).html
    browse(url, action="confirm")
    assert _quantity(shop.now_of(made.id)) == 5
