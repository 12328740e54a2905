"""Webhook endpoints made by the API: their secret, what they subscribe to, and that each gets its own events."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from tests.tools.test_stripe_double.receiver import Receiver, receiving
from tests.tools.test_stripe_double.shop import Shop


@pytest.fixture
def second() -> Iterator[Receiver]:
    """Another receiver, beside the one that the double was started with."""
    with receiving() as receiver:
        yield receiver


def _endpoint(shop: Shop, receiver: Receiver, *events: str) -> stripe.WebhookEndpoint:
    wanted: Any = {"url": receiver.url, "enabled_events": list(events), "api_version": stripe.api_version}
    made = shop.stripe.v1.webhook_endpoints.create(wanted)
    receiver.secret = str(made.secret)
    return made


def test_the_secret_is_told_once(shop: Shop, second: Receiver) -> None:
    made = _endpoint(shop, second, "*")
    assert str(made.secret).startswith("whsec_")
    assert "secret" not in shop.stripe.v1.webhook_endpoints.retrieve(made.id).to_dict()
    (listed,) = shop.stripe.v1.webhook_endpoints.list().data
    assert ("secret" in listed.to_dict(), listed.url, listed.api_version) == (
        False,
        second.url,
        stripe.api_version,
    )


def test_an_endpoint_gets_the_types_it_asked_for(shop: Shop, receiver: Receiver, second: Receiver) -> None:
    made = _endpoint(shop, second, "customer.created")
    shop.stripe.v1.products.create({"name": "Enterprise"})
    shop.stripe.v1.customers.create({"name": "Acme"})
    second.wait_for("customer.created")
    receiver.wait_for("customer.created")
    assert second.types() == ["customer.created"]
    shop.stripe.v1.webhook_endpoints.update(made.id, {"enabled_events": ["*"]})
    shop.stripe.v1.products.create({"name": "Team"})
    second.wait_for("product.created")


@pytest.mark.parametrize("how", ["disabled", "deleted"])
def test_an_endpoint_that_is_gone_gets_nothing_more(
    shop: Shop, receiver: Receiver, second: Receiver, how: str
) -> None:
    made = _endpoint(shop, second, "*")
    second.statuses = [500] * 3
    shop.stripe.v1.customers.create({"name": "Acme"})
    second.wait_for("customer.created")
    if how == "deleted":
        assert shop.stripe.v1.webhook_endpoints.delete(made.id).deleted is True
        assert shop.stripe.v1.webhook_endpoints.list().data == []
    else:
        assert shop.stripe.v1.webhook_endpoints.update(made.id, {"disabled": True}).status == "disabled"
    receiver.wait_for("customer.created")
    assert shop.control("deliver")["waiting"] == []
    assert len(second.types()) < 3
    assert shop.stripe.v1.events.list({"delivery_success": False}).data == []


def test_a_silent_endpoint_does_not_hold_up_the_others(
    shop: Shop, receiver: Receiver, second: Receiver
) -> None:
    _endpoint(shop, second, "*")
    with second.silent_for("customer.created"):
        shop.stripe.v1.customers.create({"name": "Acme"})
        shop.stripe.v1.products.create({"name": "Enterprise"})
        receiver.wait_for("product.created", times=3)
        (pending,) = shop.events("customer.created")
        assert (pending.pending_webhooks, "customer.created" in receiver.types()) == (1, True)
    second.wait_for("product.created")


def test_an_address_elsewhere_is_kept_and_nothing_is_sent_there(shop: Shop) -> None:
    made = shop.stripe.v1.webhook_endpoints.create(
        {"url": "https://usage.example.com/stripe", "enabled_events": ["*"]}
    )
    assert (made.url, made.status, made.api_version) == ("https://usage.example.com/stripe", "enabled", None)
    shop.control("deliver")
    assert shop.look("delivery")["waiting"] == []


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"url": "usage.example.com/stripe", "enabled_events": ["*"]}, "url"),
        ({"url": "https://usage.example.com/", "enabled_events": ""}, "enabled_events"),
        (
            {"url": "https://usage.example.com/", "enabled_events": ["*"], "api_version": "2019-01-01"},
            "api_version",
        ),
    ],
)
def test_refuses_an_endpoint_that_cannot_work(shop: Shop, params: dict[str, Any], param: str) -> None:
    wanted: Any = params
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.stripe.v1.webhook_endpoints.create(wanted)
    assert refused.value.param == param
