"""Checkout and portal against the double: one customer, one page, one subscription, our own return pages."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import grpc
import pytest

from shared.domain.billing.plan_mapping import SoldInterval
from shared.domain.errors import Conflict, InvalidInput, NotFound, Unavailable
from shared.usecases.billing.billing_dependencies import BillingDependencies
from shared.usecases.billing.reconcile_billing import reconcile_tenant
from shared.usecases.billing.start_checkout import Purchase, open_portal, start_checkout
from tests.audit_trail import trail_of
from tests.billing_places import FirestoreBillingPlace
from tests.plans import current_plans
from tests.tools.test_stripe_double.shop import browse
from tests.usecases.billing.billing_scenarios import account_of
from tests.usecases.billing.double_shop import PAGES, DoubleShop, open_shop
from tests.usecases.plain_sums import new_tenant

CLICKS = 20
STARTER = Purchase(tenant_id="acme", plan="starter", interval="month")


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[DoubleShop]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with open_shop() as shop:
        yield shop


def test_a_click_creates_the_tenants_customer_and_a_checkout_page(shop: DoubleShop) -> None:
    url = shop.start()
    (session,), (customer,) = shop.sessions(), shop.customers()
    assert session.url == url
    assert (session.client_reference_id, session.customer, session.allow_promotion_codes) == (
        "acme",
        customer.id,
        True,
    )
    assert (customer.name, customer.metadata and customer.metadata["gwi_tenant_id"]) == ("Acme", "acme")
    assert shop.billing.store.find_owner(None, customer.id) == (None, "acme")
    assert shop.customer_id == customer.id
    assert shop.plan == "free", "a click pays for nothing"


def test_the_subscription_names_its_tenant(shop: DoubleShop) -> None:
    shop.pay()
    (subscription,) = shop.subscriptions()
    assert subscription.metadata["gwi_tenant_id"] == "acme"
    shop.deliver_webhooks()
    assert shop.plan == "starter"


def test_b28_two_clicks_make_one_customer_and_one_session(shop: DoubleShop) -> None:
    assert shop.start() == shop.start()
    assert (len(shop.customers()), len(shop.sessions())) == (1, 1)


@pytest.mark.parametrize("on_firestore", [False, True], ids=["B28-memory", "B28-firestore"])
def test_twenty_clicks_at_once_make_one_customer_and_one_session(
    on_firestore: bool, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    place = None
    if on_firestore:
        channel: grpc.Channel = request.getfixturevalue("firestore_channel")
        place = FirestoreBillingPlace(channel)
    with open_shop(place) as shop, ThreadPoolExecutor(CLICKS) as pool:
        now = shop.now
        urls = list(
            pool.map(
                lambda _: start_checkout(shop.billing, PAGES, STARTER, now),
                range(CLICKS),
            )
        )
        assert urls == urls[:1] * CLICKS
        assert (len(shop.customers()), len(shop.sessions())) == (1, 1)
        linked = [each for each in trail_of(shop.place.directory) if each.after == shop.customer_id]
        assert [each.action for each in linked] == ["billing.customer_linked"]


def test_b33_a_subscriber_confirms_the_plan_that_was_clicked(shop: DoubleShop) -> None:
    subscription_id = shop.pay()
    shop.deliver_webhooks()
    url = shop.start("professional", "year")
    portal = shop.portal()
    assert (portal["url"], portal["customer"], portal["return_url"]) == (
        url,
        shop.customer_id,
        PAGES.tenant_home,
    )
    assert portal["flow"]["type"] == "subscription_update_confirm"
    confirmed = portal["flow"]["subscription_update_confirm"]
    (item,) = confirmed["items"]
    assert (confirmed["subscription"], item["price"], item["quantity"]) == (
        subscription_id,
        shop.api.find_price("gwi_professional_year"),
        1,
    )
    assert portal["flow"]["after_completion"]["redirect"]["return_url"] == PAGES.success
    assert browse(url, action="confirm", subscription=subscription_id).status == 303
    shop.deliver_webhooks()
    assert (shop.plan, len(shop.subscriptions())) == ("professional", 1)


def test_b33_free_is_the_page_that_ends_the_subscription(shop: DoubleShop) -> None:
    subscription_id = shop.pay()
    shop.deliver_webhooks()
    shop.start("free")
    flow = shop.portal()["flow"]
    assert (flow["type"], flow["subscription_cancel"]["subscription"]) == (
        "subscription_cancel",
        subscription_id,
    )


def test_the_plan_that_a_tenant_has_is_not_confirmed_again(shop: DoubleShop) -> None:
    shop.pay("starter", "month")
    shop.deliver_webhooks()
    assert shop.start("starter", "month") == shop.portal()["url"]
    assert shop.portal()["flow"] is None


@pytest.mark.parametrize(
    ("bought", "chosen"),
    [(("professional", "month"), ("starter", "month")), (("starter", "year"), ("starter", "month"))],
)
def test_b34_a_lower_amount_or_a_shorter_interval_takes_effect_at_the_end_of_the_period(
    shop: DoubleShop, bought: tuple[str, SoldInterval], chosen: tuple[str, SoldInterval]
) -> None:
    subscription_id = shop.pay(*bought)
    shop.deliver_webhooks()
    shop.account.clock.advance(60)
    assert browse(shop.start(*chosen), action="confirm", subscription=subscription_id).status == 303
    shop.deliver_webhooks()
    billing = account_of(shop.place.open()).tenant.billing
    assert (shop.plan, billing.interval) == bought
    ends = shop.billing.stripe.find_subscription(subscription_id)
    assert ends
    assert (billing.scheduled_plan, billing.scheduled_interval, billing.scheduled_at) == (
        *chosen,
        ends.period_end,
    )
    shop.control(f"subscriptions/{subscription_id}/renew")
    shop.deliver_webhooks()
    billing = account_of(shop.place.open()).tenant.billing
    assert (shop.plan, billing.interval, billing.scheduled_plan) == (*chosen, None)


def test_a_subscriber_with_a_scheduled_change_gets_the_portal_to_decide_about_it(shop: DoubleShop) -> None:
    subscription_id = shop.pay("professional")
    browse(shop.start("starter"), action="confirm", subscription=subscription_id)
    assert shop.start("enterprise") == shop.portal()["url"]
    assert shop.portal()["flow"] is None


def test_b31_a_new_order_closes_the_other_open_ones(shop: DoubleShop) -> None:
    first = shop.start("starter")
    second = shop.start("professional")
    assert first != second
    assert [each.status for each in shop.sessions()] == ["open", "expired"]
    third = shop.start("starter")
    assert third not in (first, second)
    assert [each.status for each in shop.sessions()] == ["open", "expired", "expired"]


def test_a_page_is_offered_again_only_while_it_is_open(shop: DoubleShop) -> None:
    first = shop.start()
    assert shop.start() == first
    shop.client.v1.checkout.sessions.expire(shop.sessions()[0].id)
    assert shop.start() != first
    assert [each.status for each in shop.sessions()] == ["open", "expired"]


def test_an_order_before_and_after_midnight_is_one_page(shop: DoubleShop) -> None:
    first = shop.start()
    shop.account.clock.advance(12 * 60 * 60)
    assert shop.start() == first


def test_b31_a_declined_order_leaves_no_invoice_that_could_be_paid(shop: DoubleShop) -> None:
    browse(shop.start("starter"), action="decline")
    shop.start("professional")
    incomplete = [each for each in shop.subscriptions() if each.status == "incomplete"]
    assert incomplete == []
    invoices = shop.client.v1.invoices.list({"limit": 100}).data
    assert "open" not in {invoice.status for invoice in invoices}


def test_b31_the_first_payment_closes_the_pages_that_another_tab_has_open(shop: DoubleShop) -> None:
    ours = shop.start("starter")
    params: Any = {
        "mode": "subscription",
        "customer": shop.customer_id,
        "metadata": {"gwi_tenant_id": "acme"},
        "line_items": [{"price": shop.api.find_price("gwi_professional_month"), "quantity": 1}],
        "success_url": "https://usage.example.com/",
    }
    other = shop.client.v1.checkout.sessions.create(params)  # by a click at the same instant
    assert browse(ours, action="pay").status == 303
    shop.deliver_webhooks()
    assert shop.client.v1.checkout.sessions.retrieve(other.id).status == "expired"


@pytest.mark.parametrize(("policy", "living"), [("alert", 2), ("cancel_newer", 1)])
def test_b32_a_second_living_subscription_is_reported_and_ends_by_policy(
    shop: DoubleShop, policy: Any, living: int
) -> None:
    shop.billing = replace(shop.billing, second_subscription=policy)
    first = shop.pay("starter")
    shop.deliver_webhooks()
    shop.account.clock.advance(60)
    price: Any = shop.api.find_price("gwi_professional_month")
    shop.client.v1.subscriptions.create({"customer": str(shop.customer_id), "items": [{"price": price}]})
    shop.deliver_webhooks()
    running = [each.id for each in shop.subscriptions() if each.status == "active"]
    assert len(running) == living
    alerts = shop.place.alerts("acme")
    if policy == "alert":
        assert set(alerts["several_subscriptions"]) == set(running)
        drift = reconcile_tenant(shop.billing, "acme", repair=True, now=shop.now)
        assert any("2 subscriptions run at once" in each for each in drift)
    else:
        shop.deliver_webhooks()
        assert (running, alerts, shop.plan) == ([first], {}, "starter")


def test_b27_a_new_subscriber_gets_no_second_page_before_the_webhook_arrives(shop: DoubleShop) -> None:
    shop.pay("starter")
    assert shop.plan == "free"
    assert shop.start("professional") == shop.portal()["url"]
    assert (len(shop.sessions()), len(shop.subscriptions())) == (1, 1)


def test_b27_a_subscriber_who_does_not_pay_gets_the_portal_and_no_second_subscription(
    shop: DoubleShop,
) -> None:
    subscription_id = shop.pay()
    shop.control(f"customers/{shop.customer_id}/card", outcome="decline")
    shop.control(f"subscriptions/{subscription_id}/renew")
    shop.deliver_webhooks()
    assert account_of(shop.place.open()).known_subscriptions[subscription_id].state == "past_due"
    assert shop.start("professional") == shop.portal()["url"]
    assert shop.portal()["flow"] is None, "what is unpaid cannot be changed, only paid"


def test_after_the_end_a_tenant_may_subscribe_again_as_the_same_customer(shop: DoubleShop) -> None:
    shop.client.v1.subscriptions.cancel(shop.pay())
    shop.deliver_webhooks()
    assert shop.plan == "free"
    shop.pay("professional")
    shop.deliver_webhooks()
    assert (shop.plan, len(shop.customers()), len(shop.sessions())) == ("professional", 1, 2)


@pytest.mark.parametrize("delivered", [True, False], ids=["delivered", "not-delivered-yet"])
def test_a_customer_that_was_deleted_in_stripe_is_replaced(shop: DoubleShop, delivered: bool) -> None:
    shop.pay()
    shop.deliver_webhooks()
    previous = shop.customer_id
    assert previous is not None
    shop.client.v1.customers.delete(previous)
    if delivered:
        shop.deliver_webhooks()
    shop.pay("professional")
    shop.deliver_webhooks()
    (customer,) = shop.customers()
    assert customer.id != previous
    assert (shop.customer_id, shop.plan) == (customer.id, "professional")
    assert shop.billing.store.find_owner(None, previous) == (None, "acme")


def test_b29_every_page_leads_back_to_the_configured_origin(shop: DoubleShop) -> None:
    shop.pay()
    shop.deliver_webhooks()
    open_portal(shop.billing, PAGES, "acme")
    (session,) = shop.sessions()
    ways_back = [session.success_url, session.cancel_url, shop.portal()["return_url"]]
    assert [urlsplit(str(url)).netloc for url in ways_back] == ["usage.example.com"] * 3


def test_b30_pro_is_professional_from_the_card_to_the_plan(shop: DoubleShop) -> None:
    shop.pay("pro", "year")
    shop.deliver_webhooks()
    (subscription,) = shop.subscriptions()
    assert subscription["items"].data[0].price.lookup_key == "gwi_professional_year"
    tenant = account_of(shop.place.open()).tenant
    assert (tenant.plan, tenant.billing.interval) == ("professional", "year")


def test_a_trial_is_for_the_first_subscription_only(shop: DoubleShop) -> None:
    assert browse(shop.start(trial_days=14), action="pay").status == 303
    (trial,) = shop.subscriptions()
    assert trial.status == "trialing"
    assert trial.trial_end == trial.created + 14 * timedelta(days=1).total_seconds()
    shop.deliver_webhooks()
    assert shop.plan == "starter"
    shop.client.v1.subscriptions.cancel(trial.id)
    shop.deliver_webhooks()
    assert browse(shop.start(trial_days=14), action="pay").status == 303
    assert shop.subscriptions()[0].status == "active"


def test_a_person_has_one_trial_in_all_tenants_together(shop: DoubleShop) -> None:
    new_tenant(shop.place.directory, "bolt", plan="free")
    assert browse(shop.start(trial_days=14, email="ann@example.com"), action="pay").status == 303
    for email, trial in [("Ann+2@example.com", None), ("bob@example.com", 14)]:
        url = shop.start(trial_days=14, email=email, tenant="bolt")
        assert has_trial(url) == (trial is not None)


def test_a_person_who_left_the_page_still_has_its_trial(shop: DoubleShop) -> None:
    shop.start(trial_days=14)
    assert has_trial(shop.start("professional", trial_days=14))


def test_an_order_without_a_person_has_no_trial(shop: DoubleShop) -> None:
    assert not has_trial(shop.start(trial_days=14, email=None))


def has_trial(url: str) -> bool:
    return "free trial" in browse(url).html


@pytest.mark.parametrize("plan", ["free", "gold", "", "Starter"])
def test_a_plan_that_is_not_for_sale_is_refused(shop: DoubleShop, plan: str) -> None:
    with pytest.raises(InvalidInput, match=f"plan: '{plan}' is not for sale"):
        shop.start(plan)
    assert (shop.customers(), shop.sessions()) == ([], [])


def test_a_price_that_stripe_lacks_is_reported_with_the_remedy(shop: DoubleShop) -> None:
    (price,) = shop.client.v1.prices.list({"lookup_keys": ["gwi_starter_month"]}).data
    shop.client.v1.prices.update(price.id, {"active": False})
    with pytest.raises(
        Unavailable, match=r"no price gwi_starter_month: run `python -m .* stripe sync-catalog`"
    ):
        shop.start()


def test_a_tenant_that_does_not_exist_is_not_found(shop: DoubleShop) -> None:
    with pytest.raises(NotFound):
        shop.start(tenant="nobody")
    assert shop.customers() == []


def test_a_tenant_without_a_customer_has_no_portal(shop: DoubleShop) -> None:
    with pytest.raises(Conflict, match="no billing account yet"):
        open_portal(shop.billing, PAGES, "acme")


def test_a_deleted_customer_has_no_portal(shop: DoubleShop) -> None:
    shop.pay()
    shop.deliver_webhooks()
    shop.client.v1.customers.delete(str(shop.customer_id))
    with pytest.raises(Conflict, match="no billing account yet"):
        open_portal(shop.billing, PAGES, "acme")


def test_without_a_key_billing_is_not_set_up(shop: DoubleShop) -> None:
    keyless = BillingDependencies(shop.billing.store, None, shop.billing.grace, current_plans)
    with pytest.raises(Unavailable, match="billing is not set up here: STRIPE_API_KEY is missing"):
        start_checkout(keyless, PAGES, STARTER, shop.now)


def test_a_wrong_key_is_reported_as_an_error_of_stripe(shop: DoubleShop) -> None:
    shop.control("fail", path_prefix="/v1/prices", status=401, times=1)
    with pytest.raises(Unavailable, match=r"AuthenticationError"):
        shop.start()
