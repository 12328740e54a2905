"""The demo tenant: created with the admin tool, filled through the real HTTP endpoint."""

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from tools.dev.demo_events import demo_events
from tools.dev.errors import StackError
from tools.dev.loopback import post_json
from tools.dev.settings import DEMO_PLAN, DEMO_TENANT, ROOT

CREATE = ("--json", "tenant", "create", "--id", DEMO_TENANT, "--name", "Demo", "--plan", DEMO_PLAN)
BATCH_EVENTS = 40
_TIMEOUT_SECONDS = 60


class Tenant(NamedTuple):
    """A tenant and the secret of its first key."""

    id: str
    api_key: str


def create_by_command(environment: Mapping[str, str]) -> Tenant:
    """Create the demo tenant with the admin tool's command; raise StackError with its complaint."""
    # Its own session: a Ctrl-C is for the stack, which lets this one second of work end.
    done = subprocess.run(
        [sys.executable, "-m", "tools.admin", *CREATE],
        capture_output=True,
        text=True,
        check=False,
        env=dict(environment),
        cwd=ROOT,
        timeout=_TIMEOUT_SECONDS,
        start_new_session=True,
    )
    if done.returncode:
        raise StackError(f"tools.admin could not create the demo tenant:\n{done.stderr or done.stdout}")
    return _tenant(done.stdout)


def create_in_process(admin: Callable[[Sequence[str]], int | None]) -> Tenant:
    """Create the demo tenant with the admin tool's main function, in the store of this process."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        code = admin(CREATE)
    if code:
        raise StackError(f"tools.admin could not create the demo tenant:\n{output.getvalue()}")
    return _tenant(output.getvalue())


def _tenant(output: str) -> Tenant:
    answer = json.loads(output)
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
