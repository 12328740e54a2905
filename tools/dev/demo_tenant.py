"""The demo tenant and its user: made with the admin tool, filled and subscribed through the real HTTP interfaces."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tools.dev.admin_calls import Admin
from tools.dev.auth_emulator import create_user
from tools.dev.demo_events import Event
from tools.dev.demo_history import demo_events
from tools.dev.demo_subscription import DemoTenant, subscribe
from tools.dev.errors import StackError
from tools.dev.local_stripe import SYNC_CATALOG
from tools.dev.loopback import post_json
from tools.dev.settings import DEMO_EMAIL, DEMO_PAID_PLAN, DEMO_PASSWORD, DEMO_PLAN, DEMO_TENANT

CREATE = ("tenant", "create", "--id", DEMO_TENANT, "--name", "Demo", "--plan", DEMO_PLAN)
JOIN = ("member", "add", "--tenant", DEMO_TENANT, "--email", DEMO_EMAIL, "--role", "owner")
BATCH_EVENTS = 500


@dataclass(frozen=True)
class Demo:
    """The demo tenant, its plan, and the number of its events."""

    tenant: DemoTenant
    plan: str
    events: int


def make_demo(admin: Admin, ports: Mapping[str, int], now: datetime, *, with_history: bool) -> Demo:
    """Make the tenant and, with history, its subscription and its events; StackError on a refusal."""
    created = admin(CREATE)
    tenant = DemoTenant(created["tenant"]["id"], created["api_key"])
    admin(SYNC_CATALOG)
    if not with_history:
        return Demo(tenant, DEMO_PLAN, 0)
    subscribe(tenant, ports, now)
    events = send_demo_events(ports["record_usage"], tenant.api_key, now)
    return Demo(tenant, DEMO_PAID_PLAN, events)


def make_owner(admin: Admin, auth_port: int) -> Mapping[str, str]:
    """Make a user who owns the demo tenant, return how to sign in; StackError on a refusal."""
    create_user(auth_port, email=DEMO_EMAIL, password=DEMO_PASSWORD, name="Demo Owner")
    admin(JOIN)
    return {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}


def send_demo_events(record_usage_port: int, api_key: str, now: datetime) -> int:
    """Send the demo events in a few batches, return how many were accepted; raise StackError on a refusal."""
    accepted = 0
    for batch in _batches(demo_events(now)):
        answer = post_json(
            record_usage_port, "/v1/events", batch, headers={"Authorization": f"Bearer {api_key}"}
        )
        text = answer.body.decode(errors="replace")
        if answer.status != 200 or (result := json.loads(text))["rejected"]:
            raise StackError(f"record_usage answered {answer.status} to the demo events:\n{text}")
        accepted += result["accepted"]
    return accepted


def _batches(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    return (events[start : start + BATCH_EVENTS] for start in range(0, len(events), BATCH_EVENTS))
