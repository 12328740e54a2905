"""Portal configurations: what they switch on, what they refuse, and what their sessions may do."""

from typing import Any

import pytest
import stripe

from tests.tools.test_stripe_double.shop import DAY, RETURN_URL, STARTER_CENTS, Shop, browse

_PRODUCTS = {"expand": ["features.subscription_update.products"]}


def _features(configuration: stripe.billing_portal.Configuration) -> dict[str, Any]:
    return dict(configuration.to_dict()["features"])


def _confirm(made: stripe.Subscription, price: str, **item: Any) -> dict[str, Any]:
    items = [{"id": made["items"].data[0].id, "price": price, **item}]
    return {
        "type": "subscription_update_confirm",
        "subscription_update_confirm": {"subscription": made.id, "items": items},
        "after_completion": {"type": "redirect", "redirect": {"return_url": RETURN_URL}},
    }


def test_what_is_not_switched_on_is_off(shop: Shop) -> None:
    made = shop.stripe.v1.billing_portal.configurations.create(
        {"features": {"invoice_history": {"enabled": True}}}
    )
    enabled = {name for name, feature in _features(made).items() if feature["enabled"]}
    assert (enabled, made.is_default, made.active) == ({"invoice_history"}, False, True)
    assert shop.event_types(about=made.id) == ["billing_portal.configuration.created"]


def test_products_are_shown_to_who_expands_them(shop: Shop) -> None:
    made = shop.portal_configuration()
    get = shop.stripe.v1.billing_portal.configurations
    assert "products" not in _features(get.retrieve(made))["subscription_update"]
    expanded: Any = _PRODUCTS
    products = _features(get.retrieve(made, expanded))["subscription_update"]["products"]
    assert {price for one in products for price in one["prices"]} == {
        shop.starter,
        shop.yearly,
        shop.professional,
    }
    listed: Any = {"expand": ["data.features.subscription_update.products"]}
    assert _features(get.list(listed).data[0])["subscription_update"]["products"] == products


def test_customers_may_change_quantities_unless_told_otherwise(shop: Shop) -> None:
    expanded: Any = _PRODUCTS
    made = shop.stripe.v1.billing_portal.configurations.retrieve(shop.portal_configuration(), expanded)
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


def test_lists_by_activity_and_default(shop: Shop) -> None:
    made = shop.portal_configuration()
    get = shop.stripe.v1.billing_portal.configurations
    get.update(made, {"active": False})
    (default,) = get.list({"active": True}).data
    assert (default.is_default, [one.id for one in get.list({"is_default": False}).data]) == (True, [made])
    with pytest.raises(stripe.InvalidRequestError, match="default"):
        get.update(default.id, {"active": False})
    with pytest.raises(stripe.InvalidRequestError, match="not active"):
        shop.portal(shop.customer(), made)


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


@pytest.mark.parametrize(
    ("feature", "flow"),
    [
        ("subscription_update", "subscription_update"),
        ("subscription_cancel", "subscription_cancel"),
    ],
)
def test_a_flow_that_is_off_is_refused(shop: Shop, feature: str, flow: str) -> None:
    made, configuration = shop.subscribe(), shop.portal_configuration()
    url = shop.portal(made.customer, configuration)
    features: Any = {feature: {"enabled": False}}
    shop.stripe.v1.billing_portal.configurations.update(configuration, {"features": features})
    with pytest.raises(stripe.InvalidRequestError, match="feature in the portal configuration is disabled"):
        shop.portal(made.customer, configuration, type=flow, **{flow: {"subscription": made.id}})
    action = {"subscription_update": "switch", "subscription_cancel": "cancel"}[feature]
    assert f'value="{action}"' not in browse(url).html
    assert browse(url, action=action, subscription=made.id, price=shop.professional).status == 402


def test_the_default_configuration_switches_no_plans(shop: Shop) -> None:
    made = shop.subscribe()
    sessions = shop.stripe.v1.billing_portal.sessions
    page = browse(sessions.create({"customer": str(made.customer)}).url).html
    assert ("Switch plan" in page, "Cancel at the end" in page, "Update card" in page) == (False, True, True)
    flow: Any = {"type": "subscription_update", "subscription_update": {"subscription": made.id}}
    with pytest.raises(stripe.InvalidRequestError, match="subscription update feature in the portal"):
        sessions.create({"customer": str(made.customer), "flow_data": flow})


def test_a_price_that_is_not_listed_is_refused(shop: Shop) -> None:
    made, configuration = shop.subscribe(), shop.portal_configuration()
    later = shop.price(
        str(shop.stripe.v1.prices.retrieve(shop.professional).product), 19_900, "month", "gwi_later"
    )
    with pytest.raises(stripe.InvalidRequestError, match=r"does not include the price in its `features"):
        shop.portal(made.customer, configuration, **_confirm(made, later))
    url = shop.portal(made.customer, configuration)
    assert later not in browse(url).html
    assert browse(url, action="switch", subscription=made.id, price=later).status == 402


def test_the_same_price_or_another_quantity_is_nothing_to_confirm(shop: Shop) -> None:
    made = shop.subscribe()
    with pytest.raises(stripe.InvalidRequestError, match="no changes to confirm"):
        shop.portal(made.customer, **_confirm(made, shop.starter))
    with pytest.raises(stripe.InvalidRequestError, match="`quantity` in its"):
        shop.portal(made.customer, **_confirm(made, shop.starter, quantity=2))


def test_the_confirm_page_shows_one_price_and_takes_no_other(shop: Shop) -> None:
    made = shop.subscribe()
    url = shop.portal(made.customer, **_confirm(made, shop.professional))
    page = browse(url)
    assert "<strong>Professional, 99.00 USD per month</strong>" in page.html
    assert ("Switch plan" in page.html, "Cancel at the end" in page.html) == (False, False)
    assert browse(url, action="switch", subscription=made.id, price=shop.yearly).status == 402
    done = browse(url, action="confirm")
    assert (done.status, done.location) == (303, RETURN_URL)
    assert shop.now_of(made.id)["items"].data[0].price.id == shop.professional


def test_the_cancel_flow_cancels_at_the_periods_end_and_once(shop: Shop) -> None:
    made = shop.subscribe()
    flow: Any = {"type": "subscription_cancel", "subscription_cancel": {"subscription": made.id}}
    message = {"custom_message": "Sorry to see you go."}
    url = shop.portal(
        made.customer,
        **flow,
        after_completion={"type": "hosted_confirmation", "hosted_confirmation": message},
    )
    assert "Sorry to see you go." in browse(url, action="cancel").html
    ending = shop.now_of(made.id)
    assert (ending.status, ending.cancel_at) == ("active", made["items"].data[0].current_period_end)
    with pytest.raises(stripe.InvalidRequestError, match="already set to be canceled at period end"):
        shop.portal(made.customer, **flow)


def test_a_configuration_can_cancel_at_once(shop: Shop) -> None:
    made, configuration = shop.subscribe(), shop.portal_configuration()
    shop.stripe.v1.billing_portal.configurations.update(
        configuration, {"features": {"subscription_cancel": {"enabled": True, "mode": "immediately"}}}
    )
    url = shop.portal(made.customer, configuration)
    assert "Cancel now" in browse(url).html
    browse(url, action="cancel", subscription=made.id)
    assert shop.now_of(made.id).status == "canceled"


@pytest.mark.parametrize(
    ("behavior", "status", "paid"),
    [("end_trial", "active", STARTER_CENTS), ("continue_trial", "trialing", 0)],
)
def test_a_switch_ends_a_trial_unless_told_otherwise(
    shop: Shop, behavior: str, status: str, paid: int
) -> None:
    made = shop.subscribe(items=[{"price": shop.professional}], trial_period_days=14)
    shop.control("clock/advance", seconds=DAY)
    url = shop.portal(made.customer, shop.portal_configuration(trial_update_behavior=behavior))
    browse(url, action="switch", subscription=made.id, price=shop.starter)
    assert (shop.now_of(made.id).status, shop.invoices_of(made.id)[0].amount_paid) == (status, paid)
