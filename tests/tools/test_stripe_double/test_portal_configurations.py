"""Portal configurations: what they switch on, what they refuse, and what their sessions may do."""

from typing import Any

import pytest
import stripe

from tests.tools.test_stripe_double.shop import DAY, RETURN_URL, STARTER_CENTS, Shop, browse

_PRODUCTS = {"expand": ["features.subscription_update.products"]}


def _features(configuration: stripe.billing_portal.Configuration) -> dict[str, Any]:
    return dict(configuration.to_dict()["features"])


def test_what_is_not_switched_on_is_off(shop: Shop) -> None:
    made = shop.stripe.v1.billing_portal.configurations.create(
        {"features": {"invoice_history": {"enabled": True}}}
    )
    enabled = {name for name, feature in _features(made).items() if feature["enabled"]}
    assert (enabled, made.active) == ({"invoice_history"}, True)
    assert shop.event_types(about=made.id) == ["billing_portal.configuration.created"]


def test_products_are_shown_to_who_expands_them(shop: Shop) -> None:
    shop.portal_configuration()
    get = shop.stripe.v1.billing_portal.configurations
    assert "products" not in _features(get.list().data[0])["subscription_update"]
    listed: Any = {"expand": ["data.features.subscription_update.products"]}
    products = _features(get.list(listed).data[0])["subscription_update"]["products"]
    assert {price for one in products for price in one["prices"]} == {
        shop.starter,
        shop.yearly,
        shop.professional,
    }


def test_customers_may_change_quantities_unless_set_otherwise(shop: Shop) -> None:
    expanded: Any = _PRODUCTS
    made = shop.stripe.v1.billing_portal.configurations.update(shop.portal_configuration(), expanded)
    products = _features(made)["subscription_update"]["products"]
    assert [one["adjustable_quantity"]["enabled"] for one in products] == [True, True]


def test_an_update_changes_what_is_given_and_replaces_products(shop: Shop) -> None:
    made = shop.portal_configuration()
    product = str(shop.stripe.v1.prices.retrieve(shop.professional).product)
    update: Any = {"subscription_update": {"products": [{"product": product, "prices": [shop.professional]}]}}
    changes: Any = {"features": update, "metadata": {"app": "", "version": "2"}, **_PRODUCTS}
    changed = shop.stripe.v1.billing_portal.configurations.update(made, changes)
    updates = _features(changed)["subscription_update"]
    assert [one["prices"] for one in updates["products"]] == [[shop.professional]]
    assert (updates["enabled"], updates["proration_behavior"]) == (True, "always_invoice")
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"version": "2"}
    assert shop.event_types(about=made)[-1] == "billing_portal.configuration.updated"


@pytest.mark.parametrize(
    ("updates", "message"),
    [
        ({"products": ""}, r"Missing required param: features\[subscription_update\]\[products\]"),
        ({"default_allowed_updates": ""}, "default_allowed_updates"),
        ({"products": [{"product": "prod_none", "prices": ["price_1"]}]}, "No such product"),
    ],
)
def test_refuses_updates_that_lead_nowhere(shop: Shop, updates: dict[str, Any], message: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=message):
        shop.portal_configuration(**updates)


def test_refuses_updates_without_a_way_to_pay(shop: Shop) -> None:
    made = shop.portal_configuration()
    with pytest.raises(stripe.InvalidRequestError, match="while payment method update is disabled"):
        shop.stripe.v1.billing_portal.configurations.update(
            made, {"features": {"payment_method_update": {"enabled": False}}}
        )


def test_a_product_lists_its_own_prices_one_per_interval(shop: Shop) -> None:
    product = str(shop.stripe.v1.prices.retrieve(shop.starter).product)
    with pytest.raises(stripe.InvalidRequestError, match="not a recurring price of the product"):
        shop.portal_configuration(products=[{"product": product, "prices": [shop.professional]}])
    dearer = shop.price(product, 3_900, "month", "gwi_starter_month_2")
    with pytest.raises(stripe.InvalidRequestError, match="unique billing intervals"):
        shop.portal_configuration(products=[{"product": product, "prices": [shop.starter, dearer]}])


def test_a_price_that_is_not_listed_is_refused(shop: Shop) -> None:
    made, configuration = shop.subscribe(), shop.portal_configuration()
    later = shop.price(
        str(shop.stripe.v1.prices.retrieve(shop.professional).product), 19_900, "month", "gwi_later"
    )
    with pytest.raises(stripe.InvalidRequestError, match=r"does not include the price in its `features"):
        shop.confirm_page(made, later, configuration)


def test_the_same_price_or_another_quantity_is_nothing_to_confirm(shop: Shop) -> None:
    made = shop.subscribe()
    with pytest.raises(stripe.InvalidRequestError, match="no changes to confirm"):
        shop.confirm_page(made, shop.starter)
    with pytest.raises(stripe.InvalidRequestError, match="`quantity` in its"):
        shop.confirm_page(made, shop.starter, quantity=2)


def test_the_confirm_page_shows_one_price_and_takes_no_other(shop: Shop) -> None:
    made = shop.subscribe()
    url = shop.confirm_page(made, shop.professional)
    page = browse(url)
    assert "<strong>Professional, 99.00 USD per month</strong>" in page.html
    assert "Cancel at the end" not in page.html
    assert browse(url, action="cancel", subscription=made.id).status == 402
    done = browse(url, action="confirm")
    assert (done.status, done.location) == (303, RETURN_URL)
    assert shop.now_of(made.id)["items"].data[0].price.id == shop.professional


def test_the_cancel_flow_cancels_at_the_periods_end_and_once(shop: Shop) -> None:
    made = shop.subscribe()
    flow: Any = {"type": "subscription_cancel", "subscription_cancel": {"subscription": made.id}}
    url = shop.portal(made.customer, **flow)
    assert browse(url, action="cancel").location == url
    ending = shop.now_of(made.id)
    assert (ending.status, ending.cancel_at) == ("active", made["items"].data[0].current_period_end)
    with pytest.raises(stripe.InvalidRequestError, match="already set to be canceled at period end"):
        shop.portal(made.customer, **flow)


def test_a_configuration_that_is_switched_off_opens_no_page(shop: Shop) -> None:
    made, customer = shop.portal_configuration(), shop.customer()
    get = shop.stripe.v1.billing_portal.configurations
    get.update(made, {"active": False})
    assert get.list({"active": True}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="not active"):
        shop.portal(customer, made)


def test_a_flow_that_is_off_is_refused(shop: Shop) -> None:
    made, configuration = shop.subscribe(), shop.portal_configuration()
    url = shop.portal(made.customer, configuration)
    features: Any = {"subscription_cancel": {"enabled": False}, "subscription_update": {"enabled": False}}
    shop.stripe.v1.billing_portal.configurations.update(configuration, {"features": features})
    cancel: Any = {"subscription_cancel": {"subscription": made.id}}
    with pytest.raises(stripe.InvalidRequestError, match="feature in the portal configuration is disabled"):
        shop.portal(made.customer, configuration, type="subscription_cancel", **cancel)
    with pytest.raises(stripe.InvalidRequestError, match="feature in the portal configuration is disabled"):
        shop.confirm_page(made, shop.professional, configuration)
    assert 'value="cancel"' not in browse(url).html
    assert browse(url, action="cancel", subscription=made.id).status == 402


def test_another_plan_ends_a_trial(shop: Shop) -> None:
    made = shop.subscribe(items=[{"price": shop.professional}], trial_period_days=14)
    shop.control("clock/advance", seconds=DAY)
    browse(shop.confirm_page(made, shop.starter), action="confirm")
    assert (shop.now_of(made.id).status, shop.invoices_of(made.id)[0].amount_paid) == (
        "active",
        STARTER_CENTS,
    )
