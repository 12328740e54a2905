"""Read a webhook's body: the event, and the one object that it is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from shared.domain.billing.correction_shapes import (
    read_charge,
    read_credit_note,
    read_dispute,
    read_refund,
)
from shared.domain.billing.corrections import Correction
from shared.domain.billing.plan_mapping import TENANT_METADATA_KEY
from shared.domain.billing.stripe_fields import Fields, InvalidStripeObject, fields_of
from shared.domain.billing.stripe_invoice_shapes import InvoiceSnapshot, read_invoice
from shared.domain.billing.stripe_subscription_shapes import SubscriptionSnapshot, read_subscription
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.tenant_ids import is_tenant_id

P = TypeVar("P", covariant=True)


class NotAnEvent(InvalidStripeObject):
    """The body of a webhook is not an event of Stripe's API v1."""

    code = "not_an_event"


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    """A completed session of Stripe Checkout."""

    email: str | None
    subscription_id: str | None


@dataclass(frozen=True, slots=True)
class CustomerSnapshot:
    id: str
    email: str | None


Payload = SubscriptionSnapshot | InvoiceSnapshot | CheckoutSession | CustomerSnapshot | Correction


@dataclass(frozen=True, slots=True)
class EventObject(Generic[P]):
    """The object of an event, with the customer and the tenant that it names."""

    payload: P
    customer_id: str | None
    tenant_id: str | None
    """Written by the seller, so no proof of who owns the customer. None if it cannot be a tenant's id."""


class EventReference(NamedTuple):
    """An event's time, by Stripe's clock, and its id. Sorts by time."""

    at: datetime
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeEvent:
    """One webhook, with its object at the time of the event in the format of `api_version`."""

    id: str
    type: str
    created: datetime
    api_version: str | None
    livemode: bool
    account: str | None
    """The connected account that it is about; None for the account itself."""
    changed: frozenset[str]
    """The fields of the object that the event changed, for the types that say so (`….updated`)."""
    payload: Payload | None = None
    """The object; None for the types that are ignored."""
    customer_id: str | None = None
    tenant_id: str | None = None

    @property
    def is_ours(self) -> bool:
        """True if something says that the object was sold by this product, and not by another app of the account."""
        is_our_price = isinstance(self.payload, SubscriptionSnapshot) and self.payload.is_ours
        return is_our_price or self.tenant_id is not None

    @property
    def reference(self) -> EventReference:
        return EventReference(self.created, self.id)


ObjectReader = Callable[[object], EventObject[Payload]]


def read_event(body: object, readers: Mapping[str, ObjectReader]) -> StripeEvent:
    """Return the event in a decoded body, with its object if there is a reader for its type.

    Raise NotAnEvent, also for the thin events of Stripe's API v2, and InvalidStripeObject for an unreadable object.
    """
    try:
        event, stripe_object = _read_envelope(body)
    except InvalidStripeObject as error:
        raise NotAnEvent(error.message) from error
    if event.type not in readers:
        return event
    found = readers[event.type](stripe_object)
    return replace(event, payload=found.payload, customer_id=found.customer_id, tenant_id=found.tenant_id)


def subscription_object(stripe_object: object, plans: PlanCatalog) -> EventObject[SubscriptionSnapshot]:
    subscription = read_subscription(stripe_object, plans)
    return EventObject(subscription, subscription.customer_id, _possible_tenant(subscription.tenant_id))


def invoice_object(stripe_object: object) -> EventObject[InvoiceSnapshot]:
    """Read the object of an event about an invoice, which copies its subscription's metadata.

    The copy is under `parent` since basil, beside it before.
    """
    invoice, fields = read_invoice(stripe_object), fields_of(stripe_object, "invoice")
    details = (fields.optional_child("parent") or fields).optional_child("subscription_details")
    return EventObject(invoice, invoice.customer_id, _tenant_in_metadata(details) if details else None)


def session_object(stripe_object: object) -> EventObject[CheckoutSession]:
    session = fields_of(stripe_object, "session")
    customer = session.optional_child("customer_details")
    email = customer.optional_text("email") if customer else None
    return EventObject(
        CheckoutSession(email, session.optional_reference("subscription")),
        session.optional_reference("customer"),
        _tenant_in_metadata(session),
    )


def customer_object(stripe_object: object) -> EventObject[CustomerSnapshot]:
    customer = read_customer(stripe_object)
    return EventObject(customer, customer.id, _tenant_in_metadata(fields_of(stripe_object, "customer")))


def charge_object(stripe_object: object) -> EventObject[Correction]:
    return _correction(read_charge(stripe_object), stripe_object)


def refund_object(stripe_object: object) -> EventObject[Correction]:
    return _correction(read_refund(stripe_object), stripe_object)


def credit_note_object(stripe_object: object) -> EventObject[Correction]:
    return _correction(read_credit_note(stripe_object), stripe_object)


def dispute_object(stripe_object: object) -> EventObject[Correction]:
    return _correction(read_dispute(stripe_object), stripe_object)


def read_customer(stripe_object: object) -> CustomerSnapshot:
    customer = fields_of(stripe_object, "customer")
    return CustomerSnapshot(customer.identifier("id"), customer.optional_text("email"))


def _read_envelope(body: object) -> tuple[StripeEvent, Mapping[str, object]]:
    event = fields_of(body, "event")
    event.one_of("object", {"event": True})
    content = event.child("data")
    previous = content.optional_child("previous_attributes")
    envelope = StripeEvent(
        id=event.identifier("id"),
        type=event.text("type"),
        created=event.instant("created"),
        api_version=event.optional_text("api_version"),
        livemode=event.flag("livemode"),
        account=event.optional_text("account"),
        changed=frozenset(previous.values if previous else ()),
    )
    return envelope, content.child("object").values


def _correction(correction: Correction, stripe_object: object) -> EventObject[Correction]:
    tenant_id = _tenant_in_metadata(fields_of(stripe_object, correction.kind))
    return EventObject(correction, correction.customer_id, tenant_id)


def _tenant_in_metadata(fields: Fields) -> str | None:
    return _possible_tenant(fields.metadata().get(TENANT_METADATA_KEY))


def _possible_tenant(named: str | None) -> str | None:
    return named if named and is_tenant_id(named) else None
