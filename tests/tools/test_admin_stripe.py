"""The admin tool and Stripe: the catalog it keeps there, the drift it finds and repairs, the billing it shows."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe

from shared.adapters.stripe import StripeApi
from shared.config import load_config
from shared.container import Container
from shared.domain.billing.plan_mapping import catalog_to_sell
from shared.domain.billing.stripe_subscription_shapes import read_subscription
from shared.stores import process_memory
from shared.usecases.billing.start_checkout import Purchase, ReturnPages, start_checkout
from shared.usecases.billing.stripe_changes import EVENT_TYPES
from tests.e2e.subscriber import visit
from tests.plans import PLANS
from tests.tools.admin_calls import CREATE, Capture, failed, memory, run
from tools.admin.__main__ import main
from tools.dev.loopback import free_port, without_proxy
from tools.stripe_double.serving import Served, serving

__all__ = ["memory"]
pytestmark = pytest.mark.usefixtures("memory")

KEY = "sk_test_admin"
SYNC = ("stripe", "sync-catalog")
RECONCILE = ("stripe", "reconcile")
SOLD = [f"created product {product.id}" for product in catalog_to_sell(PLANS)]
PRICES = [
    f"created price {price.lookup_key}" for product in catalog_to_sell(PLANS) for price in product.prices
]
PORTAL = "created portal configuration"


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Stripe without any webhook, named by the environment."""
    for name, value in without_proxy(os.environ).items():
        monkeypatch.setenv(name, value)
    with serving() as served:
        monkeypatch.setenv("STRIPE_API_KEY", KEY)
        monkeypatch.setenv("STRIPE_API_BASE", served.url)
        yield served


@pytest.fixture
def client(double: Served) -> stripe.StripeClient:
    return stripe.StripeClient(KEY, base_addresses={"api": double.url})


def pay(tenant_id: str, plan: str = "starter") -> None:
    """Subscribe on Stripe's page."""
    billing = Container(load_config(os.environ)).billing
    now = datetime.now(UTC)
    purchase = Purchase(tenant_id=tenant_id, plan=plan, interval="month")
    url = start_checkout(billing, ReturnPages("http://localhost", tenant_id), purchase, now)
    assert visit(url, action="pay").status == 303


@pytest.fixture
def acme(double: Served, capsys: Capture) -> str:
    """A tenant that has paid for starter, of which nothing has been heard."""
    run(capsys, *CREATE)
    run(capsys, *SYNC)
    pay("acme")
    return "acme"


def drifted(capture: Capture, *arguments: str) -> dict[str, Any]:
    """Return the output of a reconciliation that leaves something to do."""
    return ended(capture, 1, *arguments)


def ended(capture: Capture, exit_code: int, *arguments: str) -> dict[str, Any]:
    """Return the output of a reconciliation that ends with `exit_code`."""
    code = main(["--json", *RECONCILE, *arguments])
    printed = capture.readouterr()
    assert (code, printed.err) == (exit_code, "")
    answer: dict[str, Any] = json.loads(printed.out)
    return answer


def words(rows: list[dict[str, str]]) -> str:
    return "; ".join(row["what"] for row in rows)


def test_sync_catalog_creates_what_is_sold_and_then_has_nothing_to_do(
    double: Served, capsys: Capture
) -> None:
    first = run(capsys, *SYNC)["changes"]
    # three plans that cost something, each with a product and two prices
    assert len(first) == 3 * (1 + 2) + 1
    assert sorted(first) == sorted([*SOLD, *PRICES, PORTAL])
    assert run(capsys, *SYNC) == {"changes": []}


def test_sync_catalog_repairs_a_product_and_replaces_a_price_that_is_wrong(
    client: stripe.StripeClient, capsys: Capture
) -> None:
    run(capsys, *SYNC)
    client.v1.products.update("gwi_starter", {"name": "Cheap"})
    cheap = client.v1.prices.create(
        {
            "product": "gwi_starter",
            "currency": "usd",
            "unit_amount": 1,
            "recurring": {"interval": "month"},
            "lookup_key": "gwi_starter_month",
            "transfer_lookup_key": True,
        }
    )
    assert run(capsys, *SYNC)["changes"] == [
        "repaired product gwi_starter",
        "replaced price gwi_starter_month",
        "repaired portal configuration",
    ]
    (price,) = client.v1.prices.list({"lookup_keys": ["gwi_starter_month"]}).data
    assert (price.unit_amount, price.id == cheap.id) == (29_00, False)
    assert run(capsys, *SYNC) == {"changes": []}


def test_sync_catalog_makes_the_webhook_endpoint_and_shows_its_secret_once(
    client: stripe.StripeClient, capsys: Capture
) -> None:
    run(capsys, *SYNC)
    url = "https://stripe-webhook.example.com/"
    made = run(capsys, *SYNC, "--webhook-url", url)
    (endpoint,) = client.v1.webhook_endpoints.list().data
    assert made["changes"] == [f"created webhook endpoint {endpoint.id}"]
    assert made["webhook_secret"].startswith("whsec_")
    assert (endpoint.url, endpoint.api_version) == (url, stripe.api_version)
    assert set(endpoint.enabled_events) == set(EVENT_TYPES)
    assert run(capsys, *SYNC, "--webhook-url", url) == {"changes": []}


def test_sync_catalog_repairs_a_webhook_endpoint_and_keeps_what_it_has_besides(
    client: stripe.StripeClient, capsys: Capture
) -> None:
    url = "https://stripe-webhook.example.com/"
    events: Any = ["payout.paid", "customer.deleted"]
    ours = client.v1.webhook_endpoints.create({"url": url, "enabled_events": events})
    other = client.v1.webhook_endpoints.create({"url": "https://example.com/", "enabled_events": events})
    client.v1.webhook_endpoints.update(ours.id, {"disabled": True})
    run(capsys, *SYNC)
    assert run(capsys, *SYNC, "--webhook-url", url) == {"changes": [f"repaired webhook endpoint {ours.id}"]}
    repaired = client.v1.webhook_endpoints.retrieve(ours.id)
    assert (repaired.status, set(repaired.enabled_events)) == ("enabled", {"payout.paid", *EVENT_TYPES})
    assert set(client.v1.webhook_endpoints.retrieve(other.id).enabled_events) == set(events)
    assert run(capsys, *SYNC, "--webhook-url", url) == {"changes": []}


def test_an_endpoint_that_gets_every_event_is_left_as_it_is(
    client: stripe.StripeClient, capsys: Capture
) -> None:
    url = "https://stripe-webhook.example.com/"
    client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
    run(capsys, *SYNC)
    assert run(capsys, *SYNC, "--webhook-url", url) == {"changes": []}


def test_a_webhook_address_that_stripe_refuses_is_named(double: Served, capsys: Capture) -> None:
    assert "Stripe refused the request" in failed(capsys, *SYNC, "--webhook-url", "not an address")


def test_for_people_each_change_is_a_line(double: Served, capsys: Capture) -> None:
    assert main(SYNC) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "changes: 10"
    assert "  - created product gwi_starter" in printed


def test_reconcile_reports_drift_and_changes_nothing(acme: str, capsys: Capture) -> None:
    answer = drifted(capsys)
    assert {row["tenant_id"] for row in answer["drift"]} == {acme}
    assert "plan is free here, starter in Stripe" in words(answer["drift"])
    assert answer["left"] == answer["drift"]
    assert answer["failed"] == []
    assert run(capsys, "tenant", "show", "--id", acme)["tenant"]["plan"] == "free"
    assert drifted(capsys, "--tenant", acme)["drift"] == answer["drift"]


def test_reconcile_repairs_drift_and_then_finds_none(acme: str, capsys: Capture) -> None:
    answer = run(capsys, *RECONCILE, "--repair")
    assert "plan is free here, starter in Stripe" in words(answer["drift"])
    assert "is unknown here, paid" in words(answer["drift"])
    assert answer["left"] == []
    assert run(capsys, *RECONCILE) == {"drift": [], "left": [], "failed": []}
    assert run(capsys, "tenant", "show", "--id", acme)["tenant"]["plan"] == "starter"


def test_a_repair_is_audited_with_its_author_and_reason(acme: str, capsys: Capture) -> None:
    drift = run(capsys, *RECONCILE, "--repair", "--reason", "a webhook was lost")["drift"]
    repairs = [
        (each["actor"].partition(":")[0], each["reason"])
        for each in run(capsys, "audit", "--tenant", acme)["audit"]
        if each["action"] == "billing.repaired"
    ]
    assert sorted(repairs) == sorted(("admin", f"a webhook was lost: {row['what']}") for row in drift)


def test_reconcile_of_one_tenant_leaves_the_others_alone(acme: str, capsys: Capture) -> None:
    run(capsys, "tenant", "create", "--id", "bolt", "--name", "Bolt")
    pay("bolt", "professional")
    assert run(capsys, *RECONCILE, "--repair", "--tenant", "bolt")["left"] == []
    assert {row["tenant_id"] for row in drifted(capsys)["drift"]} == {acme}


def test_drift_that_no_repair_can_mend_ends_with_1(
    acme: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_memory(), "save_billing", lambda _change: None)
    answer = drifted(capsys, "--repair")
    assert answer["left"] == answer["drift"] != []


def test_a_tenant_that_cannot_be_compared_is_named_and_the_others_are_compared(
    acme: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, "tenant", "create", "--id", "bolt", "--name", "Bolt")
    pay("bolt")
    monkeypatch.setattr(StripeApi, "list_subscriptions", strange_for(customer_of(acme)))
    answer = ended(capsys, 2, "--repair")
    assert [row["tenant_id"] for row in answer["failed"]] == [acme]
    assert {row["tenant_id"] for row in answer["drift"]} == {"bolt"}
    assert answer["left"] == []


def customer_of(tenant_id: str) -> str | None:
    read = process_memory().read_account(tenant_id)
    assert read is not None
    return read.account.customer_id


def strange_for(customer_id: str | None) -> Callable[[StripeApi, str], Any]:
    """A Stripe that tells of one customer what nobody understands."""
    list_subscriptions = StripeApi.list_subscriptions

    def listing(api: StripeApi, asked: str) -> Any:
        if asked == customer_id:
            return [read_subscription({"id": "sub_1", "object": "subscription"}, PLANS)]
        return list_subscriptions(api, asked)

    return listing


def test_reconcile_names_a_tenant_that_does_not_exist(double: Served, capsys: Capture) -> None:
    assert failed(capsys, *RECONCILE, "--tenant", "nobody") == "not_found: tenant 'nobody' does not exist\n"


@pytest.mark.parametrize("command", [SYNC, RECONCILE, (*RECONCILE, "--repair")], ids=" ".join)
def test_without_a_key_for_stripe_it_is_said_once(command: tuple[str, ...], capsys: Capture) -> None:
    for tenant_id in ("acme", "bolt"):
        run(capsys, "tenant", "create", "--id", tenant_id, "--name", tenant_id)
    complaint = failed(capsys, *command)
    assert complaint == "billing_not_configured: billing is not set up here: STRIPE_API_KEY is missing\n"


def test_a_stripe_that_is_away_is_named(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.adapters.stripe.MAX_NETWORK_RETRIES", 0)
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    monkeypatch.setenv("STRIPE_API_BASE", f"http://127.0.0.1:{free_port()}")
    assert failed(capsys, *SYNC) == "unavailable: Stripe does not respond\n"


def test_show_has_billing_before_and_after_a_subscription(acme: str, capsys: Capture) -> None:
    before = run(capsys, "tenant", "show", "--id", acme)["billing"]
    assert (before["status"], before["subscription_id"], before["plan_ends_at"]) == ("none", None, None)
    run(capsys, *RECONCILE, "--repair")
    after = run(capsys, "tenant", "show", "--id", acme)["billing"]
    assert (after["status"], after["interval"], after["cancel_at_period_end"]) == ("active", "month", False)
    assert after["customer_id"] == before["customer_id"] == customer_of(acme)
    start, end = (datetime.fromisoformat(after[f"period_{name}"]) for name in ("start", "end"))
    assert timedelta(days=28) <= end - start <= timedelta(days=31)


def test_set_plan_leaves_a_subscriber_to_its_subscription(acme: str, capsys: Capture) -> None:
    run(capsys, *RECONCILE, "--repair")
    complaint = failed(capsys, "tenant", "set-plan", "--id", acme, "--plan", "enterprise")
    assert complaint.startswith("subscription_decides: Stripe subscription sub_")
    assert run(capsys, "tenant", "show", "--id", acme)["tenant"]["plan"] == "starter"


@contextmanager
def ends_with(code: int) -> Iterator[None]:
    with pytest.raises(SystemExit) as ended:
        yield
    assert ended.value.code == code


@pytest.mark.parametrize("wrong", [("stripe",), ("stripe", "sell"), (*RECONCILE, "--tenant")], ids=" ".join)
def test_a_wrong_call_ends_with_2(wrong: tuple[str, ...], capsys: Capture) -> None:
    with ends_with(2):
        main(wrong)
    assert "usage: python -m tools.admin" in capsys.readouterr().err


def test_help_says_what_each_command_about_stripe_does(capsys: Capture) -> None:
    with ends_with(0):
        main(["stripe", "--help"])
    printed = " ".join(capsys.readouterr().out.split())
    assert "create or repair the products and prices of the plans" in printed
    assert "1 if a difference is left" in printed
