"""Refunds, credit notes, disputes and deleted drafts, from Stripe's events to the invoice that is shown."""

from itertools import permutations
from typing import Any

import pytest

from shared.domain.billing.invoices import InvoiceRow
from shared.usecases.billing.apply_stripe_event import APPLIED, IGNORED
from tests.billing_places import BillingPlace, MemoryBillingPlace
from tests.golden.stripe_payloads import changed
from tests.usecases.billing.billing_scenarios import (
    CHARGE,
    CREATED,
    CREDIT_NOTE,
    DISPUTE,
    ENDIVE,
    INVOICE_ID,
    REFUND,
    audited_changes,
    billing_on,
    deliver,
    event_of,
)
from tests.usecases.billing.stripe_account import StripeAccount
from tests.usecases.plain_sums import new_tenant

INVOICE = changed(ENDIVE["invoice"], {"status": "paid", "amount_paid": 2_900, "amount_remaining": 0})
PAID = event_of("invoice.paid", INVOICE, "2026-11-15T11:00:00Z")
REFUNDED = event_of("charge.refunded", CHARGE, "2026-11-20T09:00:00Z", amount_refunded=900)
REFUND_MADE = event_of("refund.created", REFUND, "2026-11-20T09:00:00Z")
REFUND_FAILED = event_of("refund.failed", REFUND, "2026-11-21T09:00:00Z")
LOST = event_of("charge.dispute.closed", DISPUTE, "2026-11-29T09:00:00Z", status="lost")
CREDITED = event_of("credit_note.created", CREDIT_NOTE, "2026-11-20T09:00:00Z")
VOIDED = event_of("credit_note.voided", CREDIT_NOTE, "2026-11-21T09:00:00Z", status="void")
DRAFT = event_of("invoice.updated", ENDIVE["invoice"], "2026-11-15T10:00:00Z", status=None)
DRAFT_DELETED = event_of("invoice.deleted", ENDIVE["invoice"], "2026-11-15T10:30:00Z", status=None)


def invoices(place: BillingPlace) -> list[InvoiceRow]:
    return place.open().list_invoices("acme", limit=10).items


def taken(place: BillingPlace) -> tuple[Any, ...]:
    """Return the refunded, credited and lost amounts and the dispute of the only invoice."""
    (row,) = invoices(place)
    return tuple(row.taken_back)


def test_b44_a_refund_changes_the_invoice_of_its_charge(place: BillingPlace) -> None:
    assert deliver(billing_on(place.open()), [CREATED, PAID, REFUNDED]) == [APPLIED] * 3
    assert taken(place) == (900, 0, 0, None)
    assert ("charge.refunded", None, "ch_1") in audited_changes(place)


def test_b44_a_credit_note_counts_until_it_is_void(place: BillingPlace) -> None:
    deliver(billing_on(place.open()), [CREATED, PAID, CREDITED])
    assert taken(place) == (0, 500, 0, None)
    deliver(billing_on(place.open()), [VOIDED])
    assert taken(place) == (0, 0, 0, None)


def test_with_a_key_a_refund_and_a_dispute_find_their_invoice_and_its_state(place: BillingPlace) -> None:
    """Nothing was known of the invoice before: Stripe is asked for it."""
    stripe = StripeAccount(CREATED.payload, PAID.payload, REFUNDED.payload, LOST.payload)
    deliver(billing_on(place.open(), stripe), [CREATED, REFUND_MADE])
    assert taken(place) == (900, 0, 0, None)
    opened = event_of("charge.dispute.created", DISPUTE, "2026-11-21T09:00:00Z")
    deliver(billing_on(place.open(), stripe), [opened])
    assert taken(place) == (900, 0, 1_000, "lost"), "as it is in Stripe now, not as it was"
    assert invoices(place)[0].invoice.status == "paid"


def test_a_refund_that_failed_gives_the_amount_back(place: BillingPlace) -> None:
    stripe = StripeAccount(CREATED.payload, PAID.payload, REFUNDED.payload)
    deliver(billing_on(place.open(), stripe), [CREATED, PAID, REFUND_MADE])
    assert taken(place) == (900, 0, 0, None)
    stripe.put(event_of("charge.refunded", CHARGE, "2026-11-21T09:00:00Z").payload)
    deliver(billing_on(place.open(), stripe), [REFUND_FAILED])
    assert taken(place) == (0, 0, 0, None)


def test_a_correction_without_an_invoice_is_only_audited(place: BillingPlace) -> None:
    lone = event_of("charge.refunded", CHARGE, "2026-11-20T09:00:00Z", invoice=None)
    assert deliver(billing_on(place.open()), [CREATED, lone, REFUND_MADE, LOST]) == [APPLIED] * 4
    assert invoices(place) == []
    corrections = {action for action, _, _ in audited_changes(place)}
    assert corrections >= {"charge.refunded", "refund.created", "charge.dispute.closed"}


def test_a_refund_of_nobody_we_know_is_ignored(place: BillingPlace) -> None:
    stranger = event_of("refund.created", REFUND, "2026-11-20T09:00:00Z", metadata={})
    assert deliver(billing_on(place.open(), StripeAccount()), [stranger]) == [IGNORED]
    assert audited_changes(place) == []


def test_a_correction_that_comes_before_its_invoice_is_kept_and_not_shown(place: BillingPlace) -> None:
    deliver(billing_on(place.open()), [CREATED, REFUNDED])
    assert invoices(place) == []
    deliver(billing_on(place.open()), [PAID])
    assert taken(place) == (900, 0, 0, None)


def test_a_deleted_draft_vanishes(place: BillingPlace) -> None:
    deliver(billing_on(place.open()), [CREATED, DRAFT])
    assert [row.invoice.status for row in invoices(place)] == ["draft"]
    deliver(billing_on(place.open()), [DRAFT_DELETED])
    assert invoices(place) == []
    assert (f"invoice.{INVOICE_ID}", "draft", "deleted") in audited_changes(place)


@pytest.mark.parametrize(
    "gateway", [None, StripeAccount(CREATED.payload)], ids=["without-a-key", "with-a-key"]
)
def test_a_deleted_draft_stays_away_in_any_order(gateway: StripeAccount | None) -> None:
    for order in permutations([CREATED, DRAFT, DRAFT_DELETED]):
        place = MemoryBillingPlace()
        new_tenant(place.directory, plan="free")
        assert deliver(billing_on(place.open(), gateway), order) == [APPLIED] * 3
        assert invoices(place) == []


def test_a_draft_that_stripe_does_not_know_yet_is_shown_when_it_is_paid(place: BillingPlace) -> None:
    deliver(billing_on(place.open(), StripeAccount(CREATED.payload)), [CREATED, DRAFT])
    assert invoices(place) == []
    deliver(billing_on(place.open(), StripeAccount(PAID.payload)), [PAID])
    assert [row.invoice.status for row in invoices(place)] == ["paid"]


def test_a_finalized_invoice_that_stripe_does_not_know_is_taken_from_the_event(place: BillingPlace) -> None:
    deliver(billing_on(place.open(), StripeAccount(CREATED.payload)), [CREATED, PAID])
    assert [row.invoice.status for row in invoices(place)] == ["paid"]
