"""Webhook endpoints made by the API: their secret, what they are asked to take, and that nothing is sent there."""

from typing import Any

import pytest
import stripe

from tests.tools.test_stripe_double.receiver import receiving
from tests.tools.test_stripe_double.shop import Shop

_URL = "https://usage.example.com/stripe"


def test_the_secret_is_shown_once(shop: Shop) -> None:
    wanted: Any = {"url": _URL, "enabled_events": ["*"], "api_version": stripe.api_version}
    made = shop.stripe.v1.webhook_endpoints.create(wanted)
    assert str(made.secret).startswith("whsec_")
    assert "secret" not in shop.stripe.v1.webhook_endpoints.retrieve(made.id).to_dict()
    (listed,) = shop.stripe.v1.webhook_endpoints.list().data
    assert ("secret" in listed.to_dict(), listed.url, listed.api_version) == (False, _URL, stripe.api_version)


def test_what_is_given_is_changed(shop: Shop) -> None:
    made = shop.stripe.v1.webhook_endpoints.create({"url": _URL, "enabled_events": ["*"]})
    changes: Any = {"enabled_events": ["invoice.paid"], "disabled": True}
    changed = shop.stripe.v1.webhook_endpoints.update(made.id, changes)
    assert (changed.enabled_events, changed.status, changed.url) == (["invoice.paid"], "disabled", _URL)


def test_an_endpoint_is_kept_and_nothing_is_sent_there(shop: Shop) -> None:
    with receiving() as other:
        shop.stripe.v1.webhook_endpoints.create({"url": other.url, "enabled_events": ["*"]})
        shop.stripe.v1.customers.create({"name": "Acme"})
        sent = shop.look("delivery")
        assert other.url not in {one["url"] for one in (*sent["waiting"], *sent["delivered"])}


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
