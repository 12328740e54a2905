"""stripe_webhook with signed bodies that are no events, or of unknown types, shapes or customers."""

import logging
from datetime import timedelta
from typing import Any

import pytest

from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.golden.stripe_payloads import changed
from tests.http.serving import Clock, Functions, refused, succeeded
from tests.http.stripe_caller import CREATED, SUBSCRIPTION, event, nothing_is_stored, plan, send, stored_state

THIN = {
    "id": "evt_thin",
    "object": "v2.core.event",
    "type": "v1.billing.meter.error_report_triggered",
    "created": "2026-11-20T12:00:00Z",
    "related_object": {"id": "mtr_1", "type": "billing.meter"},
}


@pytest.mark.parametrize(
    "payload",
    [
        THIN,
        [],
        [CREATED],
        None,
        1,
        "event",
        {},
        {"object": "event"},
        *[
            {name: value for name, value in CREATED.items() if name != gone}
            for gone in ("id", "type", "created")
        ],
        CREATED | {"data": {}},
        CREATED | {"data": {"object": None}},
        CREATED | {"data": {"object": []}},
        CREATED | {"id": 7},
        CREATED | {"id": "evt/../evt"},
        CREATED | {"id": "evt_1/x/y"},
        CREATED | {"id": ""},
        CREATED | {"type": None},
        CREATED | {"created": "now"},
        CREATED | {"created": 10**30},
    ],
    ids=lambda payload: str(payload)[:40],
)
def test_a_body_that_is_no_event_is_refused(platform: Functions, payload: object) -> None:
    refused(send(platform, payload), 400, "not_an_event")
    nothing_is_stored()


@pytest.mark.parametrize(
    "kind", ["product.created", "invoice.created", "customer.created", "price.updated", "unknown.type"]
)
def test_b26_an_unknown_type_is_acknowledged_and_stored_as_ignored(platform: Functions, kind: str) -> None:
    response = send(platform, event(kind, {"id": "x_1", "object": "x"}))
    assert succeeded(response) == {"outcome": "ignored"}
    assert process_memory().find_owner("evt_test", None) == ("ignored", None)
    assert [each.action for each in trail_of(process_memory())] == ["tenant.created"]


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "levitating"},
        {"items.data": []},
        {"items": None},
        {"items.data.0.price": None},
        {"items.data.0.current_period_end": None},
        {"items.data.0.current_period_end": "tomorrow"},
        {"customer": 7},
        {"customer": None},
        {"customer": "cus/x"},
        {"id": None},
        {"created": True},
        {"trial_start": "yesterday"},
        {"ended_at": {}},
        {"metadata": {"gwi_tenant_id": 7}},
        {"metadata": "acme"},
        {"cancel_at": 1.5},
    ],
    ids=str,
)
def test_an_object_of_an_unknown_shape_is_no_success_and_stores_nothing(
    platform: Functions, changes: dict[str, Any]
) -> None:
    before = stored_state()
    broken = event("customer.subscription.updated", changed(SUBSCRIPTION, changes))
    refused(send(platform, broken), 422, "invalid_stripe_object")
    assert stored_state() == before
    nothing_is_stored("evt_test")


def test_an_invoice_of_an_unknown_shape_is_no_success(platform: Functions) -> None:
    broken = event("invoice.paid", {"id": "in_1", "object": "invoice", "customer": SUBSCRIPTION["customer"]})
    send(platform, CREATED)
    refused(send(platform, broken), 422, "invalid_stripe_object")
    assert process_memory().find_owner("evt_test", None)[0] is None


def test_b6_an_unknown_customers_event_is_refused_for_a_day_and_then_reported(
    platform: Functions, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = CREATED | {"data": {"object": changed(SUBSCRIPTION, {"metadata": {}})}}
    stranger["created"] = int(clock.now.timestamp())
    response = send(platform, stranger)
    assert "belongs to no tenant yet" in refused(response, 503, "unavailable")["detail"]
    assert response.headers["Retry-After"] == "60"
    nothing_is_stored()
    clock.pass_by(timedelta(hours=24))
    with caplog.at_level(logging.WARNING):
        assert succeeded(send(platform, stranger)) == {"outcome": "unowned"}
    assert f"{stranger['id']} customer.subscription.updated belongs to a customer of no tenant" in caplog.text
    assert plan() == "free"
