"""Promotion codes on the Checkout page: all of the price or half of it, now and at every renewal."""

from typing import Any

import pytest
import stripe

from tests.tools.test_stripe_double.shop import HOUR, PROFESSIONAL_CENTS, STARTER_CENTS, Shop, browse


def _page(shop: Shop, **params: Any) -> tuple[stripe.checkout.Session, str]:
    session = shop.checkout(allow_promotion_codes=True, **params)
    return session, str(session.url)


def _subscription(shop: Shop, session: stripe.checkout.Session) -> stripe.Subscription:
    done = shop.stripe.v1.checkout.sessions.retrieve(session.id)
    return shop.now_of(str(done.subscription))


def test_a_code_for_everything_makes_an_invoice_of_nothing_that_is_paid(shop: Shop) -> None:
    session, url = _page(shop, payment_method_collection="if_required")
    page = browse(url, action="redeem", promotion_code="free100")
    assert (page.status, "<strong>0.00 USD</strong>" in page.html) == (200, True)
    assert browse(url, action="skip").status == 303
    done = shop.stripe.v1.checkout.sessions.retrieve(session.id)
    assert (done.payment_status, done.amount_subtotal, done.amount_total) == (
        "no_payment_required",
        STARTER_CENTS,
        0,
    )
    made = _subscription(shop, session)
    (invoice,) = shop.invoices_of(made.id)
    assert (made.status, invoice.status) == ("active", "paid")
    assert (invoice.subtotal, invoice.total, invoice.amount_due, invoice.amount_paid) == (
        STARTER_CENTS,
        0,
        0,
        0,
    )
    assert "invoice.paid" in shop.event_types(about=invoice.id)
    assert shop.events("charge.succeeded") == []


def test_half_is_charged_now_and_at_the_renewal(shop: Shop) -> None:
    session, url = _page(shop)
    browse(url, action="redeem", promotion_code="HALF50")
    assert "Discount: -14.50 USD" in browse(url).html
    browse(url, action="pay")
    made = _subscription(shop, session)
    shop.control("clock/advance", to=made["items"].data[0].current_period_end + HOUR)
    invoices = shop.invoices_of(made.id)
    assert [one.amount_paid for one in invoices] == [STARTER_CENTS // 2, STARTER_CENTS // 2]
    assert [one.amount for one in invoices[0].total_discount_amounts or []] == [STARTER_CENTS // 2]
    assert (invoices[0].discounts, len(made.discounts)) == (made.discounts, 1)
    assert "Discount: -14.50 USD" in browse(str(invoices[0].hosted_invoice_url)).html


def test_a_proration_is_half_too(shop: Shop) -> None:
    session, url = _page(shop)
    browse(url, action="redeem", promotion_code="HALF50")
    browse(url, action="pay")
    made = _subscription(shop, session)
    items: Any = [{"id": made["items"].data[0].id, "price": shop.professional}]
    shop.stripe.v1.subscriptions.update(made.id, {"items": items, "proration_behavior": "always_invoice"})
    difference = (PROFESSIONAL_CENTS - STARTER_CENTS) // 2
    assert shop.invoices_of(made.id)[0].amount_paid == pytest.approx(difference, abs=1)


def test_a_code_for_everything_still_asks_for_a_card_unless_set_otherwise(shop: Shop) -> None:
    session, url = _page(shop)
    browse(url, action="redeem", promotion_code="FREE100")
    assert browse(url, action="skip").status == 400
    assert browse(url, action="decline").status == 402
    assert browse(url, action="pay").status == 303
    assert _subscription(shop, session).status == "active"


def test_a_code_that_nobody_gave_out_changes_nothing(shop: Shop) -> None:
    session, url = _page(shop)
    refused = browse(url, action="redeem", promotion_code="FREE")
    assert (refused.status, "This code is invalid." in refused.html) == (402, True)
    assert shop.stripe.v1.checkout.sessions.retrieve(session.id).amount_total == STARTER_CENTS


def test_a_code_comes_before_the_first_card(shop: Shop) -> None:
    _, url = _page(shop)
    browse(url, action="decline")
    assert browse(url, action="redeem", promotion_code="HALF50").status == 402


def test_a_session_without_codes_takes_none(shop: Shop) -> None:
    url = str(shop.checkout().url)
    assert "Promotion code" not in browse(url).html
    assert browse(url, action="redeem", promotion_code="FREE100").status == 402
