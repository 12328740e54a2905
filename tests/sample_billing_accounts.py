"""Billing accounts and invoice rows for tests of the store."""

from dataclasses import replace
from typing import Any

from shared.domain.billing.billing_account import BillingAccount, with_subscription
from shared.domain.billing.corrections import Correction, ObservedCorrection
from shared.domain.billing.invoices import (
    PAYMENT_FAILED,
    InvoiceObservation,
    InvoiceRow,
    correct_invoice,
    merge_invoice,
)
from shared.domain.billing.stripe_invoice_shapes import InvoiceLine
from shared.domain.billing.subscriptions import Subscription
from shared.ports import BillingStore
from tests.plans import TERMS
from tests.sample_subscriptions import INVOICE, observed, on_day, subscription_after

NOW = on_day(40)


def account_of(store: BillingStore, tenant_id: str = "acme") -> BillingAccount:
    """Return a tenant's stored account; the tenant must exist."""
    read = store.read_account(tenant_id)
    assert read is not None
    return read.account


def row_of(invoice_id: str, days: float = 0, **changes: Any) -> InvoiceRow:
    """Return the row of an invoice whose payment failed, `days` after the start."""
    snapshot = replace(INVOICE, id=invoice_id, created=on_day(days), **changes)
    return merge_invoice(
        None,
        InvoiceObservation(
            event_id=f"evt_{invoice_id}", created=on_day(days), kind=PAYMENT_FAILED, snapshot=snapshot
        ),
    )


def corrected_row(invoice_id: str, days: float = 0) -> InvoiceRow:
    """Return the row of an invoice with two lines, of which a refund and a lost dispute took something back."""
    lines = (InvoiceLine("Rest of Starter", -1_000), InvoiceLine(None, 3_900))
    row = row_of(invoice_id, days, lines=lines, has_more_lines=True)
    corrections = [
        Correction(id="ch_1", kind="charge", invoice_id=invoice_id, refunded=900),
        Correction(
            id="dp_1", kind="dispute", charge_id="ch_1", dispute="lost", disputed=400, is_final=True,
            asked_at=on_day(days + 0.123456),
        ),
    ]  # fmt: skip
    for each in corrections:
        observed = ObservedCorrection(correction=each, at=on_day(days), event_id=f"evt_{each.id}")
        row = correct_invoice(row, observed)
    return row


def paid_account(
    store: BillingStore, *subscriptions: Subscription, tenant_id: str = "acme"
) -> BillingAccount:
    """Return the tenant's account, not saved, with these subscriptions or an active one, of customer `cus_1`."""
    account = replace(account_of(store, tenant_id), customer_id="cus_1")
    for subscription in subscriptions or (
        subscription_after([observed(0, "created"), observed(1, "active")]),
    ):
        account = with_subscription(account, subscription, TERMS, NOW)
    return account
