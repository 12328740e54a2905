"""Write the documents of a tenant's billing, and read them back."""

from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from shared.adapters.firestore.encoding import get_fields, read_as
from shared.adapters.firestore.people.tenants import (
    change_write,
    entitlement_fields,
    plan_fields,
    read_tenant,
)
from shared.domain.billing.billing_account import BillingAccount
from shared.domain.billing.corrections import ObservedCorrection
from shared.domain.billing.entitlements import BillingAlert
from shared.domain.billing.invoices import InvoiceRow, InvoiceStatusObservation
from shared.domain.billing.stripe_events import EventReference
from shared.domain.billing.stripe_invoice_shapes import InvoiceLine, InvoiceSnapshot
from shared.domain.billing.subscriptions import Subscription
from shared.ports import ProcessedEvent, RaisedAlert

_SUBSCRIPTION = TypeAdapter(Subscription)
_CORRECTIONS = TypeAdapter(tuple[ObservedCorrection, ...])
_INVOICE_FIELDS = tuple(field.name for field in fields_of(InvoiceSnapshot))


def account_write(name: str, account: BillingAccount) -> Any:
    """Return the write of a tenant's billing, on condition that the tenant is unchanged since it was read."""
    tenant = account.tenant
    fields = {
        **plan_fields(tenant),
        "period": {"anchor": tenant.anchor},
        "billing": _billing_fields(account),
    }
    write = change_write(name, fields)
    write.current_document.update_time.CopyFrom(account.version)
    return write


def _billing_fields(account: BillingAccount) -> dict[str, object]:
    # Members and listeners read the other fields; the subscriptions as JSON are only for this module.
    subscriptions = account.known_subscriptions.values()
    return {
        **asdict(account.tenant.billing),
        "customer_id": account.customer_id,
        "linked_customers": list(account.linked_customers),
        "email": account.email,
        "email_event": list(account.email_event) if account.email_event else None,
        "previous_customer_id": account.previous_customer_id,
        "entitlement": entitlement_fields(account.tenant.entitlement),
        "subscriptions": {each.id: _SUBSCRIPTION.dump_json(each).decode() for each in subscriptions},
    }


def read_account(document: Any) -> BillingAccount:
    """Return the billing that account_write wrote; an empty account for a tenant without any."""
    billing = get_fields(document.fields).get("billing", {})
    email_event = billing.get("email_event")
    written = billing.get("subscriptions", {}).items()
    return BillingAccount(
        tenant=read_tenant(document),
        customer_id=billing.get("customer_id"),
        email=billing.get("email"),
        subscriptions={key: _SUBSCRIPTION.validate_json(text) for key, text in written},
        version=document.update_time,
        email_event=EventReference(*email_event) if email_event else None,
        previous_customer_id=billing.get("previous_customer_id"),
        linked_customers=tuple(billing.get("linked_customers", ())),
    )


def invoice_fields(row: InvoiceRow) -> dict[str, object]:
    """Return the fields of an invoice's document; `latest` orders its events.

    A row with nothing to show has no `created`, by which invoices are listed.
    """
    return {
        "id": row.id,
        **(_shown_fields(row.snapshot) if row.snapshot else {}),
        "latest": list(row.latest) if row.latest else None,
        "failed_at": row.failed_at,
        "action_required_at": row.action_required_at,
        "corrections": _CORRECTIONS.dump_json(row.corrections).decode(),
    }


def _shown_fields(invoice: InvoiceSnapshot) -> dict[str, object]:
    lines = [asdict(line) for line in invoice.lines]
    return {**{name: getattr(invoice, name) for name in _INVOICE_FIELDS}, "lines": lines}


def read_invoice(document: Any) -> InvoiceRow:
    """Return the row that invoice_fields wrote."""
    fields = get_fields(document.fields)
    latest, corrections = fields["latest"], fields.get("corrections")
    return InvoiceRow(
        id=fields["id"],
        snapshot=_read_shown(fields) if "created" in fields else None,
        latest=InvoiceStatusObservation(*latest) if latest else None,
        failed_at=fields["failed_at"],
        action_required_at=fields["action_required_at"],
        corrections=_CORRECTIONS.validate_json(corrections) if corrections else (),
    )


def _read_shown(fields: Mapping[str, Any]) -> InvoiceSnapshot:
    known = {name: fields[name] for name in _INVOICE_FIELDS if name in fields}
    lines = tuple(read_as(InvoiceLine, line) for line in fields.get("lines", ()))
    return InvoiceSnapshot(**{**known, "lines": lines})


def processed_event_fields(processed: ProcessedEvent, expire_at: datetime) -> dict[str, object]:
    """Return the fields of a processed event's document."""
    return {
        "type": processed.event_type,
        "outcome": processed.outcome,
        "at": processed.at,
        "expire_at": expire_at,
    }


def alert_fields(alert: BillingAlert, at: datetime) -> dict[str, object]:
    """Return the fields of a billing alert's document."""
    return {
        "kind": alert.kind,
        "message": alert.message,
        "subscription_ids": list(alert.subscription_ids),
        "at": at,
    }


def read_alert(document: Any) -> RaisedAlert:
    """Return the alert that alert_fields wrote."""
    fields = get_fields(document.fields)
    alert = BillingAlert(fields["kind"], tuple(fields["subscription_ids"]), fields["message"])
    return RaisedAlert(alert, fields["at"])
