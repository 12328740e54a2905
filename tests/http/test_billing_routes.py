"""The routes of checkout, portal and invoices, as deployed, against the double."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.domain.people.audit import Change
from shared.stores import process_memory
from shared.usecases.people.operators import add_operator
from tests.golden.stripe_payloads import changed, read_cases
from tests.http.serving import Functions, Json, bearer, refused, succeeded
from tests.http.stripe_caller import event, send
from tests.http.stripe_shop import ORIGIN, Shop, open_shop
from tests.tools.test_stripe_double.shop import browse

INVOICE: Json = read_cases("stripe_endive")["invoice"]


@pytest.fixture
def shop(set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with open_shop(set_up, monkeypatch) as shop:
        yield shop


@pytest.mark.parametrize(
    ("plan", "interval", "tokens"),
    [("starter", "month", 500_000), ("pro", "year", 2_000_000), ("professional", "month", 2_000_000)],
    ids=["B1-starter", "B30-pro", "B30-professional"],
)
def test_from_the_card_to_the_limit(shop: Shop, plan: str, interval: str, tokens: int) -> None:
    assert shop.functions.check(shop.key, tokens=tokens)["allowed"] is False
    assert browse(shop.checkout(plan, interval), action="pay").status == 303
    assert shop.billing()["plan"] == "free", "a way back from a page proves nothing"
    shop.deliver_webhooks()
    paid = shop.billing()
    assert (paid["status"], paid["interval"], paid["cancel_at_period_end"]) == ("active", interval, False)
    assert shop.functions.check(shop.key, tokens=tokens)["allowed"] is True
    assert shop.functions.check(shop.key, tokens=tokens + 1)["allowed"] is False


def test_a_person_has_a_trial_and_a_key_has_none(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GWI_TRIAL_DAYS", "14")
    shop.functions = shop.functions.another()
    assert "free trial" not in browse(shop.checkout()).html
    token = shop.functions.sign_in("ann@example.com")
    order = {"plan": "starter", "interval": "month"}
    url = str(succeeded(shop.ask("checkout-sessions", order, token))["url"])
    assert "free trial" in browse(url).html


def test_an_operator_uses_up_no_trial_as_they_buy_for_a_tenant(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GWI_TRIAL_DAYS", "14")
    shop.functions = shop.functions.another()
    operator, store = shop.functions.sign_in("olga@example.com", role=None), process_memory()
    add_operator(store, store, "olga@example.com", Change("admin:op", shop.functions.clock.now))
    order = {"plan": "starter", "interval": "month"}
    url = str(succeeded(shop.ask("checkout-sessions", order, operator))["url"])
    assert "free trial" not in browse(url).html


def test_b27_a_subscriber_gets_the_portals_update_page(shop: Shop) -> None:
    browse(shop.checkout(), action="pay")
    shop.deliver_webhooks()
    url = shop.checkout("professional")
    (session,) = shop.double.account.objects["billing_portal.session"].values()
    assert (session["url"], session["flow"]["type"]) == (url, "subscription_update_confirm")
    assert len(shop.stripe.v1.subscriptions.list().data) == 1


def test_b28_clicks_at_once_make_one_customer_and_one_session(shop: Shop) -> None:
    with ThreadPoolExecutor(8) as pool:
        urls = set(pool.map(lambda _: shop.checkout(), range(8)))
    assert len(urls) == 1
    assert len(shop.stripe.v1.customers.list().data) == 1
    assert len(shop.stripe.v1.checkout.sessions.list().data) == 1


EVIL = "https://evil.example.com"


@pytest.mark.parametrize(
    "field", ["success_url", "cancel_url", "return_url", "customer", "price", "trial_days"]
)
@pytest.mark.parametrize("what", ["checkout-sessions", "portal-sessions"], ids=lambda what: f"B29-{what}")
def test_a_caller_cannot_choose_the_return_page_or_the_price(shop: Shop, what: str, field: str) -> None:
    body = {"plan": "starter"} if what == "checkout-sessions" else {}
    document = refused(shop.ask(what, body | {field: EVIL}), 422)
    assert document["errors"][0]["field"] == field
    assert shop.stripe.v1.customers.list().data == []


def test_b29_headers_cannot_choose_it_either(shop: Shop) -> None:
    forged = {
        "Origin": EVIL,
        "Referer": EVIL,
        "X-Forwarded-Host": "evil.example.com",
        "Host": "evil.example.com",
    }
    succeeded(shop.ask("checkout-sessions", {"plan": "starter"}, **forged))
    succeeded(shop.ask("portal-sessions", **forged))
    (session,) = shop.stripe.v1.checkout.sessions.list().data
    (portal,) = shop.double.account.objects["billing_portal.session"].values()
    ways_back = [session.success_url, session.cancel_url, portal["return_url"]]
    assert ways_back == [
        f"{ORIGIN}/t/acme/upgrade?checkout=success",
        f"{ORIGIN}/t/acme/upgrade?checkout=canceled",
        f"{ORIGIN}/t/acme",
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"plan": "free"}, "plan"),
        ({"plan": "gold"}, "plan"),
        ({"plan": ""}, "plan"),
        ({"plan": None}, "plan"),
        ({}, "plan"),
        ({"plan": "starter", "interval": "week"}, "interval"),
        ({"plan": "x" * 65}, "plan"),
    ],
)
def test_a_plan_that_is_not_for_sale_is_refused_by_name(shop: Shop, body: object, field: str) -> None:
    document = refused(shop.ask("checkout-sessions", body), 422)
    assert [each["field"] for each in document["errors"]] == [field]
    assert shop.stripe.v1.customers.list().data == []


def test_a_price_that_is_missing_is_503_with_the_remedy(shop: Shop) -> None:
    (price,) = shop.stripe.v1.prices.list({"lookup_keys": ["gwi_starter_year"]}).data
    shop.stripe.v1.prices.update(price.id, {"active": False})
    document = refused(shop.ask("checkout-sessions", {"plan": "starter", "interval": "year"}), 503)
    assert document["detail"].startswith("Stripe has no price gwi_starter_year: run `python -m tools.admin ")


@pytest.mark.parametrize("what", ["checkout-sessions", "portal-sessions"])
def test_without_an_api_key_the_problem_names_the_missing_setting(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    browse(shop.checkout(), action="pay")
    shop.deliver_webhooks()
    monkeypatch.delenv("STRIPE_API_KEY")
    keyless = shop.functions.another()
    body = {"plan": "starter"} if what == "checkout-sessions" else {}
    response = keyless.usage_api.post(f"/api/v1/tenants/acme/{what}", json=body, headers=bearer(shop.key))
    document = refused(response, 503, "billing_not_configured")
    assert document["detail"] == "billing is not set up here: STRIPE_API_KEY is missing"
    assert keyless.read(shop.key, "/tenants/acme/invoices")["invoices"][0]["status"] == "paid"


def test_a_tenant_that_never_paid_has_no_portal(shop: Shop) -> None:
    refused(shop.ask("portal-sessions"), 409, "no_customer")


def test_an_unavailable_stripe_is_503(shop: Shop) -> None:
    shop.double.server.shutdown()
    shop.double.server.server_close()
    document = refused(shop.ask("checkout-sessions", {"plan": "starter"}), 503, "unavailable")
    assert document["detail"] == "Stripe does not respond"


def test_only_a_key_for_billing_of_the_tenant_itself_opens_a_page(shop: Shop) -> None:
    reader = shop.functions.create_key("usage:read", "usage:write", "limits:read")
    stranger = shop.functions.create_tenant("other", plan="free")
    for what, body in (("checkout-sessions", {"plan": "starter"}), ("portal-sessions", {})):
        refused(shop.ask(what, body, key=reader), 403, "missing_scope")
        refused(shop.ask(what, body, key=stranger), 403, "foreign_tenant")
        refused(shop.functions.usage_api.post(f"/api/v1/tenants/acme/{what}", json=body), 401)
    refused(shop.functions.get(stranger, "/tenants/acme/invoices"), 403, "foreign_tenant")
    assert shop.stripe.v1.customers.list().data == []


def invoice_events(count: int) -> list[dict[str, Any]]:
    """Return the events of `count` invoices, an hour apart."""
    first: int = INVOICE["created"]
    return [
        event(
            "invoice.finalized",
            changed(INVOICE, {"id": f"in_{number}", "status": "open", "created": first + 3600 * number}),
            f"evt_{number}",
        )
        for number in range(count)
    ]


def test_invoices_are_listed_page_by_page_newest_first(shop: Shop) -> None:
    assert shop.invoices() == {"invoices": [], "next_cursor": None}
    for each in invoice_events(5):
        succeeded(send(shop.functions, each))
    first = shop.invoices("?limit=2")
    second = shop.invoices(f"?limit=2&cursor={first['next_cursor']}")
    last = shop.invoices(f"?limit=2&cursor={second['next_cursor']}")
    listed = [each["id"] for page in (first, second, last) for each in page["invoices"]]
    assert listed == ["in_4", "in_3", "in_2", "in_1", "in_0"]
    assert last["next_cursor"] is None
    refused(shop.functions.get(shop.key, "/tenants/acme/invoices?cursor=nonsense"), 400, "invalid_cursor")
    refused(shop.functions.get(shop.key, "/tenants/acme/invoices?limit=0"), 422)


def test_an_invoice_shows_minor_units_of_its_currency(shop: Shop) -> None:
    changes = {"status": "open", "currency": "jpy", "total": 4_500, "amount_due": 4_500, "attempt_count": 1}
    failed = event("invoice.payment_failed", changed(INVOICE, changes))
    succeeded(send(shop.functions, failed))
    (shown,) = shop.invoices()["invoices"]
    assert (shown["currency"], shown["total"], shown["amount_due"], shown["status"]) == (
        "jpy",
        4_500,
        4_500,
        "open",
    )
    assert (shown["attempt_count"], shown["failed_at"] is not None) == (1, True)


def test_b9_a_cancellation_shows_when_the_plan_ends(shop: Shop) -> None:
    browse(shop.checkout(), action="pay")
    (subscription,) = shop.stripe.v1.subscriptions.list().data
    shop.stripe.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    shop.deliver_webhooks()
    shown = shop.billing()
    assert (shown["plan"], shown["status"], shown["cancel_at_period_end"]) == ("starter", "active", True)
    assert shown["plan_ends_at"] == shown["ends_at"] == shown["current_period_end"] is not None
    assert shown["next_invoice_at"] is None
