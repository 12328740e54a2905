"""Where billing is kept, and what is asked of Stripe."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.billing.billing_account import Account
from shared.domain.billing.entitlements import AlertKind, BillingAlert
from shared.domain.billing.invoices import InvoiceRow
from shared.domain.billing.plan_mapping import ProductSpec
from shared.domain.billing.stripe_events import ChargeSnapshot, CustomerSnapshot
from shared.domain.billing.stripe_shapes import InvoiceSnapshot, SubscriptionSnapshot
from shared.domain.people.tenants import AuditEntry
from shared.ports.notices import Mail
from shared.ports.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutOrder:
    """What a customer is about to subscribe to."""

    tenant_id: str
    customer_id: str
    price_id: str
    trial_days: int | None
    success_url: str
    cancel_url: str
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class AccountRead:
    """A tenant's billing as it was read, with one of its invoices and that one's version."""

    account: Account
    invoice: InvoiceRow | None
    invoice_version: object


class StaleAccount(Exception):
    """The tenant or its invoice has changed since it was read, or the event was handled meanwhile: read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeReceipt:
    """Remembers that an event was handled, so that its repetition changes nothing."""

    event_id: str
    event_type: str
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingChange:
    """All that one Stripe event or reconciliation changes; nothing is written for what is left out."""

    account: Account
    at: datetime
    receipt: StripeReceipt | None = None
    link_customer_id: str | None = None
    """A customer of whom it becomes known that it is this tenant's."""
    invoice: InvoiceRow | None = None
    former_invoice: object = None
    """The version of the invoice that was read; None if there was none."""
    audits: Sequence[AuditEntry] = ()
    alerts: Sequence[BillingAlert] = ()
    settled_alerts: Sequence[AlertKind] = ()
    """Alerts that were raised before and are no longer true."""
    mail: Mail | None = None


class BillingStore(Protocol):
    """Holds what Stripe says of tenants. Any method raises Unavailable when the store does not answer."""

    def find_owner(self, event_id: str | None, customer_id: str | None) -> tuple[bool, str | None]:
        """Whether the event was handled before, and the tenant that owns the customer; in one round trip."""

    def read_account(self, tenant_id: str, invoice_id: str | None = None) -> AccountRead | None:
        """A tenant's billing and one of its invoices, in one round trip; None if there is no such tenant."""

    def save_billing(self, change: BillingChange) -> None:
        """Write all of `change` or nothing. StaleAccount if the tenant or the invoice is not as it was read, if the
        receipt exists, or if a customer to be linked is linked already: a customer never moves."""

    def save_receipt(self, receipt: StripeReceipt) -> None:
        """Remember an event that changes nothing."""

    def list_invoices(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[InvoiceRow]:
        """The tenant's invoices by when they were created, newest first; InvalidInput for a bad cursor."""

    def list_tenants(self, after: str | None = None, limit: int | None = None) -> Iterator[str]:
        """Yield every tenant's id in order, from the one after `after` on; with a `limit`, read no more than those.

        Only for reconciliation: it looks across tenants.
        """


class SignatureCheck(Protocol):
    """Verifies that Stripe sent a webhook."""

    def __call__(self, payload: bytes, header: str, secrets: Sequence[str], tolerance_seconds: int) -> bool:
        """Return True if one of `secrets` signed the body within `tolerance_seconds`.

        Raises UnicodeDecodeError for a body that is not UTF-8.
        """


class StripeGateway(Protocol):
    """Asks Stripe. Any method raises Unavailable when Stripe does not answer.

    Those that return snapshots raise InvalidStripeObject for an object that is not of the form Stripe documents.
    """

    def find_customer(self, customer_id: str) -> CustomerSnapshot | None:
        """A customer; None if Stripe has none of that id, or it was deleted."""

    def find_subscription(self, subscription_id: str) -> SubscriptionSnapshot | None:
        """A subscription, its plan told by the products of its prices too; None if Stripe has none of that id."""

    def find_invoice(self, invoice_id: str) -> InvoiceSnapshot | None:
        """An invoice; None if Stripe has none of that id."""

    def find_charge(self, charge_id: str) -> ChargeSnapshot | None:
        """A charge; None if Stripe has none of that id."""

    def list_subscriptions(self, customer_id: str) -> list[SubscriptionSnapshot]:
        """All subscriptions of a customer, ended ones too, as find_subscription shows them."""

    def list_invoices(self, customer_id: str) -> list[InvoiceSnapshot]:
        """All finalized invoices of a customer."""

    def create_customer(self, tenant_id: str, name: str, former_customer_id: str | None) -> str:
        """The id of the tenant's customer, or of the next one after a former one was deleted; asked twice it makes
        one. Conflict if the tenant's name has changed between the two."""

    def find_price(self, lookup_key: str) -> str | None:
        """The id of the active price with that lookup key."""

    def create_checkout(self, order: CheckoutOrder) -> str:
        """The URL of a page on which the customer pays; the same order within a minute has one page."""

    def create_portal(self, customer_id: str, return_url: str, subscription_id: str | None) -> str:
        """The URL of the customer's portal; with a subscription, of the page on which to change it."""

    def sync_catalog(self, products: Sequence[ProductSpec]) -> list[str]:
        """Create or repair products and prices; a sentence for each thing that was changed."""
