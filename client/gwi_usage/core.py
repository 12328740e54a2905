"""The parts that the meter and its runs share: the outbox, its delivery, and the connection to the service."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import time
import weakref
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, timezone
from typing import Any, TypeVar

from gwi_usage import exchanges
from gwi_usage.delivery import Delivery
from gwi_usage.events import encoded, instant
from gwi_usage.exchanges import Exchange
from gwi_usage.notices import Harmless, Notices
from gwi_usage.outbox.batches import RunEnd, Waiting
from gwi_usage.outbox.outbox import Outbox
from gwi_usage.settings import Settings
from gwi_usage.transport import Transport
from gwi_usage.triggers import Trigger

Result = TypeVar("Result")
_CLOCK_SECONDS = 1.0


class Core:
    """Keeps events, and sends them in the calls of the agent: it has no threads of its own."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.notices = settings, Notices()
        self.outbox = Outbox(settings.outbox, self.notices)
        self._delivery = Delivery(self.outbox, self.notices)
        self._transport = Transport(settings.key, settings.url, settings.timeout)
        self._tasks: set[asyncio.Task[None]] = set()
        self._trigger = Trigger(settings.send_events, settings.send_seconds)
        self._last = datetime.now(timezone.utc)
        _OPEN.add(self)
        _ALL.add(self)

    def keep(self, event: Mapping[str, Any]) -> None:
        """Write an event to the outbox, and send if enough of them wait or one waits long enough."""
        _OPEN.add(self)  # again, if it was closed
        now = self._now()
        ts = instant(event.get("ts"), now)
        stated = {**event, "ts": ts.isoformat()}
        if stated.pop("id", None) is not None:
            self.notices.log("id", "An event has an id of its own, which is not sent: use request_id.")
        tenant_id = str(stated.pop("tenant_id", None) or "")
        self.outbox.add(
            Waiting(
                tenant_id=tenant_id,
                day=ts.date().isoformat(),
                tracked_at=now.timestamp(),
                event=encoded(stated),
            )
        )
        if self._trigger.is_due_after_another():
            self._send_here()

    def end_run(self, end: RunEnd) -> None:
        self.outbox.add_end(end)

    def run(self, exchange: Exchange[Result]) -> Result:
        return exchanges.run(exchange, self._transport.send)

    async def run_async(self, exchange: Exchange[Result]) -> Result:
        async with self._transport.sending() as send:
            return await exchanges.run_async(exchange, send)

    def sending(self) -> Exchange[bool]:
        """Return one round of sending, which waits for nothing but answers."""
        self._trigger.begin()
        return self._delivery.round(time.monotonic() + self.settings.timeout)

    def sending_all(self, timeout: float) -> Exchange[bool]:
        self._trigger.begin()
        return self._delivery.rounds(time.monotonic() + timeout)

    def harmless(self, action: str) -> Harmless:
        return Harmless(action, self.notices, raises=self.settings.raises)

    def close(self, timeout: float) -> None:
        with self.harmless("close"):
            self.run(self.sending_all(timeout))
        self._close()

    async def close_async(self, timeout: float) -> None:
        with self.harmless("close"):
            await self.run_async(self.sending_all(timeout))
        self._close()

    def _close(self) -> None:
        """Close files and connections, which are opened again if something comes later."""
        self.outbox.close()
        self._transport.close()
        _OPEN.discard(self)

    def _now(self) -> datetime:
        """Read the clock, and log when it has gone back: events keep the times that it says."""
        now = datetime.now(timezone.utc)
        if (behind := (self._last - now).total_seconds()) > _CLOCK_SECONDS:
            self.notices.log(
                "clock", f"The clock went back by {behind:.0f} s; events have the times that it says."
            )
        self._last = now
        return now

    def _send_here(self) -> None:
        """Send in a task where an event loop runs, which must not wait, else in this call."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.run(self.sending())
            return
        if not any(task.get_loop() is loop for task in self._tasks):
            task = loop.create_task(self._send_in_task())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send_in_task(self) -> None:
        with self.harmless("send"):
            await self.run_async(self.sending())

    def begin_again_after_fork(self) -> object:
        inherited = (self.outbox.begin_again_after_fork(), self._transport.begin_again_after_fork())
        self._tasks = set()
        self._trigger.begin()
        self.notices.begin()
        return inherited


_OPEN: set[Core] = set()
"""Closed when the process ends, even if the agent has forgotten to: memory may have events."""
_ALL: weakref.WeakSet[Core] = weakref.WeakSet()
_INHERITED: list[object] = []
"""Connections of a parent, which the garbage collector must not close in a child."""

_FORKING = threading.local()
"""The outboxes that the fork of a thread keeps unused."""


def _close_all() -> None:
    for core in list(_OPEN):
        core.close(core.settings.timeout)


def _begin_fork() -> None:
    _FORKING.outboxes = ExitStack()
    for core in list(_ALL):
        _FORKING.outboxes.enter_context(core.outbox.unused())


def _end_fork() -> None:
    _FORKING.outboxes.close()


def _begin_again() -> None:
    _end_fork()
    _INHERITED.extend(core.begin_again_after_fork() for core in list(_ALL))


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_begin_fork, after_in_parent=_end_fork, after_in_child=_begin_again)
