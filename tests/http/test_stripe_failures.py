"""Stripe's events that could not be applied: shown until they are."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.errors import Unavailable
from shared.ports import StaleAccount
from shared.stores import process_memory
from tests.http.serving import Clock, Functions, Json, refused, succeeded
from tests.http.stripe_caller import CREATED, SUBSCRIPTION, event, post, send, signed

UNLINKED: Json = {**CREATED, "data": {"object": {**SUBSCRIPTION, "metadata": {}}}}
"""An event of a customer whom no tenant has."""


def failures(functions: Functions) -> list[Json]:
    key = functions.create_platform_key("platform:read")
    found: list[Json] = functions.read(key, "/platform/system")["stripe_failures"]
    return found


@pytest.fixture
def early(platform: Functions, clock: Clock) -> Json:
    """An event of this moment, of a customer that no tenant has yet."""
    return {**UNLINKED, "created": int(clock.now.timestamp())}


def test_an_event_that_fails_is_shown_until_it_succeeds(
    platform: Functions, early: Json, clock: Clock
) -> None:
    refused(send(platform, early), 503)
    clock.pass_by(timedelta(minutes=1))
    refused(send(platform, early), 503)
    (failure,) = failures(platform)
    customer = SUBSCRIPTION["customer"]
    assert failure == {
        "event_id": early["id"],
        "type": early["type"],
        "tenant_id": None,
        "error": f"Unavailable: customer {customer} of {early['id']} belongs to no tenant yet",
        "attempts": 2,
        "first_at": "2026-11-20T12:00:00Z",
        "last_at": "2026-11-20T12:01:00Z",
    }
    assert succeeded(send(platform, {**early, "data": CREATED["data"]})) == {"outcome": "applied"}
    assert failures(platform) == []


def test_one_that_is_reported_as_unowned_in_the_end_is_no_failure_any_more(
    platform: Functions, early: Json, clock: Clock
) -> None:
    refused(send(platform, early), 503)
    clock.pass_by(timedelta(days=1))
    assert succeeded(send(platform, early)) == {"outcome": "unowned"}
    assert failures(platform) == []


def test_an_event_without_the_documented_form_names_the_field_and_is_kept(platform: Functions) -> None:
    broken = event("customer.subscription.updated", {**SUBSCRIPTION, "items": "none"})
    refused(send(platform, broken), 422, "invalid_stripe_object")
    (failure,) = failures(platform)
    assert (failure["event_id"], failure["type"]) == ("evt_test", "customer.subscription.updated")
    assert failure["error"].startswith("InvalidStripeObject: ")


def test_the_owner_of_the_customer_is_named(platform: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    succeeded(send(platform, CREATED))

    def fail(*_: object) -> None:
        raise RuntimeError("a bug with sk_live_0123456789abcdef in it")

    monkeypatch.setattr(process_memory(), "save_billing", fail)
    later = {**UNLINKED, "id": "evt_later"}
    refused(send(platform, later), 500)
    (failure,) = failures(platform)
    assert (failure["tenant_id"], failure["error"]) == ("acme", "RuntimeError: a bug with [redacted] in it")


def test_a_failure_that_comes_after_another_delivery_was_applied_goes_with_the_next_one(
    platform: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, save_billing = process_memory(), process_memory().save_billing

    def apply_and_lose_the_answer(change: Any) -> None:
        save_billing(change)
        raise Unavailable("no answer")

    monkeypatch.setattr(store, "save_billing", apply_and_lose_the_answer)
    refused(send(platform, CREATED), 503)
    assert len(failures(platform)) == 1
    assert succeeded(send(platform, CREATED)) == {"outcome": "duplicate"}
    assert failures(platform) == []


def test_an_event_that_is_overtaken_again_and_again_is_kept(
    platform: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(*_: object) -> None:
        raise StaleAccount

    monkeypatch.setattr(process_memory(), "save_billing", stale)
    monkeypatch.setattr("time.sleep", lambda _: None)
    refused(send(platform, CREATED), 503)
    assert failures(platform)[0]["tenant_id"] == "acme"


def test_bad_signatures_are_not_kept(platform: Functions, early: Json) -> None:
    body = json.dumps(early)
    refused(post(platform, body, signed(body, "whsec_of_somebody")), 400, "invalid_signature")
    refused(post(platform, body, {}), 400)
    assert failures(platform) == []


@pytest.mark.parametrize(
    "payload", [[], 5, {}, {"id": 5}, {"id": "../tenants/acme"}, {"id": ""}, {"id": "é"}, {"id": "x" * 201}]
)
def test_a_signed_body_without_an_id_is_refused_and_not_kept(platform: Functions, payload: Any) -> None:
    refused(send(platform, payload), 400, "not_an_event")
    assert failures(platform) == []


def test_an_unreadable_event_with_an_id_is_kept(platform: Functions) -> None:
    refused(send(platform, {"id": "evt_thin", "object": "v2.core.event"}), 400, "not_an_event")
    (failure,) = failures(platform)
    assert (failure["event_id"], failure["type"]) == ("evt_thin", "unreadable")


@pytest.mark.parametrize("failure", [Unavailable("no answer"), KeyError("a bug")], ids=str)
def test_stripe_gets_the_same_answer_if_the_failure_cannot_be_kept(
    platform: Functions, early: Json, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(*_: object) -> None:
        raise failure

    store = process_memory()
    for name in ("add_failed_attempt", "remove_stripe_failure"):
        monkeypatch.setattr(store, name, fail)
    assert "belongs to no tenant yet" in refused(send(platform, early), 503)["detail"]
    applied = {**CREATED, "id": "evt_other"}
    outcomes = [succeeded(send(platform, applied))["outcome"] for _ in range(2)]
    assert outcomes == ["applied", "duplicate"]


def test_the_overview_counts_them(platform: Functions, early: Json) -> None:
    refused(send(platform, early), 503)
    platform.tick()
    assert platform.read(platform.create_platform_key(), "/platform/overview")["stripe_failures"] == 1
