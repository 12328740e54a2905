"""The double's requests and responses, checked against the types that stripe-python carries for this API version."""

import importlib
import inspect
import typing
from collections.abc import Mapping
from typing import Any

import pytest
import stripe
import typing_extensions

from tests.tools.test_stripe_double.receiver import Receiver
from tests.tools.test_stripe_double.shop import Shop
from tools.stripe_double.account import CURRENT_VERSION
from tools.stripe_double.api import ROUTES
from tools.stripe_double.parameters import Schema

# Route → the params module of stripe-python, whose first class is what the service takes.
_PARAMS = {
    "GET /v1/billing_portal/configurations": "billing_portal._configuration_list_params",
    "POST /v1/billing_portal/configurations": "billing_portal._configuration_create_params",
    "POST /v1/billing_portal/configurations/<configuration_id>": "billing_portal._configuration_update_params",
    "POST /v1/billing_portal/sessions": "billing_portal._session_create_params",
    "POST /v1/checkout/sessions": "checkout._session_create_params",
    "GET /v1/checkout/sessions": "checkout._session_list_params",
    "GET /v1/charges": "_charge_list_params",
    "GET /v1/credit_notes": "_credit_note_list_params",
    "POST /v1/credit_notes": "_credit_note_create_params",
    "POST /v1/customers": "_customer_create_params",
    "GET /v1/customers": "_customer_list_params",
    "GET /v1/disputes": "_dispute_list_params",
    "GET /v1/events": "_event_list_params",
    "GET /v1/invoice_payments": "_invoice_payment_list_params",
    "GET /v1/invoices": "_invoice_list_params",
    "GET /v1/prices": "_price_list_params",
    "POST /v1/prices": "_price_create_params",
    "POST /v1/prices/<price_id>": "_price_update_params",
    "POST /v1/products": "_product_create_params",
    "POST /v1/products/<product_id>": "_product_update_params",
    "POST /v1/refunds": "_refund_create_params",
    "POST /v1/subscription_schedules": "_subscription_schedule_create_params",
    "POST /v1/subscription_schedules/<schedule_id>": "_subscription_schedule_update_params",
    "GET /v1/subscriptions": "_subscription_list_params",
    "POST /v1/subscriptions": "_subscription_create_params",
    "POST /v1/subscriptions/<subscription_id>": "_subscription_update_params",
    "GET /v1/webhook_endpoints": "_webhook_endpoint_list_params",
    "POST /v1/webhook_endpoints": "_webhook_endpoint_create_params",
    "POST /v1/webhook_endpoints/<endpoint_id>": "_webhook_endpoint_update_params",
}
_SCHEMAS = {f"{route.method} {route.path}": route.schema for route in ROUTES}


def test_every_route_with_parameters_of_its_own_is_compared() -> None:
    own = {name for name, schema in _SCHEMAS.items() if set(schema.readers) - {"expand"}}
    assert own == set(_PARAMS)


def test_the_version_is_the_clients() -> None:
    assert stripe.api_version == CURRENT_VERSION


@pytest.mark.parametrize("name", _PARAMS)
def test_accepts_no_parameter_that_stripe_does_not_know(name: str) -> None:
    module = importlib.import_module(f"stripe.params.{_PARAMS[name]}")
    typed = next(
        one for one in vars(module).values() if inspect.isclass(one) and one.__module__ == module.__name__
    )
    assert _unknown(_SCHEMAS[name], typed) == []


def _unknown(schema: Schema, typed: Any, path: str = "") -> list[str]:
    # The base class of some params names types that it imports elsewhere, or for type checkers only.
    names = {"StripeContext": object, "Mapping": Mapping, **vars(importlib.import_module(typed.__module__))}
    hints = typing_extensions.get_type_hints(typed, names)
    found = [f"{path}{name}" for name in schema.readers if name not in hints]
    for name, reader in schema.readers.items():
        inner = list(_schemas_in(reader))
        for one in inner if name in hints else []:
            found += _unknown(one, _typed_in(hints[name]), f"{path}{name}.")
    return found


def _schemas_in(reader: Any) -> typing.Iterator[Schema]:
    if isinstance(reader, Schema):
        yield reader
    for cell in getattr(reader, "__closure__", None) or ():
        yield from _schemas_in(cell.cell_contents)


def _typed_in(hint: Any) -> Any:
    if typing_extensions.is_typeddict(hint):
        return hint
    return next((found for part in typing.get_args(hint) if (found := _typed_in(part))), None)


def _invented(shown: Any, kind: Any, path: str) -> list[str]:
    """Name the fields that the class does not have. Those that nothing here reads are left out of the double."""
    found = [f"{path}.{name}" for name in sorted(set(shown) - set(kind.__annotations__))]
    for name, inner in kind._inner_class_types.items():
        values = shown.get(name)
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, dict):
                found += _invented(value, inner, f"{path}.{name}")
    return found


def test_no_object_has_a_field_that_its_class_lacks(shop: Shop, receiver: Receiver) -> None:
    v1, subscription = shop.stripe.v1, shop.subscribe()
    portal = v1.billing_portal.sessions.create(
        {"customer": str(subscription.customer), "configuration": shop.portal_configuration()}
    )
    expanded: Any = {"expand": ["data.features.subscription_update.products"]}
    item = subscription["items"].data[0]
    invoice = v1.invoices.retrieve(str(subscription.latest_invoice))
    (charge,) = [event.data.object["id"] for event in shop.events("charge.succeeded")]
    wanted: Any = {"invoice": invoice.id, "amount": 200, "credit_amount": 200}
    refund = v1.refunds.create({"charge": charge, "amount": 100})
    dispute = v1.disputes.retrieve(shop.control(f"charges/{charge}/dispute")["id"])
    objects: list[tuple[Any, Any]] = [
        (shop.checkout(), stripe.checkout.Session),
        (portal, stripe.billing_portal.Session),
        (v1.billing_portal.configurations.list(expanded).data[0], stripe.billing_portal.Configuration),
        (subscription, stripe.Subscription),
        (
            v1.subscription_schedules.create({"from_subscription": subscription.id}),
            stripe.SubscriptionSchedule,
        ),
        (item, stripe.SubscriptionItem),
        (item.price, stripe.Price),
        (v1.products.retrieve(str(item.price.product)), stripe.Product),
        (v1.customers.retrieve(str(subscription.customer)), stripe.Customer),
        (invoice, stripe.Invoice),
        (invoice.lines.data[0], stripe.InvoiceLineItem),
        (v1.invoice_payments.list().data[0], stripe.InvoicePayment),
        (v1.charges.retrieve(charge), stripe.Charge),
        (
            v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]}),
            stripe.WebhookEndpoint,
        ),
        (v1.credit_notes.create(wanted), stripe.CreditNote),
        (refund, stripe.Refund),
        (dispute, stripe.Dispute),
        (v1.events.list().data[0], stripe.Event),
    ]
    found = [line for shown, kind in objects for line in _invented(shown.to_dict(), kind, kind.__name__)]
    assert found == []


def test_every_event_type_is_one_of_stripes(shop: Shop) -> None:
    made = shop.subscribe()
    shop.stripe.v1.subscriptions.cancel(made.id)
    known = set(typing.get_args(stripe.Event.__annotations__["type"]))
    assert set(shop.event_types()) <= known
