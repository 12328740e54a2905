"""Webhook delivery: signed, in the background, again until it arrives, and misbehaving on request."""

import time

import pytest
import stripe

from tests.tools.test_stripe_double.receiver import Receiver
from tests.tools.test_stripe_double.shop import SECRET, Shop
from tools.stripe_double import delivery
from tools.stripe_double.delivery import WebhookEndpoint, signature_header
from tools.stripe_double.serving import create_double, serving

_CATALOG_EVENTS = 5  # two products, three prices


def _wait_until_quiet(shop: Shop) -> None:
    deadline = time.monotonic() + 10
    while shop.look("delivery")["waiting"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_happens_arrives_signed_and_in_order(shop: Shop, receiver: Receiver) -> None:
    shop.subscribe()
    receiver.wait_for("invoice.payment_succeeded")
    assert receiver.types() == shop.event_types()


def test_the_signature_is_what_stripe_would_sign() -> None:
    body = '{"object": "event", "name": "Zoë"}'
    expected = stripe.WebhookSignature.generate_signature_header(body, SECRET, 1_800_000_000)
    assert signature_header(body.encode(), SECRET, 1_800_000_000) == expected


def test_an_event_that_has_arrived_is_no_longer_pending(shop: Shop, receiver: Receiver) -> None:
    receiver.wait_for("price.created", times=3)
    _wait_until_quiet(shop)
    pending = shop.stripe.v1.events.list({"delivery_success": False}).data
    assert pending == []
    assert len(shop.stripe.v1.events.list({"delivery_success": True}).data) == _CATALOG_EVENTS


def test_delivers_again_until_the_receiver_is_well(shop: Shop, receiver: Receiver) -> None:
    receiver.wait_for("price.created", times=3)
    receiver.statuses = [500, 302, 400]
    shop.stripe.v1.customers.create({"name": "Acme"})
    arrived = receiver.wait_for("customer.created", times=1 + 3)
    assert len({event["id"] for event in arrived}) == 1
    _wait_until_quiet(shop)
    assert shop.look("delivery")["delivered"][-1]["statuses"] == [500, 302, 400, 200]


def test_pauses_between_attempts_grow(shop: Shop, receiver: Receiver) -> None:
    receiver.wait_for("price.created", times=3)
    receiver.statuses = [500, 500, 500]
    shop.stripe.v1.customers.create({"name": "Acme"})
    receiver.wait_for("customer.created", times=1 + 3)
    first, second, third = receiver.pauses()[-3:]
    assert first < second < third
    assert third > 3 * first


def test_a_receiver_that_does_not_answer_holds_nothing_up_for_long(shop: Shop, receiver: Receiver) -> None:
    receiver.wait_for("price.created", times=3)
    _wait_until_quiet(shop)
    with receiver.silent_for("customer.created"):
        shop.stripe.v1.customers.create({"name": "Acme"})
        shop.stripe.v1.products.create({"name": "Enterprise"})
        receiver.wait_for("product.created", times=3)
        assert "customer.created" not in receiver.types()
    receiver.wait_for("customer.created")


def test_what_is_being_sent_has_not_arrived_yet(
    shop: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.wait_for("price.created", times=3)
    _wait_until_quiet(shop)
    seen: list[list[str]] = []

    def post(_event: object, _endpoint: object) -> int:
        seen.append([one["type"] for one in shop.look("delivery")["waiting"]])
        return 200

    monkeypatch.setattr(delivery, "post", post)
    shop.stripe.v1.customers.create({"name": "Acme"})
    _wait_until_quiet(shop)
    assert seen == [["customer.created"]]


def test_paused_deliveries_wait(shop: Shop, receiver: Receiver) -> None:
    receiver.wait_for("price.created", times=3)
    _wait_until_quiet(shop)
    shop.control("delivery", paused=True)
    shop.stripe.v1.customers.create({"name": "Acme"})
    assert [one["type"] for one in shop.look("delivery")["waiting"]] == ["customer.created"]
    pending = shop.stripe.v1.events.list({"delivery_success": False}).data
    assert [event.type for event in pending] == ["customer.created"]
    assert "customer.created" not in receiver.types()
    shop.control("delivery", paused=False)
    receiver.wait_for("customer.created")


def test_duplicates_are_the_same_event(shop: Shop, receiver: Receiver) -> None:
    shop.control("delivery", duplicate=2)
    shop.stripe.v1.customers.create({"name": "Acme"})
    arrived = receiver.wait_for("customer.created", times=1 + 2)
    assert len({event["id"] for event in arrived}) == 1


def test_shuffles_what_one_request_brings_about(shop: Shop, receiver: Receiver) -> None:
    receiver.wait_for("price.created", times=3)
    shop.control("delivery", shuffle=True)
    shop.subscribe()
    receiver.wait_for("invoice.payment_succeeded")
    _wait_until_quiet(shop)
    assert sorted(receiver.types()) == sorted(shop.event_types())
    assert receiver.types() != shop.event_types()


def test_a_dropped_delivery_comes_later(shop: Shop, receiver: Receiver) -> None:
    shop.control("delivery", drop_and_retry=2)
    shop.stripe.v1.customers.create({"name": "Acme"})
    receiver.wait_for("customer.created")
    _wait_until_quiet(shop)
    assert shop.look("delivery")["delivered"][-1]["statuses"] == [-1, -1, 200]


def test_a_delay_is_kept(shop: Shop, receiver: Receiver) -> None:
    shop.control("delivery", delay_seconds=0.3)
    started = time.monotonic()
    shop.stripe.v1.customers.create({"name": "Acme"})
    receiver.wait_for("customer.created")
    assert time.monotonic() - started >= 0.3


def test_a_receiver_that_is_away_is_tried_again() -> None:
    with serving(webhook=WebhookEndpoint("http://127.0.0.1:9/", SECRET)) as double:
        shop = Shop(double.url)
        deadline = time.monotonic() + 10
        while not all(one["attempts"] > 1 for one in shop.look("delivery")["waiting"]):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert len(shop.look("delivery")["waiting"]) == _CATALOG_EVENTS


def test_sends_to_this_machine_only() -> None:
    with pytest.raises(ValueError, match="this machine only"):
        create_double(base_url="http://127.0.0.1:1", webhook=WebhookEndpoint("https://example.com/", SECRET))


def test_a_switch_that_does_not_exist_is_refused(shop: Shop) -> None:
    with pytest.raises(OSError, match="400"):
        shop.control("delivery", reverse=True)
    with pytest.raises(OSError, match="400"):
        shop.control("delivery", duplicate="twice")
