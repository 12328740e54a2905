"""Reconciliation against the double: drift is reported, and repaired on request."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.billing.invoices import InvoiceObservation, merge_invoice
from shared.domain.errors import Unavailable
from shared.ports import BillingChange
from shared.usecases.billing.apply_stripe_event import apply_stripe_event
from shared.usecases.billing.billing_dependencies import BillingDependencies
from shared.usecases.billing.reconcile_billing import reconcile_all, reconcile_tenant, reconcile_tenants
from shared.usecases.billing.stripe_changes import read_stripe_event
from tests.audit_trail import trail_of
from tests.plans import PLANS, current_plans
from tests.usecases.billing.billing_scenarios import account_of
from tests.usecases.billing.double_shop import DoubleShop, open_shop
from tests.usecases.plain_sums import new_tenant


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[DoubleShop]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with open_shop() as shop:
        yield shop


def reconcile(shop: DoubleShop, *, repair: bool) -> list[str]:
    return reconcile_tenant(shop.billing, "acme", repair=repair, now=shop.now)


def is_reported_and_then_repaired(shop: DoubleShop, *drift: str) -> None:
    """Check that the drift is reported without a change, and then repaired once with an audit entry each."""
    before = account_of(shop.place.open()), trail_of(shop.place.directory)
    assert reconcile(shop, repair=False) == reconcile(shop, repair=False) == list(drift)
    assert (account_of(shop.place.open()), trail_of(shop.place.directory)) == before
    assert reconcile(shop, repair=True) == list(drift)
    assert reconcile(shop, repair=True) == []
    entries = [each for each in trail_of(shop.place.directory) if each.actor == "reconcile"]
    assert {each.reason for each in entries} >= set(drift)


def subscribed(shop: DoubleShop) -> tuple[str, str]:
    """Pay and deliver the webhooks; return the ids of the subscription and its invoice."""
    subscription_id = shop.pay()
    shop.deliver_webhooks()
    (invoice,) = shop.client.v1.invoices.list({"limit": 2}).data
    return subscription_id, str(invoice.id)


def test_a_tenant_with_stripes_state_has_no_drift(shop: DoubleShop) -> None:
    assert reconcile(shop, repair=True) == []
    subscribed(shop)
    before = trail_of(shop.place.directory)
    assert reconcile(shop, repair=True) == []
    assert trail_of(shop.place.directory) == before


def test_a_payment_without_its_webhooks(shop: DoubleShop) -> None:
    subscription_id = shop.pay()
    (invoice,) = shop.client.v1.invoices.list({"limit": 2}).data
    is_reported_and_then_repaired(
        shop,
        f"{subscription_id} is unknown here, active in Stripe",
        "plan is free here, starter in Stripe",
        f"{invoice.id} is unknown here, paid in Stripe",
    )
    assert shop.plan == "starter"
    assert [row.invoice.status for row in shop.place.open().list_invoices("acme", limit=9).items] == ["paid"]


def test_a_refund_and_a_dispute_without_their_webhooks(shop: DoubleShop) -> None:
    _, invoice_id = subscribed(shop)
    (charge,) = shop.client.v1.charges.list({"limit": 2}).data
    shop.client.v1.refunds.create({"charge": charge.id, "amount": 900})
    is_reported_and_then_repaired(shop, f"{invoice_id}: 0 taken back here, 900 in Stripe")
    shop.control(f"charges/{charge.id}/dispute")
    is_reported_and_then_repaired(
        shop, f"{invoice_id}: 900 taken back here, 900 and a dispute that is open in Stripe"
    )
    (row,) = shop.place.open().list_invoices("acme", limit=2).items
    assert (row.taken_back.refunded, row.taken_back.dispute) == (900, "open")
    shop.deliver_webhooks()
    assert reconcile(shop, repair=False) == []


def test_a_credit_note_without_its_webhook(shop: DoubleShop) -> None:
    _, invoice_id = subscribed(shop)
    note: Any = {"invoice": invoice_id, "amount": 500, "credit_amount": 500}
    shop.client.v1.credit_notes.create(note)
    reconcile(shop, repair=True)
    (row,) = shop.place.open().list_invoices("acme", limit=2).items
    assert (row.taken_back.credited, row.net_total) == (500, row.invoice.total - 500)
    assert reconcile(shop, repair=True) == []


def test_a_cancellation_without_its_webhooks(shop: DoubleShop) -> None:
    subscription_id, _ = subscribed(shop)
    shop.client.v1.subscriptions.cancel(subscription_id)
    is_reported_and_then_repaired(
        shop,
        f"{subscription_id} is active here, canceled in Stripe",
        "plan is starter here, free in Stripe",
    )
    assert shop.plan == "free"


def test_a_stored_end_that_stripe_does_not_have(shop: DoubleShop) -> None:
    """Repair a final state that events cannot leave, because Stripe's API shows another one."""
    subscription_id, _ = subscribed(shop)
    living = shop.client.v1.subscriptions.retrieve(subscription_id).to_dict()
    payload: dict[str, Any] = {"id": "evt_bogus", "object": "event", "type": "customer.subscription.deleted"}
    payload |= {"created": int(shop.now.timestamp()), "data": {"object": living | {"status": "canceled"}}}
    keyless = BillingDependencies(shop.billing.store, None, shop.billing.grace, current_plans)
    apply_stripe_event(keyless, read_stripe_event(payload, PLANS), shop.now)
    assert shop.plan == "free"
    is_reported_and_then_repaired(
        shop,
        f"{subscription_id} is canceled here, active in Stripe",
        "plan is free here, starter in Stripe",
    )
    assert shop.plan == "starter"


def test_a_renewal_without_its_webhooks(shop: DoubleShop) -> None:
    subscription_id, _ = subscribed(shop)
    shop.control(f"subscriptions/{subscription_id}/renew")
    newest = shop.client.v1.invoices.list({"limit": 2}).data[0]
    is_reported_and_then_repaired(
        shop,
        f"{subscription_id} is active, but differs in period_start, period_end",
        f"{newest.id} is unknown here, paid in Stripe",
    )


def test_a_stored_invoice_that_differs(shop: DoubleShop) -> None:
    _, invoice_id = subscribed(shop)
    read = shop.place.open().read_account("acme", invoice_id)
    assert read is not None
    assert read.invoice is not None
    void = replace(read.invoice.invoice, status="void", amount_paid=0, attempt_count=9)
    row = merge_invoice(
        read.invoice,
        InvoiceObservation(
            event_id="evt_bogus", created=shop.now, kind="invoice.payment_failed", snapshot=void
        ),
    )
    change = BillingChange(
        account=read.account, at=shop.now, invoice=row, invoice_version=read.invoice_version
    )
    shop.place.open().save_billing(change)
    is_reported_and_then_repaired(shop, f"{invoice_id} is void here, paid in Stripe")
    (repaired,) = shop.place.open().list_invoices("acme", limit=9).items
    assert (repaired.invoice, repaired.failed_at) == (read.invoice.invoice, row.failed_at)


def test_a_link_that_was_lost(shop: DoubleShop) -> None:
    customer = shop.client.v1.customers.create({"name": "Acme"})
    account = account_of(shop.place.open())
    shop.place.open().save_billing(
        BillingChange(account=replace(account, customer_id=customer.id), at=shop.now)
    )
    is_reported_and_then_repaired(shop, f"customer {customer.id} is linked to nobody")
    assert shop.place.open().find_owner(None, customer.id) == (None, "acme")


def test_b24_a_link_to_another_tenant_is_reported_and_never_moved(shop: DoubleShop) -> None:
    new_tenant(shop.place.directory, "other")
    customer = shop.client.v1.customers.create({"name": "Other"})
    store = shop.place.open()
    store.save_billing(
        BillingChange(account=account_of(store, "other"), at=shop.now, link_customer_id=customer.id)
    )
    store.save_billing(
        BillingChange(account=replace(account_of(store), customer_id=customer.id), at=shop.now)
    )
    for _ in range(2):
        assert reconcile(shop, repair=True) == [f"customer {customer.id} is linked to other"]
    assert store.find_owner(None, customer.id) == (None, "other")


def test_a_customer_that_was_deleted(shop: DoubleShop) -> None:
    subscription_id, _ = subscribed(shop)
    customer_id = str(shop.customer_id)
    shop.client.v1.customers.delete(customer_id)
    is_reported_and_then_repaired(
        shop,
        f"customer {customer_id} does not exist in Stripe",
        f"{subscription_id} is active here, canceled in Stripe",
        "plan is starter here, free in Stripe",
    )
    assert (shop.customer_id, shop.plan) == (None, "free")


def test_all_tenants_are_compared_and_only_drift_is_reported(shop: DoubleShop) -> None:
    new_tenant(shop.place.directory, "other", plan="free")
    new_tenant(shop.place.directory, "quiet", plan="free")
    shop.pay()
    shop.start(tenant="other")
    reported = dict(reconcile_all(shop.billing, repair=True, now=shop.now))
    assert list(reported) == ["acme"]
    assert "plan is free here, starter in Stripe" in reported["acme"]
    assert list(reconcile_all(shop.billing, repair=True, now=shop.now)) == []


def test_an_unreadable_tenant_does_not_stop_the_comparison_of_the_others(shop: DoubleShop) -> None:
    new_tenant(shop.place.directory, "other", plan="free")
    shop.start(tenant="other")
    shop.pay()
    customer_id = account_of(shop.place.open(), "other").customer_id
    shop.control("fail", path_prefix=f"/v1/customers/{customer_id}", status=400, times=9)
    reported: list[str] = []
    with pytest.raises(ExceptionGroup) as unanswered:
        reported.extend(tenant_id for tenant_id, _ in reconcile_all(shop.billing, repair=True, now=shop.now))
    assert reported == ["acme"]
    assert [type(error) for error in unanswered.value.exceptions] == [Unavailable]
    assert shop.plan == "starter"


def test_only_the_tenants_that_are_named_are_compared(shop: DoubleShop) -> None:
    for tenant_id in ("other", "third"):
        new_tenant(shop.place.directory, tenant_id, plan="free")
        shop.start(tenant=tenant_id)
    shop.pay()
    customer_id = account_of(shop.place.open(), "other").customer_id
    shop.control("fail", path_prefix=f"/v1/customers/{customer_id}", status=400, times=9)
    assert list(reconcile_tenants(shop.billing, ["third", "nobody"], repair=True, now=shop.now)) == []
    reported: list[str] = []
    named = reconcile_tenants(shop.billing, ["other", "acme"], repair=True, now=shop.now)
    with pytest.raises(ExceptionGroup):
        reported.extend(tenant_id for tenant_id, _ in named)
    assert reported == ["acme"]


def test_without_a_key_nothing_is_compared(shop: DoubleShop) -> None:
    shop.pay()
    keyless = BillingDependencies(shop.billing.store, None, shop.billing.grace, current_plans)
    with pytest.raises(Unavailable, match="STRIPE_API_KEY is missing"):
        reconcile_tenant(keyless, "acme", repair=True, now=shop.now)
    assert shop.plan == "free"
