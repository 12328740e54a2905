"""Refunds, credit notes and disputes: what they change about charges and invoices."""

from typing import Any

import pytest
import stripe

from tests.tools.test_stripe_double.shop import STARTER_CENTS, Shop


def _charge(shop: Shop, subscription: stripe.Subscription) -> stripe.Charge:
    """The charge that paid the latest invoice of a subscription."""
    payments = shop.stripe.v1.invoice_payments.list({"invoice": str(subscription.latest_invoice)}).data
    intent = str(payments[0].payment.payment_intent)
    (charge,) = shop.stripe.v1.charges.list({"payment_intent": intent}).data
    return charge


def test_a_payment_names_the_invoice_of_a_charge(shop: Shop) -> None:
    made = shop.subscribe()
    shop.subscribe()
    intent = str(_charge(shop, made).payment_intent)
    payment: Any = {"type": "payment_intent", "payment_intent": intent}
    (found,) = shop.stripe.v1.invoice_payments.list({"payment": payment}).data
    assert found.invoice == made.latest_invoice


def test_a_refund_is_seen_on_the_charge_and_not_on_the_invoice(shop: Shop) -> None:
    made = shop.subscribe()
    charge = _charge(shop, made)
    part = shop.stripe.v1.refunds.create({"charge": charge.id, "amount": 900})
    assert (part.status, part.amount, part.charge) == ("succeeded", 900, charge.id)
    after = shop.stripe.v1.charges.retrieve(charge.id)
    assert (after.amount_refunded, after.refunded) == (900, False)
    shop.stripe.v1.refunds.create({"payment_intent": str(charge.payment_intent)})
    after = shop.stripe.v1.charges.retrieve(charge.id)
    assert (after.amount_refunded, after.refunded) == (STARTER_CENTS, True)
    assert shop.event_types(about=charge.id) == ["charge.succeeded", "charge.refunded", "charge.refunded"]
    invoice = shop.stripe.v1.invoices.retrieve(str(made.latest_invoice))
    assert (invoice.status, invoice.amount_paid) == ("paid", STARTER_CENTS)


def test_no_more_is_refunded_than_was_paid(shop: Shop) -> None:
    charge = _charge(shop, shop.subscribe())
    refund = shop.stripe.v1.refunds.create
    with pytest.raises(stripe.InvalidRequestError, match="is greater than unrefunded amount on charge"):
        refund({"charge": charge.id, "amount": STARTER_CENTS + 1})
    refund({"charge": charge.id})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        refund({"charge": charge.id})
    assert refused.value.code == "charge_already_refunded"
    with pytest.raises(stripe.InvalidRequestError, match="payment_intent or charge"):
        refund({})


def test_a_credit_note_on_a_paid_invoice_gives_credit(shop: Shop) -> None:
    made = shop.subscribe()
    invoice = str(made.latest_invoice)
    wanted: Any = {"invoice": invoice, "amount": 1_000, "credit_amount": 1_000}
    note = shop.stripe.v1.credit_notes.create(wanted)
    assert (note.type, note.amount, note.status) == ("post_payment", 1_000, "issued")
    after = shop.stripe.v1.invoices.retrieve(invoice)
    assert (after.status, after.amount_paid, after.post_payment_credit_notes_amount) == (
        "paid",
        STARTER_CENTS,
        1_000,
    )
    assert shop.stripe.v1.customers.retrieve(str(made.customer)).balance == -1_000
    assert shop.event_types(about=note.id) == ["credit_note.created"]
    assert shop.event_types(about=invoice)[-1] == "invoice.updated"
    assert [one.id for one in shop.stripe.v1.credit_notes.list({"invoice": invoice}).data] == [note.id]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"amount": STARTER_CENTS + 1}, "must not be greater"),
        ({"amount": 100}, "The sum of `credit_amount`, `refund_amount` and `out_of_band_amount`"),
        ({"amount": 100, "credit_amount": 50}, "The sum of `credit_amount`"),
    ],
)
def test_refuses_a_credit_note_that_does_not_add_up(shop: Shop, params: dict[str, Any], message: str) -> None:
    wanted: Any = {"invoice": str(shop.subscribe().latest_invoice), **params}
    with pytest.raises(stripe.InvalidRequestError, match=message):
        shop.stripe.v1.credit_notes.create(wanted)


@pytest.mark.parametrize(
    ("outcome", "last"), [("lost", "charge.dispute.closed"), ("won", "charge.dispute.funds_reinstated")]
)
def test_a_dispute_is_opened_and_decided(shop: Shop, outcome: str, last: str) -> None:
    charge = _charge(shop, shop.subscribe())
    opened = shop.control(f"charges/{charge.id}/dispute")
    assert shop.stripe.v1.charges.retrieve(charge.id).disputed is True
    assert opened["status"] == "needs_response"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.stripe.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_disputed"
    shop.control(f"disputes/{opened['id']}/close", outcome=outcome)
    (dispute,) = shop.stripe.v1.disputes.list({"charge": charge.id}).data
    assert (dispute.status, dispute.amount) == (outcome, STARTER_CENTS)
    types = shop.event_types(about=dispute.id)
    assert types[:2] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    assert types[-1] == last
