"""An operator compares a tenant's billing with Stripe and repairs it: on their word, with their reason."""

from collections.abc import Callable, Iterator

import pytest

from shared.domain.people.audit import Change
from shared.stores import process_memory
from shared.usecases.people.operators import add_operator
from tests.http.serving import Functions, Json, refused, succeeded
from tests.http.stripe_shop import Shop, open_shop
from tests.tools.test_stripe_double.shop import browse
from tools.dev.loopback import free_port

PATH = "/tenants/acme/reconcile"
WHY = {"repair": True, "reason": "a webhook was lost"}


@pytest.fixture
def shop(set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Acme has paid for starter, and no webhook has arrived."""
    with open_shop(set_up, monkeypatch) as shop:
        browse(shop.checkout(), action="pay")
        yield shop


def operator_of(functions: Functions) -> str:
    token = functions.sign_in("olga@example.com", role=None)
    store = process_memory()
    add_operator(store, store, "olga@example.com", Change("admin:op", functions.clock.now))
    return token


def reconcile(functions: Functions, caller: str, **body: object) -> Json:
    return succeeded(functions.send("POST", caller, PATH, body))


def test_a_report_changes_nothing_and_needs_no_reason(shop: Shop) -> None:
    operator = operator_of(shop.functions)
    before = shop.functions.read(operator, "/tenants/acme/audit")
    found = reconcile(shop.functions, operator)
    assert "plan is free here, starter in Stripe" in found["differences"]
    assert (found["left"], found["repaired"]) == (found["differences"], False)
    assert reconcile(shop.functions, operator) == found
    assert shop.functions.read(operator, "/tenants/acme/audit") == before
    assert shop.billing()["plan"] == "free"


def test_a_repair_stores_what_stripe_says_and_is_audited_with_its_author_and_reason(shop: Shop) -> None:
    operator = operator_of(shop.functions)
    reported = reconcile(shop.functions, operator)["differences"]
    repaired = reconcile(shop.functions, operator, **WHY)
    assert repaired == {"differences": reported, "left": [], "repaired": True}
    assert shop.billing()["plan"] == "starter"
    assert shop.functions.read(operator, "/tenants/acme")["billing"]["status"] == "active"
    entries = shop.functions.read(operator, "/tenants/acme/audit?limit=500")["entries"]
    by_operator = [each for each in entries if each["actor"] == "operator:olga@example.com"]
    repairs = [each["reason"] for each in by_operator if each["action"] == "billing.repaired"]
    assert sorted(repairs) == sorted(f"a webhook was lost: {each}" for each in reported)
    assert all(each["reason"].startswith("a webhook was lost: ") for each in by_operator)
    again = reconcile(shop.functions, operator, **WHY)
    assert again == {"differences": [], "left": [], "repaired": False}
    assert shop.functions.read(operator, "/tenants/acme/audit?limit=500")["entries"] == entries


def test_a_difference_that_no_repair_removes_is_left_and_said(shop: Shop) -> None:
    operator = operator_of(shop.functions)
    reconcile(shop.functions, operator, **WHY)
    (customer,) = shop.stripe.v1.customers.list().data
    (price,) = shop.stripe.v1.prices.list({"lookup_keys": ["gwi_starter_month"]}).data
    shop.stripe.v1.subscriptions.create({"customer": customer.id, "items": [{"price": price.id}]})
    first = reconcile(shop.functions, operator, **WHY)
    assert any("subscriptions" in each for each in first["left"])
    assert first["repaired"] is False


def test_a_person_repairs_for_a_reason_and_a_key_may_leave_it_out(shop: Shop) -> None:
    operator, key = operator_of(shop.functions), shop.functions.create_platform_key("tenants:write")
    for body in ({"repair": True}, {"repair": True, "reason": " "}):
        refused(shop.functions.send("POST", operator, PATH, body), 422, "reason_required")
    assert shop.billing()["plan"] == "free"
    assert reconcile(shop.functions, key, repair=True)["repaired"] is True


def test_without_stripes_key_the_answer_says_what_is_missing(functions: Functions) -> None:
    functions.create_tenant("acme")
    operator = operator_of(functions)
    document = refused(functions.send("POST", operator, PATH, WHY), 503, "billing_not_configured")
    assert document["detail"] == "billing is not set up here: STRIPE_API_KEY is missing"


def test_while_stripe_is_away_nothing_is_repaired(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = operator_of(shop.functions)
    monkeypatch.setenv("STRIPE_API_BASE", f"http://127.0.0.1:{free_port()}")
    interrupted = shop.functions.another()
    refused(interrupted.send("POST", operator, PATH, WHY), 503, "unavailable")
    assert shop.functions.read(operator, "/tenants/acme")["plan"] == "free"
