"""Handling a webhook: its RPCs, counted at the channel of the real adapter."""

import http.client
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

import grpc

from shared.adapters.default_plans import default_plans
from shared.adapters.firestore import FirestoreBillingStore, FirestoreRpc
from shared.adapters.firestore.rpc import open_channel
from shared.adapters.stripe import StripeApi
from shared.domain.billing.entitlements import DEFAULT_GRACE
from shared.domain.billing.plan_mapping import catalog_to_sell
from shared.usecases.billing.apply_stripe_event import apply_stripe_event
from shared.usecases.billing.billing_dependencies import BillingDependencies
from shared.usecases.billing.start_checkout import Purchase, ReturnPages, start_checkout
from shared.usecases.billing.stripe_changes import read_stripe_event
from tools.bench.counting import OperationCounter, Operations
from tools.bench.report import Measure, at_most
from tools.bench.served import TENANT_ID, create_bench_tenant
from tools.dev.emulators import firestore_emulator
from tools.dev.loopback import without_proxy
from tools.dev.settings import PROJECT_ID, STRIPE_API_KEY
from tools.stripe_double.serving import Served, serving

_MEASURED = ("customer.subscription.created", "invoice.paid", "checkout.session.completed")

Event = Mapping[str, object]


def measure() -> Iterator[Measure]:
    """Buy a subscription from Stripe's double, and handle its events."""
    os.environ.update(without_proxy(os.environ))
    with firestore_emulator() as host, open_channel(host) as channel, serving() as double:
        create_bench_tenant(host)
        counter = OperationCounter()
        rpc = FirestoreRpc(PROJECT_ID, lambda: grpc.intercept_channel(channel, counter), is_emulator=True)
        billing = BillingDependencies(
            FirestoreBillingStore(rpc),
            StripeApi(STRIPE_API_KEY, double.url, default_plans),
            DEFAULT_GRACE,
            default_plans,
        )
        templates = _bought(billing, double)
        yield from _operations(billing, counter, templates)


def _bought(billing: BillingDependencies, double: Served) -> list[Event]:
    """Subscribe the bench tenant and return Stripe's events."""
    billing.stripe.sync_catalog(catalog_to_sell(default_plans()))
    now = datetime.now(UTC)
    purchase = Purchase(tenant_id=TENANT_ID, plan="starter", interval="month")
    url = start_checkout(billing, ReturnPages("http://localhost", TENANT_ID), purchase, now)
    _pay(url)
    with double.account.lock:
        events = list(double.account.objects["event"].values())
    return [next(event for event in events if event["type"] == kind) for kind in _MEASURED]


def _pay(url: str) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", parts.path, "action=pay", headers)
    if (status := connection.getresponse().status) != http.client.SEE_OTHER:
        raise RuntimeError(f"Stripe's double answered {status} to a payment")
    connection.close()


def _operations(
    billing: BillingDependencies, counter: OperationCounter, templates: list[Event]
) -> Iterator[Measure]:
    """Measure the first event of each kind, and its repetition."""
    for template in templates:
        first, again = (_handled(billing, counter, template) for _ in range(2))
        name = str(template["type"]).replace(".", "_")
        words = f"{first.reads} reads, {first.writes} writes; sent again {again.rpcs} RPC"
        yield Measure(f"webhook_rpcs_{name}", first.rpcs, "RPCs", at_most(3), words)


def _handled(billing: BillingDependencies, counter: OperationCounter, event: Event) -> Operations:
    read = read_stripe_event(event, default_plans())
    return counter.of(lambda: apply_stripe_event(billing, read, datetime.now(UTC)))
