"""Endings, invoices and billing alerts as the API tells them, after Stripe's webhooks."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.adapters.stripe import StripeApi
from tests.golden.stripe_payloads import changed, read_cases
from tests.http.serving import Functions, Json
from tests.http.stripe_caller import event, send
from tests.http.stripe_shop import KEY, Shop, open_shop
from tests.plans import current_plans
from tests.tools.test_stripe_double.shop import browse

INVOICE: Json = read_cases("stripe_endive")["invoice"]


@pytest.fixture
def shop(set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with open_shop(set_up, monkeypatch) as shop:
        yield shop


@pytest.mark.parametrize("days", [10, 100], ids=["B43-in-this-period", "B43-in-a-later-one"])
def test_b43_cancel_at_alone_is_shown_as_an_ending(shop: Shop, days: int) -> None:
    browse(shop.checkout(), action="pay")
    (subscription,) = shop.stripe.v1.subscriptions.list().data
    ends_at = datetime.fromtimestamp(subscription.created, UTC) + timedelta(days=days)
    shop.stripe.v1.subscriptions.update(subscription.id, {"cancel_at": int(ends_at.timestamp())})
    shop.deliver_webhooks()
    shown = shop.billing()
    assert (shown["status"], shown["cancel_at_period_end"]) == ("active", False)
    assert datetime.fromisoformat(shown["ends_at"]) == ends_at
    assert shown["next_invoice_at"] == (None if days == 10 else shown["current_period_end"])
    shop.functions.clock.pass_by(timedelta(seconds=1))
    shop.stripe.v1.subscriptions.update(subscription.id, {"cancel_at": ""})
    shop.deliver_webhooks()
    assert shop.billing()["ends_at"] is None
    shop.stripe.v1.subscriptions.cancel(subscription.id)
    shop.deliver_webhooks()
    ended = shop.billing()
    assert (ended["status"], ended["ends_at"]) == ("canceled", None), "no end is ahead"


def test_billing_alerts_are_shown_to_those_who_may_manage_billing(shop: Shop) -> None:
    browse(shop.checkout(), action="pay")
    (subscription,) = shop.stripe.v1.subscriptions.list().data
    product = shop.stripe.v1.products.create({"name": "Special"})
    terms: Any = {"product": product.id, "currency": "usd", "unit_amount": 5_00}
    terms |= {"recurring": {"interval": "month"}}
    price = shop.stripe.v1.prices.create(terms)
    item: Any = {"id": subscription["items"]["data"][0]["id"], "price": price.id}
    shop.stripe.v1.subscriptions.update(subscription.id, {"items": [item]})
    shop.deliver_webhooks()
    functions = shop.functions
    managers = [functions.sign_in(f"{role}@example.com", role) for role in ("owner", "admin")]
    for caller in (*managers, functions.create_key("usage:read", "billing:write")):
        (alert,) = functions.read(caller, "/tenants/acme/usage")["billing"]["alerts"]
        assert alert["kind"] == "unmapped_price"
        assert subscription.id in alert["message"]
        assert datetime.fromisoformat(alert["at"]) == functions.clock.now
    for caller in (functions.sign_in("member@example.com", "member"), functions.create_key("usage:read")):
        assert functions.read(caller, "/tenants/acme/usage")["billing"]["alerts"] == []
    previous = functions.read(managers[0], "/tenants/acme/usage?period=previous")
    assert previous["billing"]["alerts"] == []


def test_the_links_of_invoices_are_for_those_who_may_manage_billing(shop: Shop) -> None:
    browse(shop.checkout(), action="pay")
    shop.deliver_webhooks()
    functions = shop.functions

    def invoice_for(caller: str) -> Json:
        (invoice,) = functions.read(caller, "/tenants/acme/invoices")["invoices"]
        return dict(invoice)

    managers = [functions.sign_in(f"{role}@example.com", role) for role in ("owner", "admin")]
    whole = invoice_for(functions.create_key("usage:read", "billing:write"))
    assert str(whole["hosted_invoice_url"]).startswith("http")
    assert str(whole["invoice_pdf"]).startswith("http")
    assert [invoice_for(caller) for caller in managers] == [whole, whole]
    readers = (functions.create_key("usage:read"), functions.sign_in("member@example.com", "member"))
    for caller in readers:
        assert invoice_for(caller) == {**whole, "hosted_invoice_url": None, "invoice_pdf": None}


CORRECTED = ("net_total", "amount_refunded", "amount_credited", "amount_lost", "dispute")


def test_b44_refunds_credit_notes_and_disputes_change_what_an_invoice_shows(shop: Shop) -> None:
    browse(shop.checkout("professional"), action="pay")
    shop.deliver_webhooks()
    (whole,) = shop.invoices()["invoices"]
    assert [whole[name] for name in CORRECTED] == [9_900, 0, 0, 0, None]
    (charge,) = shop.double.account.objects["charge"].values()
    shop.stripe.v1.refunds.create({"payment_intent": charge["payment_intent"], "amount": 900})
    note = {"customer": charge["customer"], "invoice": whole["id"], "amount": 1_000, "refunds": []}
    send_about(shop, "credit_note.created", "credit_note", {**note, "status": "issued"})
    dispute = {"charge": charge["id"], "amount": 8_000, "status": "needs_response"}
    disputed = send_about(shop, "charge.dispute.created", "dispute", dispute)
    shop.deliver_webhooks()
    (shown,) = shop.invoices()["invoices"]
    assert [shown[name] for name in CORRECTED] == [8_000, 900, 1_000, 0, "open"]
    disputed["status"] = "lost"
    shop.double.account.emit("charge.dispute.closed", disputed)
    shop.deliver_webhooks()
    (shown,) = shop.invoices()["invoices"]
    assert [shown[name] for name in CORRECTED] == [0, 900, 1_000, 8_000, "lost"]
    assert (shown["total"], shown["status"]) == (9_900, "paid"), "as in Stripe"


def send_about(shop: Shop, kind: str, of: str, fields: Json) -> Json:
    """Put an object into Stripe and send an event about it."""
    made: Json = shop.double.account.add(of, fields)
    shop.double.account.emit(kind, made)
    return made


def test_a_prorated_invoice_lists_its_lines(shop: Shop) -> None:
    browse(shop.checkout(), action="pay")
    (subscription,) = shop.stripe.v1.subscriptions.list().data
    price = StripeApi(KEY, shop.double.url, current_plans).find_price("gwi_professional_month")
    items: Any = [{"id": subscription["items"]["data"][0]["id"], "price": price}]
    update: Any = {"items": items, "proration_behavior": "always_invoice"}
    shop.stripe.v1.subscriptions.update(subscription.id, update)
    shop.deliver_webhooks()
    # Made in the same second, so listed in any order.
    first, prorated = sorted(shop.invoices()["invoices"], key=lambda each: len(each["lines"]))
    assert [line["amount"] for line in first["lines"]] == [2_900]
    assert len(prorated["lines"]) == 2
    assert sum(line["amount"] for line in prorated["lines"]) == prorated["total"]
    assert all(line["description"] for line in prorated["lines"])
    assert prorated["has_more_lines"] is False


def test_a_deleted_draft_is_no_longer_listed(shop: Shop) -> None:
    browse(shop.checkout(), action="pay")
    shop.deliver_webhooks()
    customer = shop.stripe.v1.customers.list().data[0].id
    draft = changed(INVOICE, {"customer": customer, "id": "in_draft", "status": None})
    shop.double.account.add("invoice", draft, "in_draft")
    send(shop.functions, event("invoice.updated", draft, "evt_draft"))
    assert [each["status"] for each in shop.invoices()["invoices"]].count("draft") == 1
    del shop.double.account.objects["invoice"]["in_draft"]
    send(shop.functions, event("invoice.deleted", draft, "evt_deleted"))
    assert [each["status"] for each in shop.invoices()["invoices"]] == ["paid"]
