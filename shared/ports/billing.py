"""The store of billing, and the gateway to Stripe."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.billing.billing_account import BillingAccount
from shared.domain.billing.corrections import Correction
from shared.domain.billing.entitlements import AlertKind, BillingAlert
from shared.domain.billing.invoices import InvoiceRow
from shared.domain.billing.plan_mapping import ProductSpec
from shared.domain.billing.stripe_events import CustomerSnapshot
from shared.domain.billing.stripe_invoice_shapes import InvoiceSnapshot
from shared.domain.billing.stripe_subscription_shapes import SubscriptionSnapshot
from shared.domain.notices.entries import NOTHING_OUTGOING, Outgoing
from shared.domain.people.audit import AuditEntry
from shared.ports.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutOrder:
    """The content of a Checkout page."""

    tenant_id: str
    customer_id: str
    price_id: str
    trial_days: int | None
    terms: str
    """The plan, interval and trial, by which a page that is still open is recognised."""
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutPage:
    """A Checkout page of a customer; `url` is None once it is paid or has expired."""

    id: str
    url: str | None
    is_open: bool
    terms: str | None
    is_ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalOrder:
    """A page of the portal: that to confirm a price, that to cancel a subscription, or the first one."""

    customer_id: str
    return_url: str
    done_url: str | None = None
    subscription_id: str | None = None
    """The subscription to change or, without a price, to cancel."""
    price_id: str | None = None


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """A tenant's billing account as it was read, with one of its invoices and that invoice's version."""

    account: BillingAccount
    invoice: InvoiceRow | None
    invoice_version: object


class StaleAccount(Exception):
    """The tenant or its invoice has changed since it was read, or the event was processed meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedEvent:
    """The record of a processed event, which makes a repetition of the event a no-op."""

    event_id: str
    event_type: str
    outcome: str
    at: datetime
    is_repeated: bool = False
    """It was ignored before, for want of a tenant, and counts now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingChange:
    """Everything that one Stripe event or reconciliation writes; fields left out are not written."""

    account: BillingAccount
    at: datetime
    processed_event: ProcessedEvent | None = None
    link_customer_id: str | None = None
    """A Stripe customer to be linked to this tenant."""
    unlink_customer_id: str | None = None
    """A Stripe customer of this tenant, which is to belong to nobody."""
    invoice: InvoiceRow | None = None
    invoice_version: object = None
    """The version of the invoice when it was read; None if there was none."""
    audits: Sequence[AuditEntry] = ()
    alerts: Sequence[BillingAlert] = ()
    settled_alerts: Sequence[AlertKind] = ()
    """Alerts that were raised before and no longer apply."""
    outgoing: Outgoing = NOTHING_OUTGOING


@dataclass(frozen=True, slots=True)
class RaisedAlert:
    """An alert that has not been settled, and the instant at which it was raised."""

    alert: BillingAlert
    at: datetime


class BillingStore(Protocol):
    """Store the billing of tenants. Any method raises Unavailable when the store does not respond."""

    def find_owner(self, event_id: str | None, customer_id: str | None) -> tuple[str | None, str | None]:
        """Return the outcome of an event that was processed, and the tenant that owns the customer, in one round
        trip."""

    def read_account(self, tenant_id: str, invoice_id: str | None = None) -> StoredAccount | None:
        """Return a tenant's billing and one of its invoices, in one round trip; None if there is no such tenant."""

    def save_billing(self, change: BillingChange) -> None:
        """Write all of `change` or nothing.

        Raise StaleAccount if the tenant or the invoice has changed since it was read, if the event was processed
        already, or if the customer to be linked has an owner: a customer never moves. The failure of a processed
        event is removed.
        """

    def save_processed_event(self, processed: ProcessedEvent, outgoing: Outgoing = NOTHING_OUTGOING) -> None:
        """Store the record of an event that changes nothing else, with what leaves because of it.

        If the event was processed already, only its failure is removed.
        """

    def claim_trial(self, person: str, tenant_id: str, at: datetime) -> bool:
        """Remember that the person has its trial in this tenant; return False if it has one in another tenant."""

    def list_invoices(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[InvoiceRow]:
        """Return the tenant's invoices that have something to show, newest first.

        Raise InvalidInput for a bad cursor.
        """

    def list_invoices_since(self, tenant_id: str, since: datetime) -> list[InvoiceRow]:
        """Return all of the tenant's invoices that have something to show and were created at `since` or later,
        newest first."""

    def list_billing_alerts(self, tenant_id: str) -> list[RaisedAlert]:
        """Return the tenant's alerts that have not been settled, by kind."""

    def list_tenants(self, after: str | None = None, limit: int | None = None) -> Iterator[str]:
        """Yield the ids of all tenants in order, starting after `after`; read at most `limit` of them.

        Only for reconciliation, because it crosses tenants.
        """


class SignatureCheck(Protocol):
    """The verification that Stripe sent a webhook."""

    def __call__(self, payload: bytes, header: str, secrets: Sequence[str], tolerance_seconds: int) -> bool:
        """Return True if one of `secrets` signed the body within `tolerance_seconds`.

        Raise UnicodeDecodeError for a body that is not UTF-8.
        """


@dataclass(frozen=True, slots=True)
class EndpointSync:
    """The changes of our webhook endpoint, a sentence each."""

    changes: list[str]
    secret: str | None = None
    """The signing secret of a new endpoint. Stripe sends it only once."""


class StripeGateway(Protocol):
    """Stripe's API. Any method raises Unavailable when Stripe does not respond.

    Methods that return snapshots raise InvalidStripeObject for an object without the form that Stripe documents.
    """

    @property
    def livemode(self) -> bool | None:
        """True if its key is for live objects, False for test objects; None if the key does not say."""

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """Give all calls in this context so many seconds together; after that they raise Unavailable."""

    def find_customer(self, customer_id: str) -> CustomerSnapshot | None:
        """Return a customer; None if it does not exist or was deleted."""

    def find_subscription(self, subscription_id: str) -> SubscriptionSnapshot | None:
        """Return a subscription, its plan read from its products too; None if it does not exist."""

    def find_invoice(self, invoice_id: str) -> InvoiceSnapshot | None:
        """Return an invoice; None if it does not exist."""

    def find_charge(self, charge_id: str) -> Correction | None:
        """Return a charge with the invoice that it paid; None if it does not exist."""

    def find_dispute(self, dispute_id: str) -> Correction | None:
        """Return a dispute; None if it does not exist."""

    def find_credit_note(self, credit_note_id: str) -> Correction | None:
        """Return a credit note; None if it does not exist."""

    def list_subscriptions(self, customer_id: str) -> list[SubscriptionSnapshot]:
        """Return all subscriptions of a customer, ended ones too, as find_subscription does."""

    def list_invoices(self, customer_id: str) -> list[InvoiceSnapshot]:
        """Return all finalized invoices of a customer."""

    def list_corrections(self, customer_id: str) -> list[Correction]:
        """Return what took a customer's payments back: charges with refunds, disputes and credit notes.

        Each names its invoice; a charge that paid none names none.
        """

    def create_customer(self, tenant_id: str, name: str, previous_customer_id: str | None) -> str:
        """Create the tenant's customer, or its next one after the previous one was deleted, and return its id.

        A repeated call returns the same customer. Raise Conflict if the tenant's name has changed in between.
        """

    def find_price(self, lookup_key: str) -> str | None:
        """Return the id of the active price with that lookup key."""

    def create_checkout(self, order: CheckoutOrder, idempotency_key: str) -> str:
        """Return the URL of a Checkout page. Calls with the same idempotency key share one page."""

    def list_checkouts(self, customer_id: str) -> list[CheckoutPage]:
        """Return the customer's newest Checkout pages, newest first, paid and expired ones too."""

    def expire_checkout(self, session_id: str) -> None:
        """Close a Checkout page; do nothing if it is not open any more."""

    def create_portal(self, order: PortalOrder) -> str:
        """Return the URL of a page of the customer's portal, in our configuration."""

    def cancel_subscription(self, subscription_id: str) -> None:
        """Cancel a subscription at once; one that has ended or does not exist stays as it is.

        The open invoice of one without a first payment is voided.
        """

    def sync_catalog(self, products: Sequence[ProductSpec]) -> list[str]:
        """Create or repair products, prices and the portal configuration; return a sentence for each change."""

    def sync_endpoint(self, url: str, event_types: Sequence[str]) -> EndpointSync:
        """Create or repair the webhook endpoint at `url`, so that it gets these types of events."""
