"""Tests of reading webhooks: the customer and tenant that each kind of object names."""

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.billing.corrections import Correction
from shared.domain.billing.stripe_events import (
    CheckoutSession,
    CustomerSnapshot,
    EventObject,
    NotAnEvent,
    Payload,
    charge_object,
    credit_note_object,
    customer_object,
    dispute_object,
    invoice_object,
    read_event,
    refund_object,
    session_object,
    subscription_object,
)
from shared.domain.billing.stripe_fields import InvalidStripeObject
from shared.domain.billing.stripe_invoice_shapes import read_invoice
from shared.domain.billing.stripe_subscription_shapes import read_subscription
from tests.golden.stripe_payloads import SHAPES, changed, read_cases, webhooks
from tests.plans import PLANS

OURS = {"gwi_tenant_id": "acme"}
CUSTOMER = {"id": "cus_1", "email": "owner@example.com", "metadata": OURS}
CHARGE = {"id": "ch_1", "customer": "cus_1", "metadata": OURS}
REFUND = {"id": "re_1", "charge": "ch_1", "amount": 500, "metadata": OURS}
CREDIT_NOTE = {"id": "cn_1", "customer": "cus_1", "invoice": "in_1", "amount": 500, "metadata": OURS}
DISPUTE = {"id": "dp_1", "charge": "ch_1", "amount": 2_900, "status": "needs_response", "metadata": OURS}
SESSION = {
    "client_reference_id": "acme",
    "metadata": OURS,
    "customer": "cus_1",
    "customer_details": {"email": "owner@example.com"},
    "subscription": "sub_1",
}
EVENT = webhooks("endive")[1]
any_object: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["id", "customer", "metadata", "status", "object"]),
    st.none() | st.integers() | st.text() | st.just({}) | st.lists(st.integers()),
)


@pytest.mark.parametrize(
    ("found", "payload", "customer_id"),
    [
        (customer_object(CUSTOMER), CustomerSnapshot("cus_1", "owner@example.com"), "cus_1"),
        (charge_object(CHARGE), Correction(id="ch_1", kind="charge", customer_id="cus_1"), "cus_1"),
        (refund_object(REFUND), Correction(id="re_1", kind="refund", charge_id="ch_1"), None),
        (
            credit_note_object(CREDIT_NOTE),
            Correction(id="cn_1", kind="credit_note", customer_id="cus_1", invoice_id="in_1", credited=500),
            "cus_1",
        ),
        (
            dispute_object(DISPUTE),
            Correction(id="dp_1", kind="dispute", charge_id="ch_1", dispute="open", disputed=2_900),
            None,
        ),
        (session_object(SESSION), CheckoutSession("owner@example.com", "sub_1"), "cus_1"),
    ],
    ids=["customer", "charge", "refund", "credit-note", "dispute", "session"],
)
def test_an_object_names_its_customer_and_its_tenant(
    found: EventObject[Payload], payload: Payload, customer_id: str | None
) -> None:
    assert found == EventObject(payload, customer_id, "acme")


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_a_subscription_and_its_invoice_names_the_tenant(shape: str) -> None:
    case = read_cases(f"stripe_{shape}")
    subscription, invoice = case["subscription"], case["invoice"]
    assert subscription_object(subscription, PLANS) == EventObject(
        read_subscription(subscription, PLANS), "cus_RAcme", "acme"
    )
    assert invoice_object(invoice) == EventObject(read_invoice(invoice), "cus_RAcme", "acme")


@pytest.mark.parametrize("named", ["../acme", "acme/invoices/in_1", "__x__", "a" * 65, ""])
def test_an_impossible_tenant_id_names_no_tenant(named: str) -> None:
    assert customer_object(CUSTOMER | {"metadata": {"gwi_tenant_id": named}}).tenant_id is None
    assert session_object(SESSION | {"metadata": {"gwi_tenant_id": named}}).tenant_id is None


def test_b38_another_apps_reference_and_metadata_name_no_tenant() -> None:
    theirs = {"client_reference_id": "acme", "metadata": {"tenant_id": "acme"}}
    assert session_object(SESSION | theirs).tenant_id is None
    assert customer_object(CUSTOMER | {"metadata": {"tenant_id": "acme"}}).tenant_id is None


def test_an_invoice_of_no_subscription_names_no_tenant() -> None:
    invoice = changed(read_cases("stripe_endive")["invoice"], {"parent": None, "lines.data": []})
    assert invoice_object(invoice).tenant_id is None


@given(any_object)
def test_the_object_of_a_type_without_a_reader_is_not_read(stripe_object: dict[str, Any]) -> None:
    event = read_event(EVENT | {"data": {"object": stripe_object}}, {})
    assert (event.payload, event.customer_id, event.tenant_id) == (None, None, None)


@given(any_object)
def test_a_malformed_object_and_a_body_that_is_no_event_are_different_errors(
    stripe_object: dict[str, Any],
) -> None:
    readers = {EVENT["type"]: partial(subscription_object, plans=PLANS)}
    with pytest.raises(InvalidStripeObject) as refused:
        read_event(EVENT | {"data": {"object": stripe_object}}, readers)
    assert type(refused.value) is InvalidStripeObject
    with pytest.raises(NotAnEvent):
        read_event(stripe_object, readers)
