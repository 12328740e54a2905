"""Checkout: the session, its page, and what a payment, a refusal and a way back lead to."""

from typing import Any

import pytest
import stripe

from tests.tools.test_stripe_double.receiver import Receiver
from tests.tools.test_stripe_double.shop import DAY, HOUR, STARTER_CENTS, Shop, browse


def test_paying_leads_back_with_the_sessions_id(shop: Shop, receiver: Receiver) -> None:
    customer = shop.stripe.v1.customers.create({"email": "owner@example.com"}).id
    session = shop.checkout(customer=customer)
    page = browse(str(session.url))
    assert (page.status, f"{STARTER_CENTS // 100}.00 USD" in page.html) == (200, True)
    paid = browse(str(session.url), action="pay")
    assert (paid.status, paid.location) == (303, f"http://127.0.0.1:9/done?session={session.id}")
    completed = receiver.wait_for("checkout.session.completed")[0]["data"]["object"]
    assert (completed["client_reference_id"], completed["customer"], completed["payment_status"]) == (
        "acme",
        customer,
        "paid",
    )
    subscription = shop.now_of(completed["subscription"])
    assert (subscription.status, subscription.metadata["tenant"]) == ("active", "acme")
    assert browse(str(session.url)).status == 410


def test_a_declined_card_leaves_an_incomplete_subscription_that_can_still_be_paid(shop: Shop) -> None:
    session = shop.checkout(customer=shop.customer())
    declined = browse(str(session.url), action="decline")
    assert (declined.status, 'role="alert"' in declined.html) == (402, True)
    tried = shop.stripe.v1.checkout.sessions.retrieve(session.id)
    assert tried.status == "open"
    assert shop.now_of(str(tried.subscription)).status == "incomplete"
    assert browse(str(session.url), action="pay").status == 303
    assert shop.now_of(str(tried.subscription)).status == "active"


def test_going_back_changes_nothing(shop: Shop) -> None:
    session = shop.checkout()
    assert browse(str(session.url), action="cancel").location == "http://127.0.0.1:9/plans"
    after = shop.stripe.v1.checkout.sessions.retrieve(session.id)
    assert (after.status, after.subscription) == ("open", None)


def test_a_session_without_a_customer_makes_one(shop: Shop) -> None:
    session = shop.checkout(customer_email="new@example.com")
    browse(str(session.url), action="pay")
    done = shop.stripe.v1.checkout.sessions.retrieve(session.id, {"expand": ["customer"]})
    assert isinstance(done.customer, stripe.Customer)
    assert done.customer.email == "new@example.com"


def test_a_trial_costs_nothing_today(shop: Shop) -> None:
    session = shop.checkout(
        subscription_data={"metadata": {"tenant": "acme"}, "trial_period_days": 14},
        payment_method_collection="if_required",
        allow_promotion_codes=True,
    )
    assert "free trial" in browse(str(session.url)).html
    assert browse(str(session.url), action="skip").status == 303
    done = shop.stripe.v1.checkout.sessions.retrieve(session.id)
    assert done.payment_status == "no_payment_required"
    assert shop.now_of(str(done.subscription)).status == "trialing"


def test_a_refused_card_starts_no_trial(shop: Shop) -> None:
    session = shop.checkout(subscription_data={"trial_period_days": 14})
    assert browse(str(session.url), action="decline").status == 402
    assert shop.stripe.v1.checkout.sessions.retrieve(session.id).subscription is None


def test_a_card_is_asked_for_unless_the_session_says_otherwise(shop: Shop) -> None:
    session = shop.checkout(subscription_data={"trial_period_days": 14})
    assert browse(str(session.url), action="skip").status == 400


def test_a_session_expires(shop: Shop) -> None:
    session = shop.checkout()
    shop.control("clock/advance", seconds=DAY)
    assert shop.stripe.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert shop.event_types(about=session.id) == ["checkout.session.expired"]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"metadata": {"a": "b"}, "subscription_data": {"tenant": "acme"}}, "subscription_data[tenant]"),
        ({"mode": "payment"}, "mode"),
        ({"allow_promotion_codes": "maybe"}, "allow_promotion_codes"),
        ({"line_items": [{"price": "price_none"}]}, "line_items[0][price]"),
        ({"customer": "cus_none"}, "customer"),
    ],
)
def test_refuses_what_it_cannot_sell(shop: Shop, params: dict[str, Any], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.checkout(**params)
    assert refused.value.param == param


def test_text_of_the_platform_is_not_markup(shop: Shop) -> None:
    product = shop.stripe.v1.products.create({"name": "<script>alert(1)</script>"})
    price = shop.price(product.id, 100, "month", "gwi_odd_month")
    page = browse(str(shop.checkout(line_items=[{"price": price, "quantity": 1}]).url))
    assert "&lt;script&gt;" in page.html
    assert "<script>" not in page.html


def test_the_payers_address_is_sent_and_kept_with_a_customer_who_had_none(shop: Shop) -> None:
    customer = shop.stripe.v1.customers.create({"name": "Acme"}).id
    session = shop.checkout(customer=customer)
    assert 'name="email"' in browse(str(session.url)).html
    assert browse(str(session.url), action="pay", email="payer").status == 402
    browse(str(session.url), action="pay", email="payer@example.com")
    done = shop.stripe.v1.checkout.sessions.retrieve(session.id)
    assert done.customer_details is not None
    assert done.customer_details.email == "payer@example.com"
    assert shop.stripe.v1.customers.retrieve(customer).email == "payer@example.com"


def test_a_known_address_cannot_be_changed_on_the_page(shop: Shop) -> None:
    by_customer, by_session = (
        shop.checkout(customer=shop.customer()),
        shop.checkout(customer_email="a@b.example"),
    )
    for session, known in ((by_customer, "owner@example.com"), (by_session, "a@b.example")):
        page = browse(str(session.url)).html
        assert (f"Email: {known}" in page, 'name="email"' in page) == (True, False)
        browse(str(session.url), action="pay", email="other@example.com")
        done = shop.stripe.v1.checkout.sessions.retrieve(session.id)
        assert done.customer_details is not None
        assert done.customer_details.email == known


def test_without_a_customer_the_address_makes_one(shop: Shop) -> None:
    session = shop.checkout()
    browse(str(session.url), action="pay", email="new@example.com")
    done = shop.stripe.v1.checkout.sessions.retrieve(session.id)
    assert shop.stripe.v1.customers.retrieve(str(done.customer)).email == "new@example.com"


def _declined(shop: Shop, customer: str | None = None) -> stripe.checkout.Session:
    """A session whose first card was declined."""
    session = shop.checkout(customer=customer or shop.customer("none"))
    assert browse(str(session.url), action="decline").status == 402
    return shop.stripe.v1.checkout.sessions.retrieve(session.id)


def _hosted_page(shop: Shop, session: stripe.checkout.Session) -> str:
    return str(shop.invoices_of(str(session.subscription))[0].hosted_invoice_url)


def test_an_expired_session_takes_no_payment(shop: Shop) -> None:
    session = shop.checkout()
    expired = shop.stripe.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    assert shop.event_types(about=session.id) == ["checkout.session.expired"]
    assert browse(str(session.url), action="pay").status == 410
    assert shop.stripe.v1.subscriptions.list({"status": "all"}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="has a status of `expired`"):
        shop.stripe.v1.checkout.sessions.expire(session.id)


def test_a_completed_session_cannot_be_expired(shop: Shop) -> None:
    session = shop.checkout()
    browse(str(session.url), action="pay")
    with pytest.raises(stripe.InvalidRequestError, match=r'status in \["open"\] can be expired'):
        shop.stripe.v1.checkout.sessions.expire(session.id)


def test_lists_by_customer_and_status(shop: Shop) -> None:
    customer = shop.customer()
    dead, declined = shop.checkout(customer=customer), _declined(shop, customer)
    _declined(shop)
    shop.stripe.v1.checkout.sessions.expire(dead.id)
    listed = shop.stripe.v1.checkout.sessions.list
    assert [one.id for one in listed({"customer": customer, "status": "open"}).data] == [declined.id]
    assert [one.id for one in listed({"customer": customer}).data] == [declined.id, dead.id]


def test_a_card_that_was_declined_is_not_kept(shop: Shop) -> None:
    customer = shop.customer()
    living = shop.subscribe(customer)
    _declined(shop, customer)
    shop.control(f"subscriptions/{living.id}/renew")
    assert shop.now_of(living.id).status == "active"


def test_the_invoice_of_a_declined_checkout_can_be_paid_and_completes_it(shop: Shop) -> None:
    session = _declined(shop)
    page = browse(_hosted_page(shop, session))
    assert "Pay with a card that works" in page.html
    shop.control("clock/advance", seconds=22 * HOUR)
    assert browse(_hosted_page(shop, session), action="decline").status == 402
    assert browse(_hosted_page(shop, session), action="pay").status == 200
    assert shop.now_of(str(session.subscription)).status == "active"
    done = shop.stripe.v1.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status) == ("complete", "paid")
    assert browse(str(session.url), action="pay").status == 410
    assert len(shop.events("charge.succeeded")) == 1


def test_the_invoice_of_a_declined_checkout_is_void_after_23_hours(shop: Shop) -> None:
    session = _declined(shop)
    shop.control("clock/advance", seconds=23 * HOUR)
    refused = browse(_hosted_page(shop, session), action="pay")
    assert (refused.status, "This invoice is void." in refused.html) == (402, True)
    assert shop.now_of(str(session.subscription)).status == "incomplete_expired"


def test_canceling_an_incomplete_subscription_voids_its_invoice(shop: Shop) -> None:
    session = _declined(shop)
    canceled = shop.stripe.v1.subscriptions.cancel(str(session.subscription))
    (invoice,) = shop.invoices_of(canceled.id)
    assert (canceled.status, invoice.status) == ("incomplete_expired", "void")
    assert "invoice.voided" in shop.event_types(about=invoice.id)
    assert browse(_hosted_page(shop, session), action="pay").status == 402
    assert shop.now_of(canceled.id).status == "incomplete_expired"


@pytest.mark.parametrize(("paid", "status"), [(True, "active"), (False, "past_due")])
def test_a_bank_debit_completes_the_page_and_pays_later(shop: Shop, paid: bool, status: str) -> None:
    session = shop.checkout()
    assert browse(str(session.url), action="debit").status == 303
    session = shop.stripe.v1.checkout.sessions.retrieve(session.id)
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    shop.control(f"invoices/{session.invoice}/settle", paid=paid)
    assert shop.event_types(about=session.id)[-1] == (
        f"checkout.session.async_payment_{'succeeded' if paid else 'failed'}"
    )
    assert shop.stripe.v1.subscriptions.retrieve(str(session.subscription)).status == status
    assert shop.stripe.v1.invoices.retrieve(str(session.invoice)).status == ("paid" if paid else "open")
