"""How a tenant's billing is written in Firestore, and read back."""

from dataclasses import asdict
from dataclasses import fields as fields_of
from datetime import datetime
from html import escape
from typing import Any

from pydantic import TypeAdapter

from shared.adapters.firestore.encoding import get_fields
from shared.adapters.firestore.people.tenants import change_write, entitlement_fields, read_tenant
from shared.domain.billing.billing_account import Account, EmailSighting
from shared.domain.billing.entitlements import BillingAlert
from shared.domain.billing.invoices import InvoiceRow, InvoiceSighting
from shared.domain.billing.stripe_shapes import InvoiceSnapshot
from shared.domain.billing.subscriptions import Subscription
from shared.ports import Mail, StripeReceipt

_SUBSCRIPTION = TypeAdapter(Subscription)
_INVOICE_FIELDS = tuple(field.name for field in fields_of(InvoiceSnapshot))


def account_write(name: str, account: Account) -> Any:
    """Sets the billing of a tenant, provided the tenant still is as it was read."""
    tenant = account.tenant
    fields = {"plan": tenant.plan, "period": {"anchor": tenant.anchor}, "billing": _billing_fields(account)}
    write = change_write(name, fields)
    write.current_document.update_time.CopyFrom(account.version)
    return write


def _billing_fields(account: Account) -> dict[str, object]:
    """What people and listeners read, and the whole of each subscription as text, which only this module reads."""
    subscriptions = account.known_subscriptions.values()
    return {
        **asdict(account.tenant.billing),
        "customer_id": account.customer_id,
        "email": account.email,
        "email_seen": list(account.email_seen) if account.email_seen else None,
        "former_customer_id": account.former_customer_id,
        "entitlement": entitlement_fields(account.tenant.entitlement),
        "subscriptions": {each.id: _SUBSCRIPTION.dump_json(each).decode() for each in subscriptions},
    }


def read_account(document: Any) -> Account:
    """The billing that account_write set; an empty one for a tenant that has none."""
    billing = get_fields(document.fields).get("billing", {})
    email_seen = billing.get("email_seen")
    written = billing.get("subscriptions", {}).items()
    return Account(
        tenant=read_tenant(document),
        customer_id=billing.get("customer_id"),
        email=billing.get("email"),
        subscriptions={key: _SUBSCRIPTION.validate_json(text) for key, text in written},
        version=document.update_time,
        email_seen=EmailSighting(*email_seen) if email_seen else None,
        former_customer_id=billing.get("former_customer_id"),
    )


def invoice_fields(row: InvoiceRow) -> dict[str, object]:
    """An invoice as its document holds it; `seen` is what orders its events."""
    invoice = {name: getattr(row.invoice, name) for name in _INVOICE_FIELDS}
    return {
        **invoice,
        "seen": list(row.seen),
        "failed_at": row.failed_at,
        "action_required_at": row.action_required_at,
    }


def read_invoice(document: Any) -> InvoiceRow:
    """The row that invoice_fields wrote."""
    fields = get_fields(document.fields)
    return InvoiceRow(
        invoice=InvoiceSnapshot(**{name: fields[name] for name in _INVOICE_FIELDS}),
        seen=InvoiceSighting(*fields["seen"]),
        failed_at=fields["failed_at"],
        action_required_at=fields["action_required_at"],
    )


def receipt_fields(receipt: StripeReceipt, expire_at: datetime) -> dict[str, object]:
    """A handled event as its document holds it."""
    return {"type": receipt.event_type, "outcome": receipt.outcome, "at": receipt.at, "expire_at": expire_at}


def alert_fields(alert: BillingAlert, at: datetime) -> dict[str, object]:
    """An alert about billing as its document holds it."""
    return {
        "kind": alert.kind,
        "message": alert.message,
        "subscription_ids": list(alert.subscription_ids),
        "at": at,
    }


def mail_fields(mail: Mail, tenant_id: str, at: datetime) -> dict[str, object]:
    """A mail in the form that Firestore's mail senders read."""
    to = mail.to if isinstance(mail.to, str) else list(mail.to)
    text = mail.text if mail.link is None else f"{mail.text}\n\n{mail.link}"
    message = {"subject": mail.subject, "text": text, "html": _html(mail)}
    return {"to": to, "message": message, "tenant_id": tenant_id, "created_at": at}


def _html(mail: Mail) -> str:
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in mail.text.split("\n\n"))
    if mail.link is None:
        return paragraphs
    link = escape(mail.link)
    return f'{paragraphs}<p><a href="{link}">{link}</a></p>'
