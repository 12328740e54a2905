"""Checks of Stripe: payment, webhooks, limits, the portal, invoices; and of the messages to a tenant."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from time import time
from urllib.parse import urlencode, urlsplit

from standardwebhooks import Webhook, WebhookVerificationError

from tools.dev.loopback import HOST
from tools.dev.tick import push_tick
from tools.gate.check import Check, eventually, expect
from tools.gate.target import Answer, Target, TestTenant, call
from tools.stripe_double.delivery import signature_header

_DELIVERY_SECONDS = 60
_EVENT = {"object": "event", "type": "plan.created", "livemode": False, "api_version": "2026-10-28.endive"}
_EVENT |= {"data": {"object": {"id": "plan_gate", "object": "plan"}}}


def _order(target: Target, tenant: TestTenant) -> tuple[dict[str, object], str]:
    """Return the smallest plan that is sold, and the page on which to pay for it."""
    plan = next(each for each in target.api("GET", "plans")["plans"] if not each["is_free"])
    return plan, tenant.ask("checkout-sessions", {"plan": plan["id"], "interval": "month"})["url"]


def _press(target: Target, page: str, action: str) -> Answer:
    """Press a button of a page of Stripe's double, as a browser does."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return target.send(page, urlencode({"action": action}).encode(), form)


def _subscribe(target: Target, tenant: TestTenant) -> dict[str, object]:
    """Pay, wait for the webhook, and return the plan."""
    plan, page = _order(target, tenant)
    paid = _press(target, page, "pay")
    expect(paid.status == 303, f"the payment page answered {paid.status}")
    eventually(
        lambda: tenant.read()["billing"],
        lambda seen: (seen["status"], seen["plan"]) == ("active", plan["id"]),
        _DELIVERY_SECONDS,
    )
    return plan


def _checkout(target: Target) -> str:
    tenant = TestTenant.create(target)
    plan, page = _order(target, tenant)
    shown = target.send(page)
    expect(shown.status == 200 and str(plan["name"]) in shown.content, f"the page of {page}: {shown.status}")
    unknown = target.ask_api(
        "POST", f"tenants/{tenant.id}/checkout-sessions", {"plan": "none", "interval": "month"}
    ).status
    expect(unknown == 422, f"an unknown plan: {unknown}")
    billing = tenant.read()["billing"]
    expect((billing["status"], billing["plan"]) == ("none", "free"), f"without a payment: {billing}")
    return f"a page that sells {plan['name']}; nothing changes before it is paid; an unknown plan 422"


def _webhook_limits(target: Target) -> str:
    tenant = TestTenant.create(target)
    free = int(tenant.read()["limits"]["tokens"])
    expect(tenant.check(tokens=free + 1)["allowed"] is False, "a free tenant may use more than its plan has")
    plan = _subscribe(target, tenant)
    allowed = tenant.check(tokens=free + 1)
    expect(allowed["allowed"] is True, f"after the payment: {allowed}")
    left = allowed["status"]["tokens_remaining"]
    expect(left == plan["tokens_per_period"], f"{left} tokens on {plan['name']}")
    aggregate, now = tenant.read()["aggregate"], datetime.now(UTC)
    start = datetime.fromisoformat(aggregate["period_start"])
    expect(start == now.replace(minute=0, second=0, microsecond=0), f"the paid period began {start}")
    return f"{free} tokens, then {plan['name']}: {left}; its period began {start:%Y-%m-%d %H:%M} UTC"


def _portal(target: Target) -> str:
    tenant = TestTenant.create(target)
    without = target.ask_api("POST", f"tenants/{tenant.id}/portal-sessions", {}).status
    expect(without == 409, f"without a subscription: {without}")
    _subscribe(target, tenant)
    page = tenant.ask("portal-sessions", {})["url"]
    shown = target.send(page)
    expect(shown.status == 200, f"{page} answered {shown.status}")
    return "409 without a customer; a page of the portal with one"


def _invoices(target: Target) -> str:
    tenant = TestTenant.create(target)
    plan = _subscribe(target, tenant)
    invoices = eventually(lambda: tenant.read("invoices")["invoices"], bool, _DELIVERY_SECONDS)
    found = [(each["status"], each["total"]) for each in invoices]
    cents = round(float(str(plan["usd_monthly"])) * 100)
    eventually(
        lambda: [(each["status"], each["total"]) for each in tenant.read("invoices")["invoices"]],
        lambda seen: seen == [("paid", cents)],
        _DELIVERY_SECONDS,
    )
    return f"{len(found)} invoice, paid, {cents} cents"


def _signature(target: Target) -> str:
    event = {**_EVENT, "id": f"evt_gate_{int(time() * 1000)}", "created": int(time())}
    body, seen = json.dumps(event).encode(), []
    for secret in (target.parts["stripe_webhook_secret"], "whsec_of_somebody_else"):
        headers = {"Stripe-Signature": signature_header(body, secret, int(time()))}
        headers["Content-Type"] = "application/json"
        seen.append(target.send(f"{target.parts['stripe_webhook']}/", body, headers).status)
    expect(seen == [200, 400], f"right and wrong signature: {seen}")
    return "a signed event 200, one signed with another secret 400"


def _alerts(target: Target) -> str:
    tenant = TestTenant.create(target, tokens=1_000)
    with _receiver() as (url, received):
        endpoint = tenant.ask("alert-endpoints", {"url": url})
        tenant.record(call(900))
        port = urlsplit(target.parts["aggregate"]).port or 0
        push_tick(port, json.dumps({"tenants": [tenant.id]}).encode(), datetime.now(UTC))
        eventually(lambda: received, bool, _DELIVERY_SECONDS)
    body, headers = received[0]
    try:
        message = Webhook(endpoint["secret"]).verify(body, headers)
    except WebhookVerificationError as error:
        message = {"type": f"not signed as it should be: {error}"}
    expect(message["type"] == "limit.warning", message["type"])
    expect(message["data"]["tenant_id"] == tenant.id, message)
    return f"900 of 1000 tokens: {message['type']}, signed; {message['data']['text']}"


@contextmanager
def _receiver() -> Iterator[tuple[str, list[tuple[bytes, dict[str, str]]]]]:
    """Give the address of a server that keeps what is posted to it."""
    received: list[tuple[bytes, dict[str, str]]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(
                (self.rfile.read(int(self.headers["Content-Length"])), dict(self.headers.items()))
            )
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = HTTPServer((HOST, 0), Receiver)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{HOST}:{server.server_port}/", received
    finally:
        server.shutdown()
        server.server_close()


CHECKS = (
    Check(
        name="webhook signature",
        action="post a signed event, and one signed by somebody else",
        run=_signature,
        needs=("stripe_webhook", "stripe_webhook_secret"),
        smoke=True,
    ),
    Check(name="checkout", action="order a plan and open the page", run=_checkout, needs=("stripe",)),
    Check(
        name="webhook to limits",
        action="pay, wait for the webhook, check more than the free plan has",
        run=_webhook_limits,
        needs=("stripe",),
        smoke=True,
    ),
    Check(name="portal", action="open the portal before and after a payment", run=_portal, needs=("stripe",)),
    Check(name="invoices", action="pay, list the invoices", run=_invoices, needs=("stripe",), smoke=True),
    Check(
        name="alerts",
        action="register a webhook endpoint and cross 80 % of a limit",
        run=_alerts,
        needs=("stripe", "aggregate"),
    ),
)
