"""The double refunds a charge as Stripe does, and finds the invoice that a payment paid."""

from typing import Any

import pytest
import stripe

from tests.tools.test_stripe_double.shop import Shop


def charge_of(shop: Shop) -> stripe.Charge:
    shop.subscribe()
    (charge,) = [event.data.object["id"] for event in shop.events("charge.succeeded")]
    return shop.stripe.v1.charges.retrieve(charge)


def test_refunds_add_up_to_the_charge_and_no_further(shop: Shop) -> None:
    charge = charge_of(shop)
    shop.stripe.v1.refunds.create({"charge": charge.id, "amount": 900})
    part = shop.stripe.v1.charges.retrieve(charge.id)
    assert (part.amount_refunded, part.refunded) == (900, False)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        shop.stripe.v1.refunds.create({"charge": charge.id, "amount": charge.amount})
    refund = shop.stripe.v1.refunds.create({"payment_intent": str(charge.payment_intent)})
    whole = shop.stripe.v1.charges.retrieve(charge.id)
    assert (refund.amount, whole.amount_refunded, whole.refunded) == (
        charge.amount - 900,
        charge.amount,
        True,
    )
    with pytest.raises(stripe.InvalidRequestError, match="already been refunded"):
        shop.stripe.v1.refunds.create({"charge": charge.id})
    assert shop.event_types()[-4:] == ["charge.refunded", "refund.created"] * 2
    assert shop.stripe.v1.refunds.retrieve(refund.id) == refund


def test_a_refund_names_a_payment(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="payment_intent or charge"):
        shop.stripe.v1.refunds.create({"amount": 5})


def test_the_payments_of_an_intent_name_its_invoice(shop: Shop) -> None:
    charge = charge_of(shop)
    by_intent: Any = {"type": "payment_intent", "payment_intent": str(charge.payment_intent)}
    (payment,) = shop.stripe.v1.invoice_payments.list({"payment": by_intent}).data
    (invoice,) = shop.stripe.v1.invoices.list().data
    assert payment.invoice == invoice.id
    other: Any = {"type": "payment_intent", "payment_intent": "pi_other"}
    assert shop.stripe.v1.invoice_payments.list({"payment": other}).data == []
