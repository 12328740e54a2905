"""The demo tenant: created with the admin tool, filled through the real HTTP endpoint."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from tools.dev.admin_calls import Admin
from tools.dev.demo_events import demo_events
from tools.dev.errors import StackError
from tools.dev.loopback import post_json
from tools.dev.settings import DEMO_PLAN, DEMO_TENANT

CREATE = ("tenant", "create", "--id", DEMO_TENANT, "--name", "Demo", "--plan", DEMO_PLAN)
BATCH_EVENTS = 40


class Tenant(NamedTuple):
    """A tenant and the secret of its first key."""

    id: str
    api_key: str


def create_demo_tenant(admin: Admin) -> Tenant:
    """Create the demo tenant; raise StackError with the admin tool's complaint."""
    answer = admin(CREATE)
    return Tenant(answer["tenant"]["id"], answer["api_key"])


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


def _batches(events: Sequence[dict[str, object]]) -> Iterator[Sequence[dict[str, object]]]:
    return (events[start : start + BATCH_EVENTS] for start in range(0, len(events), BATCH_EVENTS))
