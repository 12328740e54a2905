"""The life of a stack, whatever it runs on: fill it, announce it, tick, watch, until asked to stop."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import monotonic

from tools.dev.admin_calls import Admin
from tools.dev.demo_tenant import Tenant, create_demo_tenant, send_demo_events
from tools.dev.errors import StackError, StoppedError
from tools.dev.local_stripe import SYNC_CATALOG
from tools.dev.settings import PROJECT_ID, STACK_FILE, TICK_SECONDS, TICK_TOPIC
from tools.dev.stack_file import banner, published

_WATCH_SECONDS = 0.2


@dataclass(frozen=True)
class Stack:
    """A stack whose parts all answer.

    `parts` maps each part to its address (URLs of functions and Stripe, `host:port` of emulators), `secrets` are
    what the stack file tells besides; `failure` says why the stack cannot go on, None while it can.
    """

    parts: Mapping[str, str]
    ports: Mapping[str, int]
    admin: Admin
    tick: Callable[[], None]
    failure: Callable[[], str | None]
    secrets: Mapping[str, str]


def run(stack: Stack, stop: Event, *, folder: Path, with_demo_events: bool, started_at: float) -> None:
    """Make the demo tenant, announce the stack in `folder`/stack.json and on the terminal, keep it ticking.

    Raises StoppedError when `stop` is set and StackError when a part fails; `started_at` is monotonic.
    """
    with _naming_the_dead(stack):
        tenant = create_demo_tenant(stack.admin)
        if "stripe" in stack.parts:
            stack.admin(SYNC_CATALOG)
        events = _record_demo(stack, tenant) if with_demo_events else 0
        stack.tick()
        if stop.is_set():
            raise StoppedError
        entries = {"project_id": PROJECT_ID, **stack.parts, "tick_topic": TICK_TOPIC}
        entries |= {"tenant_id": tenant.id, "api_key": tenant.api_key, **stack.secrets}
        with published(entries, folder / STACK_FILE):
            seconds = round(monotonic() - started_at)
            print(banner(entries, folder, events=events, seconds=seconds), flush=True)
            _keep_ticking(stack, stop)


@contextmanager
def _naming_the_dead(stack: Stack) -> Iterator[None]:
    """A part that has ended explains an error better than whoever did not reach it."""
    try:
        yield
    except StackError as error:
        raise StackError(stack.failure() or str(error)) from error


def _record_demo(stack: Stack, tenant: Tenant) -> int:
    port = stack.ports.get("record_usage")
    return send_demo_events(port, tenant.api_key, datetime.now(UTC)) if port else 0


def _keep_ticking(stack: Stack, stop: Event) -> None:
    next_tick = monotonic() + TICK_SECONDS
    while not stop.wait(_WATCH_SECONDS):
        if failure := stack.failure():
            raise StackError(failure)
        if monotonic() >= next_tick:
            stack.tick()
            next_tick = monotonic() + TICK_SECONDS
    raise StoppedError
