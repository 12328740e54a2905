"""The life of a subscription: start, trial, renewal, failure, recovery."""

import pytest
import stripe

from tests.tools.test_stripe_double.shop import (
    DAY,
    HOUR,
    STARTER_CENTS,
    Shop,
    browse,
)
from tools.stripe_double.periods import boundary


def _period(subscription: stripe.Subscription) -> tuple[int, int]:
    item = subscription["items"].data[0]
    return item.current_period_start, item.current_period_end


def test_a_first_payment_that_works_makes_it_active(shop: Shop) -> None:
    made = shop.subscribe(metadata={"tenant": "acme"}, expand=["latest_invoice", "items.data.price.product"])
    invoice = made.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert (made.status, invoice.status, invoice.amount_paid) == ("active", "paid", STARTER_CENTS)
    assert invoice.parent is not None
    assert invoice.parent.subscription_details is not None
    assert invoice.parent.subscription_details.metadata is not None
    assert invoice.parent.subscription_details.metadata.to_dict() == {"tenant": "acme"}
    assert made["items"].data[0].price.product.name == "Starter"
    assert _period(made)[0] == made.created
    first_life = ["customer.subscription.created", "invoice.created", "invoice.finalized"]
    assert [name for name in shop.event_types() if name in first_life] == first_life


def test_a_life_is_sent_in_stripes_order(shop: Shop) -> None:
    made = shop.subscribe()
    shop.control(f"customers/{made.customer}/card", outcome="decline")
    shop.control(f"subscriptions/{made.id}/renew")
    shop.control(f"customers/{made.customer}/card", outcome="success")
    shop.control("clock/advance", seconds=3 * DAY)
    shop.stripe.v1.subscriptions.cancel(made.id)
    emitted = [name for name in shop.event_types() if name.startswith(("customer.subscription", "invoice"))]
    first = ["created", "finalized", "updated", "paid", "payment_succeeded"]
    failed = ["finalized", "updated", "payment_failed"]
    assert emitted == [
        "customer.subscription.created",
        *(f"invoice.{name}" for name in first),
        "invoice.created",
        "customer.subscription.updated",
        *(f"invoice.{name}" for name in failed),
        "customer.subscription.updated",
        "invoice.updated",
        "customer.subscription.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.deleted",
    ]


def test_a_customer_without_a_card_is_refused(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="no attached payment source"):
        shop.subscribe(shop.customer("none"))


def test_a_declined_first_payment_is_incomplete_and_expires(shop: Shop) -> None:
    made = shop.subscribe(shop.customer("decline"))
    assert made.status == "incomplete"
    shop.control("clock/advance", seconds=23 * HOUR)
    assert shop.now_of(made.id).status == "incomplete_expired"
    assert [invoice.status for invoice in shop.invoices_of(made.id)] == ["void"]


def test_an_incomplete_subscription_becomes_active_when_its_invoice_is_paid(shop: Shop) -> None:
    made = shop.subscribe(shop.customer("decline"))
    page = str(shop.invoices_of(made.id)[0].hosted_invoice_url)
    assert browse(page, action="decline").status == 402
    assert browse(page, action="pay").status == 200
    assert shop.now_of(made.id).status == "active"


def test_a_trial_without_a_card_ends_past_due(shop: Shop) -> None:
    made = shop.subscribe(shop.customer("none"), trial_period_days=1)
    shop.control("clock/advance", seconds=DAY + HOUR)
    assert shop.now_of(made.id).status == "past_due"


def test_a_card_that_wants_authentication_says_so(shop: Shop) -> None:
    made = shop.subscribe(shop.customer("authenticate"))
    types = shop.event_types(about=str(made.latest_invoice))
    assert types[-2:] == ["invoice.payment_action_required", "invoice.payment_failed"]


def test_a_trial_reminds_and_then_becomes_active(shop: Shop) -> None:
    made = shop.subscribe(trial_period_days=14)
    assert (made.status, made.trial_end) == ("trialing", made.created + 14 * DAY)
    assert [invoice.amount_due for invoice in shop.invoices_of(made.id)] == [0]
    shop.control("clock/advance", to=made.created + 11 * DAY)
    reminder = shop.stripe.v1.events.list({"type": "customer.subscription.trial_will_end"}).data
    assert [event.created for event in reminder] == [made.created + 11 * DAY]
    shop.control("clock/advance", to=made.created + 14 * DAY + HOUR)
    paid = shop.now_of(made.id)
    assert (paid.status, paid.billing_cycle_anchor) == ("active", made.trial_end)
    assert [invoice.amount_paid for invoice in shop.invoices_of(made.id)] == [STARTER_CENTS, 0]


def test_a_renewal_moves_the_period_and_is_paid_an_hour_later(shop: Shop) -> None:
    made = shop.subscribe()
    start, end = _period(made)
    shop.control("clock/advance", to=end)
    renewed = shop.now_of(made.id)
    assert _period(renewed) == (end, boundary(start, "month", 2))
    draft = shop.invoices_of(made.id)[0]
    assert (draft.status, draft.billing_reason, draft.period_start, draft.period_end) == (
        "draft",
        "subscription_cycle",
        start,
        end,
    )
    assert (draft.lines.data[0].period.start, draft.lines.data[0].period.end) == _period(renewed)
    shop.control("clock/advance", to=end + HOUR)
    assert shop.invoices_of(made.id)[0].status == "paid"


def test_a_long_leap_renews_every_month_at_its_own_time(shop: Shop) -> None:
    made = shop.subscribe()
    shop.control("clock/advance", to=boundary(made.created, "month", 3) + HOUR)
    invoices = shop.invoices_of(made.id)
    expected = [boundary(made.created, "month", step) for step in (3, 2, 1, 0)]
    assert [invoice.created for invoice in invoices] == expected
    assert len({invoice.number for invoice in invoices}) == 4


def test_renew_is_one_call(shop: Shop) -> None:
    made = shop.subscribe()
    shop.control(f"subscriptions/{made.id}/renew")
    assert _period(shop.now_of(made.id))[0] == _period(made)[1]
    assert shop.invoices_of(made.id)[0].status == "paid"


def test_a_failing_renewal_is_retried_and_then_canceled(shop: Shop) -> None:
    made = shop.subscribe()
    shop.control(f"customers/{made.customer}/card", outcome="decline")
    failed_at = _period(made)[1] + HOUR
    seen = []
    for instant in (failed_at, failed_at + 3 * DAY, failed_at + 8 * DAY):
        shop.control("clock/advance", to=instant)
        invoice = shop.invoices_of(made.id)[0]
        seen.append((shop.now_of(made.id).status, invoice.attempt_count, invoice.next_payment_attempt))
    assert seen == [
        ("past_due", 1, failed_at + 3 * DAY),
        ("past_due", 2, failed_at + (3 + 5) * DAY),
        ("past_due", 3, failed_at + (3 + 5 + 7) * DAY),
    ]
    shop.control("clock/advance", to=failed_at + (3 + 5 + 7) * DAY)
    ended = shop.now_of(made.id)
    assert ended.cancellation_details is not None
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "payment_failed")
    assert shop.event_types().count("invoice.payment_failed") == 4


def test_a_retry_that_works_makes_it_active_again(shop: Shop) -> None:
    made = shop.subscribe()
    shop.control(f"customers/{made.customer}/card", outcome="decline")
    shop.control(f"subscriptions/{made.id}/renew")
    shop.control(f"customers/{made.customer}/card", outcome="success")
    shop.control("clock/advance", seconds=3 * DAY)
    invoice = shop.invoices_of(made.id)[0]
    assert (shop.now_of(made.id).status, invoice.status, invoice.attempt_count) == ("active", "paid", 2)
