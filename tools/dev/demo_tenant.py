"""The demo tenant and its user: made with the admin tool, filled and subscribed through the real HTTP interfaces."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.people.keys import PLATFORM_SCOPES
from tools.dev.auth_emulator import create_user
from tools.dev.demo_events import Event
from tools.dev.demo_history import demo_events
from tools.dev.demo_subscription import DemoTenant, subscribe
from tools.dev.errors import StackError
from tools.dev.local_stripe import SYNC_CATALOG
from tools.dev.settings import DEMO_EMAIL, DEMO_PAID_PLAN, DEMO_PASSWORD, DEMO_PLAN, DEMO_TENANT
from tools.dev.stack_access import StackAccess

CREATE = ("tenant", "create", "--id", DEMO_TENANT, "--name", "Demo", "--plan", DEMO_PLAN)
CREATE_KEY = ("key", "create", "--tenant", DEMO_TENANT, "--label", "demo")
CREATE_PLATFORM_KEY = (
    *("platform-key", "create", "--label", "demo"),
    *(word for scope in PLATFORM_SCOPES for word in ("--scope", scope)),
)
SCOPES = (
    *("--scope", "usage:write", "--scope", "limits:read"),
    *("--scope", "usage:read", "--scope", "billing:write"),
)
"""The demo's key also reads usage and buys a plan, which the first key of a tenant cannot."""
JOIN = ("member", "add", "--tenant", DEMO_TENANT, "--email", DEMO_EMAIL, "--role", "owner")
BATCH_EVENTS = 500


@dataclass(frozen=True)
class Demo:
    """The demo tenant, its plan, and the number of its events; and a key for all tenants."""

    tenant: DemoTenant
    platform_key: str
    plan: str
    events: int


def make_demo(stack: StackAccess, now: datetime, *, with_history: bool) -> Demo:
    """Make the tenant and, with history, its subscription and its events; StackError on a refusal."""
    created = stack.run_admin(CREATE)
    key = stack.run_admin((*CREATE_KEY, *SCOPES))
    tenant = DemoTenant(created["tenant"]["id"], key["api_key"])
    platform_key = stack.run_admin(CREATE_PLATFORM_KEY)["api_key"]
    stack.run_admin(SYNC_CATALOG)
    if not with_history:
        return Demo(tenant, platform_key, DEMO_PLAN, 0)
    subscribe(stack, tenant, now)
    return Demo(tenant, platform_key, DEMO_PAID_PLAN, send_demo_events(stack, tenant.api_key, now))


def make_owner(stack: StackAccess) -> Mapping[str, str]:
    """Make a user who owns the demo tenant, return how to sign in; StackError on a refusal."""
    create_user(stack.ports["auth"], email=DEMO_EMAIL, password=DEMO_PASSWORD, name="Demo Owner")
    stack.run_admin(JOIN)
    return {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}


def send_demo_events(stack: StackAccess, api_key: str, now: datetime) -> int:
    """Send the demo events in a few batches, return how many are recorded; raise StackError on a refusal.

    A batch that was recorded although its answer was a 503 comes back as duplicates.
    """
    recorded = 0
    for batch in _batches(demo_events(now)):
        result = stack.post(("record_usage", "/v1/events"), batch, api_key)
        if result["rejected"]:
            raise StackError(f"record_usage rejected demo events: {result['rejected']}")
        recorded += result["accepted"] + result["duplicates"]
    return recorded


def _batches(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    return (events[start : start + BATCH_EVENTS] for start in range(0, len(events), BATCH_EVENTS))
