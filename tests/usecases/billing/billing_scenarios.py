"""The golden events as deliveries, and the state that is stored after them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.domain.billing.billing_account import BillingAccount
from shared.domain.billing.entitlements import DEFAULT_GRACE
from shared.domain.billing.invoices import InvoiceRow
from shared.domain.billing.stripe_events import StripeEvent
from shared.domain.billing.stripe_subscription_shapes import SubscriptionSnapshot
from shared.domain.billing.subscription_states import SubscriptionState
from shared.domain.ledger.counter_settings import DEFAULT_COUNTER_SETTINGS
from shared.domain.people.tenants import Tenant
from shared.ports import BillingStore, StripeGateway
from shared.usecases.billing.apply_stripe_event import apply_stripe_event
from shared.usecases.billing.billing_dependencies import BillingDependencies
from shared.usecases.billing.stripe_changes import read_stripe_event
from tests.audit_trail import trail_of
from tests.billing_places import BillingPlace
from tests.golden.stripe_payloads import read_cases, webhook
from tests.plans import PLANS, current_plans

ENDIVE = read_cases("stripe_endive")
CUSTOMER_ID: str = ENDIVE["subscription"]["customer"]
SUBSCRIPTION_ID: str = ENDIVE["subscription"]["id"]
STARTED = "2026-10-15T09:30:20Z"
CUSTOMER = {"id": CUSTOMER_ID, "object": "customer", "email": "new@example.com", "metadata": {}}
SESSION = {
    "id": "cs_1",
    "object": "checkout.session",
    "client_reference_id": "acme",
    "metadata": {"gwi_tenant_id": "acme"},
    "customer": CUSTOMER_ID,
    "customer_details": {"email": "owner@example.com"},
    "subscription": SUBSCRIPTION_ID,
}
INVOICE_ID: str = ENDIVE["invoice"]["id"]
OURS = {"gwi_tenant_id": "acme"}
CHARGE = {
    "id": "ch_1",
    "object": "charge",
    "customer": CUSTOMER_ID,
    "invoice": INVOICE_ID,
    "amount_refunded": 0,
    "metadata": OURS,
}
REFUND = {"id": "re_1", "object": "refund", "charge": "ch_1", "amount": 900, "metadata": OURS}
CREDIT_NOTE = {
    "id": "cn_1",
    "object": "credit_note",
    "customer": CUSTOMER_ID,
    "invoice": INVOICE_ID,
    "amount": 500,
    "refunds": [],
    "status": "issued",
    "metadata": OURS,
}
DISPUTE = {
    "id": "dp_1",
    "object": "dispute",
    "charge": "ch_1",
    "amount": 1_000,
    "status": "needs_response",
    "metadata": OURS,
}
DELIVERED_AT = datetime.fromisoformat("2026-12-20T00:00:00Z")


def billing_on(store: BillingStore, gateway: StripeGateway | None = None) -> BillingDependencies:
    """Return the dependencies of the use cases."""
    return BillingDependencies(store, gateway, DEFAULT_GRACE, current_plans)


def event_of(
    kind: str, stripe_object: Mapping[str, Any], created: str, event_id: str | None = None, **changes: Any
) -> StripeEvent:
    """Return one event; its times are ISO 8601, and names in `changes` have `__` for dots."""
    named = {path.replace("__", "."): value for path, value in changes.items()}
    fields = {"id": event_id or f"evt_{kind}_{created}", "type": kind, "created": created, "changes": named}
    return read_stripe_event(webhook(fields, dict(stripe_object), ENDIVE["api_version"]), PLANS)


def subscription_event(what: str, created: str, **changes: Any) -> StripeEvent:
    """Return an event of the golden subscription of tenant acme."""
    return event_of(f"customer.subscription.{what}", ENDIVE["subscription"], created, **changes)


CREATED = subscription_event("created", STARTED)


def deliver(
    billing: BillingDependencies, events: Iterable[StripeEvent], now: datetime = DELIVERED_AT
) -> list[str]:
    """Apply the events in this order and return their outcomes."""
    return [apply_stripe_event(billing, event, now) for event in events]


@dataclass(frozen=True, slots=True)
class StoredState:
    """Everything that a scenario stores, except the times and the order of delivery."""

    tenant: Tenant
    customer_id: str | None
    email: str | None
    owner: str | None
    subscriptions: dict[str, tuple[SubscriptionSnapshot, SubscriptionState, str | None, datetime | None]]
    invoices: list[tuple[Any, ...]]
    alerts: dict[str, tuple[str, ...]]
    processed: frozenset[str]


def stored_state(
    place: BillingPlace, events: Iterable[StripeEvent], now: datetime = DELIVERED_AT
) -> StoredState:
    """Return the stored state of tenant acme at `now`, and which of `events` are marked as processed."""
    store = place.open()
    account = account_of(store)
    tenant = replace(account.tenant.at(now), counters=DEFAULT_COUNTER_SETTINGS)
    known = account.known_subscriptions.items()
    return StoredState(
        tenant,
        account.customer_id,
        account.email,
        store.find_owner(None, CUSTOMER_ID)[1],
        {key: (each.snapshot, each.state, each.plan, each.past_due_since) for key, each in known},
        [_shown(row) for row in store.list_invoices("acme", limit=100).items],
        place.alerts("acme"),
        frozenset(event.id for event in events if store.find_owner(event.id, None)[0]),
    )


def account_of(store: BillingStore, tenant_id: str = "acme") -> BillingAccount:
    """Return a tenant's account; the tenant must exist."""
    read = store.read_account(tenant_id)
    assert read is not None
    return read.account


def _shown(row: InvoiceRow) -> tuple[Any, ...]:
    return row.invoice, row.failed_at, row.action_required_at, row.taken_back, row.net_total


def plan_at(place: BillingPlace, instant: str) -> str:
    """Return the plan of tenant acme at an instant."""
    tenant = place.directory.find_tenant("acme")
    assert tenant is not None
    return tenant.at(datetime.fromisoformat(instant)).plan


def audited_changes(place: BillingPlace) -> list[tuple[str, str | None, str | None]]:
    """Return the audited changes since the tenant was created: the action, the value before and after."""
    return [(each.action, each.before, each.after) for each in trail_of(place.directory)[1:]]
