"""Subscribe the demo tenant: it paid on Stripe's page, some weeks ago by Stripe's clock."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from tools.dev.demo_history import SUBSCRIBED
from tools.dev.errors import OverloadedError, StackError
from tools.dev.loopback import get, json_of, post_form
from tools.dev.settings import DEMO_PAID_PLAN
from tools.dev.stack_access import StackAccess

_ORDER = {"plan": DEMO_PAID_PLAN, "interval": "month"}


@dataclass(frozen=True)
class DemoTenant:
    """A tenant's id, and the secret of its key."""

    id: str
    api_key: str


def subscribe(stack: StackAccess, tenant: DemoTenant, now: datetime) -> None:
    """Let the tenant pay 20 days before `now` and return when the webhook has given it the plan.

    Its metering period began then, so the history that is recorded next lies in it. Stripe's clock ends at `now`.
    Raises StackError when a step is refused or no webhook comes.
    """
    path = f"/api/v1/tenants/{tenant.id}"
    _put_clock(stack, "start", now - SUBSCRIBED)
    page = stack.post(("usage_api", f"{path}/checkout-sessions"), _ORDER, tenant.api_key)["url"]
    paid = post_form(stack.ports["stripe"], urlsplit(page).path, {"action": "pay"})
    if paid.status != 303:
        raise StackError(f"Stripe's double answered {paid.status} to the demo tenant's payment")
    _put_clock(stack, "advance", now)
    stack.retries(lambda: _require_plan(stack, tenant, f"{path}/usage"))


def _put_clock(stack: StackAccess, how: str, to: datetime) -> None:
    stack.post(("stripe", f"/_double/clock/{how}"), {"to": int(to.timestamp()) + 1})


def _require_plan(stack: StackAccess, tenant: DemoTenant, path: str) -> None:
    """Return once the plan is there; raise OverloadedError while its webhook has not been handled."""
    answer = get(stack.ports["usage_api"], path, headers={"Authorization": f"Bearer {tenant.api_key}"})
    billing = json_of(answer, "the demo tenant subscribes")["billing"] if answer else {}
    if (billing.get("status"), billing.get("plan")) != ("active", DEMO_PAID_PLAN):
        raise OverloadedError(f"no webhook gave the demo tenant its plan: {billing}")
