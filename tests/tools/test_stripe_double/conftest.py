"""Fixtures of the double's tests: a receiver of webhooks, a served double, a shop to drive it with."""

from collections.abc import Iterator

import pytest

from tests.tools.test_stripe_double.receiver import Receiver, receiving
from tests.tools.test_stripe_double.shop import SECRET, Shop
from tools.stripe_double.delivery import WebhookEndpoint
from tools.stripe_double.serving import serving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook endpoint that keeps what it gets."""
    with receiving() as endpoint:
        yield endpoint


@pytest.fixture
def shop(receiver: Receiver) -> Iterator[Shop]:
    """A served double that delivers to the receiver, with one product and its prices."""
    with serving(webhook=WebhookEndpoint(receiver.url, SECRET)) as double:
        yield Shop(double.url)
