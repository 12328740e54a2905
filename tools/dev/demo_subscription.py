"""Subscribe the demo tenant: it paid on Stripe's page, some weeks ago by Stripe's clock."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

from tools.dev.demo_history import SUBSCRIBED
from tools.dev.errors import StackError
from tools.dev.loopback import Answer, get, post_form, post_json
from tools.dev.settings import DEMO_PAID_PLAN

_ORDER = {"plan": DEMO_PAID_PLAN, "interval": "month"}
_WEBHOOKS_SECONDS = 20
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class DemoTenant:
    """A tenant's id, and the secret of its first key."""

    id: str
    api_key: str


def subscribe(tenant: DemoTenant, ports: Mapping[str, int], now: datetime) -> None:
    """Let the tenant pay 20 days before `now` and return when the webhook has given it the plan.

    Its metering period began then, so the history that is recorded next lies in it. Stripe's clock ends at `now`.
    Raises StackError when a step is refused or no webhook comes.
    """
    path, key = f"/api/v1/tenants/{tenant.id}", {"Authorization": f"Bearer {tenant.api_key}"}
    usage_api, stripe = ports["usage_api"], ports["stripe"]
    _put_clock(stripe, "start", now - SUBSCRIBED)
    page = _content(post_json(usage_api, f"{path}/checkout-sessions", _ORDER, headers=key))["url"]
    paid = post_form(stripe, urlsplit(page).path, {"action": "pay"})
    if paid.status != 303:
        raise StackError(f"Stripe's double answered {paid.status} to the demo tenant's payment")
    _put_clock(stripe, "advance", now)
    _wait_for_plan(usage_api, f"{path}/usage", key)


def _put_clock(stripe_port: int, how: str, to: datetime) -> None:
    _content(post_json(stripe_port, f"/_double/clock/{how}", {"to": int(to.timestamp()) + 1}, headers={}))


def _wait_for_plan(usage_api_port: int, path: str, key: dict[str, str]) -> None:
    deadline = monotonic() + _WEBHOOKS_SECONDS
    while True:
        answer = get(usage_api_port, path, headers=key)
        billing = _content(answer)["billing"] if answer else {}
        if (billing.get("status"), billing.get("plan")) == ("active", DEMO_PAID_PLAN):
            return
        if monotonic() > deadline:
            raise StackError(
                f"no webhook gave the demo tenant its plan within {_WEBHOOKS_SECONDS} s: {billing}"
            )
        sleep(_POLL_SECONDS)


def _content(answer: Answer) -> Any:
    text = answer.body.decode(errors="replace")
    if answer.status != 200:
        raise StackError(f"answer {answer.status} while the demo tenant subscribes:\n{text}")
    return json.loads(text)
