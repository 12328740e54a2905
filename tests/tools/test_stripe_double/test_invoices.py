"""Invoices after they were made: pay, void, write off, refund, dispute; and their page."""

import pytest
import stripe

from tests.tools.test_stripe_double.shop import STARTER_CENTS, Shop, browse


def _failed_renewal(shop: Shop) -> tuple[stripe.Subscription, stripe.Invoice]:
    made = shop.subscribe()
    shop.control(f"customers/{made.customer}/card", outcome="decline")
    shop.control(f"subscriptions/{made.id}/renew")
    return made, shop.invoices_of(made.id)[0]


def test_a_voided_renewal_makes_the_subscription_active_again(shop: Shop) -> None:
    made, invoice = _failed_renewal(shop)
    assert shop.now_of(made.id).status == "past_due"
    voided = shop.stripe.v1.invoices.void_invoice(invoice.id)
    assert (voided.status, voided.status_transitions.voided_at is not None) == ("void", True)
    assert shop.now_of(made.id).status == "active"
    assert "invoice.voided" in shop.event_types(about=invoice.id)


def test_an_uncollectible_invoice_can_still_be_paid(shop: Shop) -> None:
    made, invoice = _failed_renewal(shop)
    assert shop.stripe.v1.invoices.mark_uncollectible(invoice.id).status == "uncollectible"
    assert shop.now_of(made.id).status == "past_due"
    assert shop.stripe.v1.invoices.pay(invoice.id, {"paid_out_of_band": True}).status == "paid"
    assert shop.now_of(made.id).status == "active"


def test_a_paid_invoice_is_final(shop: Shop) -> None:
    invoice = str(shop.subscribe().latest_invoice)
    for change in (shop.stripe.v1.invoices.void_invoice, shop.stripe.v1.invoices.mark_uncollectible):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            change(invoice)
        assert refused.value.code == "invoice_not_editable"
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        shop.stripe.v1.invoices.pay(invoice)


def test_a_draft_can_be_finalized_before_its_hour(shop: Shop) -> None:
    made = shop.subscribe()
    shop.control("clock/advance", to=made["items"].data[0].current_period_end)
    draft = shop.invoices_of(made.id)[0]
    assert (draft.status, draft.number) == ("draft", None)
    opened = shop.stripe.v1.invoices.finalize_invoice(draft.id)
    assert (opened.status, opened.number is not None) == ("open", True)


def test_the_hosted_page_declines_and_takes_money(shop: Shop) -> None:
    made, invoice = _failed_renewal(shop)
    url = str(invoice.hosted_invoice_url)
    page = browse(url)
    assert (page.status, f"{STARTER_CENTS // 100}.00 USD" in page.html) == (200, True)
    declined = browse(url, action="decline")
    assert (declined.status, 'role="alert"' in declined.html) == (402, True)
    assert browse(url, action="pay").status == 200
    assert shop.now_of(made.id).status == "active"
    assert browse(str(invoice.invoice_pdf)).html.startswith("%PDF-1.4")


def test_lists_by_customer_subscription_and_status(shop: Shop) -> None:
    made, invoice = _failed_renewal(shop)
    shop.subscribe()
    listed = shop.stripe.v1.invoices.list
    assert len(listed({"customer": str(made.customer)}).data) == 1 + 1
    assert [one.id for one in listed({"subscription": made.id, "status": "open"}).data] == [invoice.id]


def test_a_refund_names_the_charge_whose_invoice_can_be_found(shop: Shop) -> None:
    made = shop.subscribe()
    charge = shop.stripe.v1.charges.list({"customer": str(made.customer)}).data[0]
    part = shop.stripe.v1.refunds.create({"charge": charge.id, "amount": 1_000})
    assert part.amount == 1_000
    half_way = shop.stripe.v1.charges.retrieve(charge.id, {"expand": ["refunds"]})
    assert (half_way.amount_refunded, half_way.refunded) == (1_000, False)
    assert half_way.refunds is not None
    assert [one.id for one in half_way.refunds.data] == [part.id]
    rest = shop.stripe.v1.refunds.create({"payment_intent": str(charge.payment_intent)})
    assert rest.amount == STARTER_CENTS - 1_000
    assert shop.stripe.v1.charges.retrieve(charge.id).refunded is True
    assert shop.event_types(about=charge.id).count("charge.refunded") == 2
    found = shop.stripe.v1.invoice_payments.list(
        {"payment": {"type": "payment_intent", "payment_intent": str(charge.payment_intent)}}
    ).data
    assert [one.invoice for one in found] == [made.latest_invoice]


def test_a_refund_has_a_limit(shop: Shop) -> None:
    shop.subscribe()
    charge = shop.stripe.v1.charges.list().data[0].id
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        shop.stripe.v1.refunds.create({"charge": charge, "amount": STARTER_CENTS + 1})
    shop.stripe.v1.refunds.create({"charge": charge})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.stripe.v1.refunds.create({"charge": charge})
    assert refused.value.code == "charge_already_refunded"


def test_a_dispute_opens_and_closes(shop: Shop) -> None:
    shop.subscribe()
    charge = shop.stripe.v1.charges.list().data[0].id
    dispute = shop.control(f"charges/{charge}/dispute", reason="fraudulent")
    assert shop.stripe.v1.disputes.retrieve(dispute["id"]).status == "needs_response"
    shop.control(f"disputes/{dispute['id']}/close", status="lost")
    assert shop.event_types(about=dispute["id"]) == ["charge.dispute.created", "charge.dispute.closed"]
    assert shop.stripe.v1.disputes.list({"charge": charge}).data[0].status == "lost"
