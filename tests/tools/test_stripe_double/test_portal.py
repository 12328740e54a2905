"""The billing portal: its page, its flows, and what a customer may do to a subscription."""

from typing import Any

import pytest
import stripe

from tests.tools.test_stripe_double.shop import HOUR, RETURN_URL, Shop, browse


def test_the_home_page_offers_everything(shop: Shop) -> None:
    made = shop.subscribe()
    page = browse(shop.portal(made.customer))
    assert page.status == 200
    for wanted in ("Cancel at the end", "Update card", "Starter, 29.00 USD", RETURN_URL):
        assert wanted in page.html


def test_a_dearer_plan_that_cannot_be_paid_changes_nothing(shop: Shop) -> None:
    made = shop.subscribe()
    shop.control(f"customers/{made.customer}/card", outcome="decline")
    refused = browse(shop.confirm_page(made, shop.professional), action="confirm")
    assert (refused.status, "declined" in refused.html) == (402, True)
    assert shop.now_of(made.id)["items"].data[0].price.id == shop.starter


def test_cancels_at_the_period_end_and_changes_its_mind(shop: Shop) -> None:
    made = shop.subscribe()
    url = shop.portal(made.customer)
    browse(url, action="cancel", subscription=made.id)
    assert shop.now_of(made.id).cancel_at_period_end is True
    assert "Keep the subscription" in browse(url).html
    browse(url, action="keep", subscription=made.id)
    assert shop.now_of(made.id).cancel_at_period_end is False


def test_pays_the_open_invoice_with_a_new_card(shop: Shop) -> None:
    made = shop.subscribe()
    shop.control(f"customers/{made.customer}/card", outcome="decline")
    shop.control("clock/advance", to=made["items"].data[0].current_period_end + HOUR)
    url, invoice = shop.portal(made.customer), shop.invoices_of(made.id)[0].id
    declined = browse(url, action="pay", invoice=invoice)
    assert (declined.status, "declined" in declined.html) == (402, True)
    browse(url, action="card", outcome="success")
    assert browse(url, action="pay", invoice=invoice).status == 303
    assert shop.now_of(made.id).status == "active"


def test_a_flow_needs_the_customers_own_living_subscription(shop: Shop) -> None:
    made, other, kind = shop.subscribe(), shop.customer(), "subscription_cancel"
    about: Any = {kind: {"subscription": made.id}}
    with pytest.raises(stripe.InvalidRequestError) as missing:
        shop.portal(made.customer, type=kind)
    assert missing.value.code == "parameter_missing"
    with pytest.raises(stripe.InvalidRequestError, match="does not belong"):
        shop.portal(other, type=kind, **about)
    shop.stripe.v1.subscriptions.cancel(made.id)
    with pytest.raises(stripe.InvalidRequestError):
        shop.portal(made.customer, type=kind, **about)


def test_a_customer_cannot_touch_what_belongs_to_another(shop: Shop) -> None:
    mine, theirs = shop.subscribe(), shop.subscribe()
    url = shop.portal(mine.customer)
    assert theirs.id not in browse(url).html
    assert browse(url, action="cancel", subscription=theirs.id).status == 402
    assert browse(url, action="pay", invoice=str(theirs.latest_invoice)).status == 402
    assert shop.now_of(theirs.id).cancel_at_period_end is False


def test_a_page_that_does_not_exist_says_so(shop: Shop) -> None:
    assert browse(f"{shop.url}/p/session/bps_nothing").status == 404
