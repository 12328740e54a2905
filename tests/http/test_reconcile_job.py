"""The daily job on the tick's topic: its repairs, the messages it drops, and those that Pub/Sub retries."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

import pytest

from shared.adapters import stripe
from shared.domain.billing.plan_mapping import catalog_to_sell
from shared.domain.billing.stripe_subscription_shapes import read_subscription
from shared.domain.errors import Unavailable
from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.http.serving import BY_NAME, Functions, bearer, succeeded, unfolded
from tests.http.test_daily_job import fail_for
from tests.http.topic import Topic
from tests.plans import PLANS, current_plans
from tools.dev.loopback import free_port, without_proxy
from tools.dev.settings import ROOT
from tools.stripe_double.serving import serving

RECONCILE = {"job": "reconcile"}


class NoRedirects(HTTPRedirectHandler):
    """A browser that follows no redirects."""

    def redirect_request(self, *_arguments: object, **_named: object) -> None:
        """Follow no redirect."""


BROWSER = build_opener(ProxyHandler({}), NoRedirects)


@dataclass(frozen=True)
class Shop:
    """Our functions and a Stripe double whose webhooks never arrive."""

    functions: Functions
    key: str

    def pay(self, plan: str = "professional") -> None:
        """Subscribe on Stripe's page."""
        path = "/api/v1/tenants/acme/checkout-sessions"
        order = {"plan": plan, "interval": "month"}
        response = self.functions.usage_api.post(path, json=order, headers=bearer(self.key))
        with pytest.raises(HTTPError) as leads_back:
            BROWSER.open(succeeded(response)["url"], b"action=pay")
        leads_back.value.close()
        assert leads_back.value.code == 303

    @property
    def plan(self) -> str:
        """The tenant's plan."""
        billing = self.functions.read(self.key, "/tenants/acme/usage")["billing"]
        return str(billing["plan"])


@pytest.fixture
def shop(set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    for name, value in without_proxy(os.environ).items():
        monkeypatch.setenv(name, value)
    with serving() as double:
        monkeypatch.setenv("STRIPE_API_KEY", "sk_test_job")
        monkeypatch.setenv("STRIPE_API_BASE", double.url)
        stripe.StripeApi("sk_test_job", double.url, current_plans).sync_catalog(catalog_to_sell(PLANS))
        functions = set_up()
        yield Shop(functions, functions.create_tenant(plan="free"))


def publish(functions: Functions, message: object) -> int:
    """Deliver a message of the tick's topic and return the status code."""
    return functions.tell(message).status_code


def test_a_paying_tenant_gets_the_plan_without_any_webhook(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.pay()
    assert shop.plan == "free"
    assert publish(shop.functions, RECONCILE) == 200
    assert shop.plan == "professional"
    invoices = shop.functions.read(shop.key, "/tenants/acme/invoices")["invoices"]
    assert [(each["status"], each["total"]) for each in invoices] == [("paid", 99_00)]
    assert "plan is free here, professional in Stripe" in caplog.text


def test_without_drift_nothing_is_changed(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.pay()
    publish(shop.functions, RECONCILE)
    entries = trail_of(process_memory())
    caplog.clear()
    assert publish(shop.functions, RECONCILE) == 200
    assert trail_of(process_memory()) == entries
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("fold", [{}, {"job": "fold"}, {"job": "fold", "tenants": ["acme"]}], ids=str)
def test_a_fold_reconciles_nothing(fold: object, shop: Shop) -> None:
    shop.functions.record(shop.key, {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"})
    shop.pay()
    assert publish(shop.functions, fold) == 200
    assert unfolded() == []
    assert shop.plan == "free"


def test_without_an_api_key_the_message_is_dropped_with_a_warning(
    functions: Functions, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert publish(functions, RECONCILE) == 200
    assert "STRIPE_API_KEY is missing" in caplog.text


def test_an_unavailable_stripe_makes_pubsub_retry(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.pay()
    monkeypatch.setattr(stripe, "MAX_NETWORK_RETRIES", 0)
    monkeypatch.setenv("STRIPE_API_BASE", f"http://127.0.0.1:{free_port()}")
    lonely = shop.functions.another()
    lonely.aggregate.application.config["PROPAGATE_EXCEPTIONS"] = False
    assert publish(lonely, RECONCILE) == 500
    assert shop.plan == "free"


def test_a_stripe_outage_in_the_middle_retries_the_same_message(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.pay()
    for number in range(12):
        shop.functions.create_tenant(f"aa-{number:02}")
    topic = Topic(shop.functions)

    def away(*_: object) -> None:
        raise Unavailable("Stripe does not respond")

    with monkeypatch.context() as patch:
        patch.setattr(stripe.StripeApi, "list_subscriptions", away)
        assert [publish(shop.functions, RECONCILE), topic.deliver(), topic.deliver()] == [200, 200, 500]
        assert topic.waiting == [{"job": "reconcile", "after": "aa-09"}]
    assert shop.plan == "free"
    assert topic.deliver_all() == 1
    assert shop.plan == "professional"


def test_billing_is_compared_though_another_tenants_days_cannot_be_completed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.pay()
    shop.functions.create_tenant("aaa")
    topic = Topic(shop.functions)
    fail_for("aaa", KeyError("a document that nobody understands"), monkeypatch)
    assert publish(shop.functions, RECONCILE) == 200
    assert shop.plan == "professional"
    assert sorted([topic.deliver(), topic.deliver()]) == [200, 500]
    assert topic.waiting == [{"job": "reconcile", "tenants": ["aaa"]}]


def test_an_unreadable_object_is_logged_and_retried_the_next_day(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shop.pay()
    strange = {"id": "sub_1", "object": "subscription", "status": "levitating"}
    monkeypatch.setattr(
        stripe.StripeApi, "list_subscriptions", lambda *_: [read_subscription(strange, PLANS)]
    )
    assert publish(shop.functions, RECONCILE) == 200
    assert "billing of tenant acme: cannot be compared" in caplog.text
    assert shop.plan == "free"


@pytest.mark.parametrize("message", [{"job": "dance"}, {"job": None}])
def test_an_unknown_job_is_dropped(message: object, shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    shop.pay()
    assert publish(shop.functions, message) == 200
    assert "a malformed tick message was dropped" in caplog.text
    assert shop.plan == "free"


def test_importing_aggregate_does_not_load_stripe() -> None:
    program = f"""
import runpy, sys
runpy.run_path({str(BY_NAME["aggregate"].source())!r})
print("stripe" in sys.modules, "shared.usecases.billing.reconcile_billing" in sys.modules)
"""
    environment = {
        **os.environ,
        "GWI_STORE": "memory",
        "STRIPE_API_KEY": "sk_test_job",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]
