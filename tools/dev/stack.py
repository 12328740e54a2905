"""The life of a stack, whatever it runs on: fill it, announce it, tick, watch, until asked to stop."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from time import monotonic
from typing import Any

from tools.dev.admin_calls import Admin
from tools.dev.demo_tenant import make_demo, make_owner
from tools.dev.errors import OverloadedError, StackError, StoppedError
from tools.dev.launch import Launch
from tools.dev.settings import PROJECT_ID, STACK_FILE, TICK_SECONDS, TICK_TOPIC
from tools.dev.stack_access import StackAccess
from tools.dev.stack_file import banner, published

_WATCH_SECONDS = 0.2
_RECONCILE_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack whose functions answer; `complete` returns when the other parts do too.

    `parts` maps each part to its address (URLs of functions, Stripe, mail and the web app, `host:port` of emulators),
    `ports` those that are asked for the demo's sake to their ports; `secrets` are what the stack file has
    besides; `failure` says why the stack cannot go on, None while it can.
    """

    parts: Mapping[str, str]
    ports: Mapping[str, int]
    admin: Admin
    complete: Callable[[], None]
    tick: Callable[[], None]
    reconcile: Callable[[], None]
    failure: Callable[[], str | None]
    secrets: Mapping[str, str]


def run(stack: Stack, launch: Launch) -> None:
    """Make the demo tenant and its owner, announce the stack by stack.json and a banner, keep it ticking.

    Raises StoppedError when the launch is stopped and StackError when a part fails.
    """
    access = StackAccess(admin=stack.admin, ports=stack.ports, retries=launch.retries)
    with _naming_the_dead(stack):
        demo = make_demo(access, datetime.now(UTC), with_history=launch.with_history)
        launch.progress.ready("the demo tenant")
        launch.retries(stack.tick)
        stack.complete()
        user = make_owner(access) if "auth" in stack.ports else None
        if launch.stop.is_set():
            raise StoppedError
        entries: dict[str, Any] = {"project_id": PROJECT_ID, **stack.parts, "tick_topic": TICK_TOPIC}
        entries |= {"tenant_id": demo.tenant.id, "api_key": demo.tenant.api_key}
        entries |= {"platform_key": demo.platform_key, **stack.secrets}
        entries |= {"user": user} if user else {}
        with published(entries, launch.folder / STACK_FILE):
            print(banner(entries, demo, launch.folder, seconds=launch.progress.seconds), flush=True)
            _keep_ticking(stack, launch.stop)


@contextmanager
def _naming_the_dead(stack: Stack) -> Iterator[None]:
    """Raise the error of a part that has ended, which explains more than the error of its caller."""
    try:
        yield
    except StackError as error:
        raise StackError(stack.failure() or str(error)) from error


def _keep_ticking(stack: Stack, stop: Event) -> None:
    next_tick, next_reconciliation = monotonic() + TICK_SECONDS, monotonic()
    while not stop.wait(_WATCH_SECONDS):
        if failure := stack.failure():
            raise StackError(failure)
        if monotonic() >= next_tick:
            _skip_when_overloaded(stack.tick)
            next_tick = monotonic() + TICK_SECONDS
        if monotonic() >= next_reconciliation and "stripe" in stack.parts:
            _skip_when_overloaded(stack.reconcile)
            next_reconciliation = monotonic() + _RECONCILE_SECONDS
    raise StoppedError


def _skip_when_overloaded(send: Callable[[], None]) -> None:
    """Leave out a message that a busy machine does not take: the next one does the same work."""
    try:
        send()
    except OverloadedError as error:
        print(f"A tick was left out: {error}", flush=True)
