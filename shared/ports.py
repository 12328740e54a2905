"""What the use cases need from outside: each Protocol's docstrings are the contract its adapters keep."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Generic, NamedTuple, Protocol, TypeVar

from shared.domain.accounts import Account
from shared.domain.entitlements import AlertKind, BillingAlert
from shared.domain.invoices import InvoiceRow
from shared.domain.periods import Period
from shared.domain.plan_mapping import ProductSpec
from shared.domain.recording import RecordedEvent
from shared.domain.rollups import CounterShard, DayRollup, PeriodRollup
from shared.domain.runs import Run
from shared.domain.tenants import ApiKey, AuditEntry, Tenant

T = TypeVar("T")


class Outcome(Enum):
    """What became of one event: recorded now, recorded before, or its id already names another payload."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


class ShardRef(NamedTuple):
    """Names one counter document of a tenant."""

    day: date
    number: int


class StaleRollup(Exception):
    """A rollup has changed since it was read: read again, fold again."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Documents of one tenant, all as they were at one instant; what does not exist is absent."""

    tenant: Tenant | None
    periods: dict[Period, PeriodRollup] = field(default_factory=dict)
    days: dict[date, DayRollup] = field(default_factory=dict)
    shards: dict[ShardRef, CounterShard] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list, newest first; `next_cursor` is None at the end of it."""

    items: list[T]
    next_cursor: str | None


class UsageStore(Protocol):
    """Holds events, counters, runs and rollups. Any method raises Unavailable when the store does not answer."""

    def record(
        self, tenant_id: str, events: Sequence[RecordedEvent], counter_shards: int, now: datetime
    ) -> list[Outcome]:
        """Store each event and add its amounts to the counters and its run, exactly once per event id.

        An event and its amounts become visible together or not at all. Events of one call may repeat each
        other's ids. Never reads usage; reads events only to classify ids that exist already. Outcomes are
        in the order of `events`. After Unavailable any part may have been recorded, each event completely,
        and sending all of them again is safe.
        """

    def read(
        self,
        tenant_id: str,
        *,
        periods: Collection[Period] = (),
        days: Collection[date] = (),
        shards: Collection[ShardRef] = (),
    ) -> Snapshot:
        """The tenant and the named documents at one instant, in one round trip."""

    def count_runs(self, tenant_id: str, period: Period) -> int:
        """How many of the tenant's runs began in `period`, in one round trip."""

    def dirty_tenants(self) -> Iterator[str]:
        """Each tenant, once, that has counters not yet folded. Only for the fold: it looks across tenants."""

    def dirty_shards(self, tenant_id: str) -> list[ShardRef]:
        """The tenant's counter documents that have changed since they were last folded, oldest day first."""

    def oldest_dirty_at(self) -> datetime | None:
        """Since when the counter that has waited longest for a fold has been waiting."""

    def save_rollups(self, tenant_id: str, day: DayRollup, periods: Sequence[PeriodRollup]) -> None:
        """Set the day and its periods, all or none; StaleRollup if any has changed from its `version`."""

    def clear_dirty(self, tenant_id: str, shards: Sequence[CounterShard]) -> None:
        """Mark as folded those of `shards` that still have the version that was read; leave the others dirty."""

    def raise_counter_shards(self, tenant_id: str, counter_shards: int) -> None:
        """Let writers spread over at least this many documents a day; never lowers the number."""

    def list_events(
        self, tenant_id: str, *, run_id: str | None = None, limit: int, cursor: str | None = None
    ) -> Page[RecordedEvent]:
        """The tenant's events by time, newest first; InvalidInput for a cursor that is not one of these."""

    def list_runs(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[Run]:
        """The tenant's runs by when they began, newest first; InvalidInput for a bad cursor."""

    def find_run(self, tenant_id: str, run_id: str) -> Run | None:
        """One run of the tenant."""


class Directory(Protocol):
    """Holds tenants, their keys and their audit trail. Any method raises Unavailable when it does not answer."""

    def create_tenant(self, tenant: Tenant, key: ApiKey, audit: AuditEntry) -> None:
        """Create the tenant with its first key; Conflict if the id is taken."""

    def find_tenant(self, tenant_id: str) -> Tenant | None:
        """The tenant of that id."""

    def set_plan(self, tenant_id: str, plan: str, audit: AuditEntry) -> None:
        """Change the plan; NotFound if there is no such tenant."""

    def find_key(self, key_id: str) -> ApiKey | None:
        """The key whose hash is `key_id`, valid or not."""

    def list_keys(self, tenant_id: str) -> list[ApiKey]:
        """The tenant's keys, valid or not, oldest first."""

    def save_keys(self, keys: Sequence[ApiKey], audit: AuditEntry) -> None:
        """Create or replace keys, all or none."""

    def list_audit(self, tenant_id: str) -> list[AuditEntry]:
        """The tenant's audit trail, oldest first."""


class StaleAccount(Exception):
    """The tenant or its invoice has changed since it was read, or the event was handled meanwhile: read again."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to be sent to a tenant."""

    to: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class StripeReceipt:
    """Remembers that an event was handled, so that its repetition changes nothing."""

    event_id: str
    event_type: str
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
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

    def list_tenants(self) -> Iterator[str]:
        """Every tenant. Only for reconciliation: it looks across tenants."""


class StripeGateway(Protocol):
    """Asks Stripe. Objects are plain mappings as Stripe's API gives them. Unavailable when it does not answer."""

    def find_customer(self, customer_id: str) -> Mapping[str, object] | None:
        """A customer; None if Stripe has none of that id, or it was deleted."""

    def find_subscription(self, subscription_id: str) -> Mapping[str, object] | None:
        """A subscription with the products of its prices; None if Stripe has none of that id."""

    def find_invoice(self, invoice_id: str) -> Mapping[str, object] | None:
        """An invoice; None if Stripe has none of that id."""

    def find_charge(self, charge_id: str) -> Mapping[str, object] | None:
        """A charge; None if Stripe has none of that id."""

    def list_subscriptions(self, customer_id: str) -> list[Mapping[str, object]]:
        """All subscriptions of a customer, ended ones too, with the products of their prices."""

    def list_invoices(self, customer_id: str) -> list[Mapping[str, object]]:
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


class TickPublisher(Protocol):
    """Hands parts of a fold to other instances."""

    def publish(self, tenant_ids: Sequence[str]) -> None:
        """Ask for a fold of these tenants; returns when the request is accepted."""
