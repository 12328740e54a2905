"""The outbox of a process: a file while it can be written, and memory while it cannot."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from gwi_usage.notices import Notices
from gwi_usage.outbox.batches import Batch, Producer, Refusal, RunEnd, Waiting
from gwi_usage.outbox.files import Files
from gwi_usage.outbox.forks import held
from gwi_usage.outbox.moving import move
from gwi_usage.outbox.store import Store

Result = TypeVar("Result")


@dataclass(frozen=True)
class Claimed:
    """A batch or an end of a run that this process is to send, and the store that has it."""

    store: Store
    item: Batch | RunEnd


class Outbox:
    """Keeps events in a file, or in memory without a path and while the file fails. Raises no `sqlite3.Error`."""

    def __init__(self, path: Path | None, notices: Notices) -> None:
        self._path, self._notices = path, notices
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._producer = Producer()
        self._memory: Store | None = None
        self._files = Files(self._path, self._notices)

    def add(self, waiting: Waiting) -> None:
        self._write(lambda store: store.add(waiting))

    def add_end(self, end: RunEnd) -> None:
        self._write(lambda store: store.add_end(end))

    def claim(self, paused: Collection[str]) -> Claimed | None:
        """Lease the oldest batch, or the end of a run of which every event is acknowledged."""
        now = time.time()
        stores = self._stores()
        for store in stores:
            if batch := self._ask(store, lambda s: s.claim_batch(self._producer, now, paused), None):
                return Claimed(store, batch)
        for store in stores:
            elsewhere = {tenant for other in stores if other is not store for tenant in self._tenants(other)}
            if end := self._ask(store, lambda s, t=elsewhere: s.claim_end(now, {*paused, *t}), None):  # type: ignore[misc]
                return Claimed(store, end)
        return None

    def postpone(self, claimed: Claimed, seconds: float) -> None:
        self._ask(claimed.store, lambda store: store.postpone(claimed.item, time.time() + seconds), None)

    def settle(self, claimed: Claimed, refused: Sequence[tuple[str, Refusal]] = ()) -> None:
        """Forget what the service has answered. Where that fails it is sent again, which counts nothing twice."""
        item = claimed.item
        if isinstance(item, RunEnd):
            self._ask(claimed.store, lambda store: store.settle_end(item), None)
        else:
            self._ask(claimed.store, lambda store: store.settle(item, refused, time.time()), None)

    def pending(self) -> int:
        return sum(self._ask(store, Store.pending, 0) for store in self._stores())

    def is_empty(self) -> bool:
        return all(self._ask(store, Store.is_empty, True) for store in self._stores())

    def close(self) -> None:
        """Move what memory still has into a file."""
        with self._lock:
            if memory := self._memory:
                self._empty(memory)
                memory.close()
                self._memory = None
        self._files.close()

    def _empty(self, memory: Store) -> None:
        for file in [] if memory.keeps_nothing() else self._files.last_resorts():
            self._ask(file, lambda file: move(memory, file), None)
            if memory.keeps_nothing():
                self._tell_refuge(file)
                return
        if left := memory.pending():
            message = f"{left} events were not sent and no file keeps them: they are lost with this process."
            self._notices.log("lost", message, logging.ERROR)

    def _tell_refuge(self, file: Store) -> None:
        if file.path != self._path:
            message = f"Events that were not sent are in {file.path}, from which the next process sends them."
            self._notices.log("refuge", message)

    def _stores(self) -> list[Store]:
        return [*self._files.stores(), *([self._memory] if self._memory else [])]

    def _tenants(self, store: Store) -> Collection[str]:
        return self._ask(store, Store.pending_tenants, set())

    def _write(self, write: Callable[[Store], None]) -> None:
        def is_written(store: Store) -> bool:
            write(store)
            return True

        file = self._files.writable()
        if file is None or not self._ask(file, is_written, False):
            with self._lock:  # nobody closes it meanwhile
                self._memory = self._memory or Store(None)
                write(self._memory)

    def _ask(self, store: Store, ask: Callable[[Store], Result], otherwise: Result) -> Result:
        try:
            return ask(store)
        except sqlite3.Error as error:
            self._files.fail(store, error)
            return otherwise

    @contextmanager
    def unused(self) -> Iterator[None]:
        """Keep every thread out of the outbox, and its files closed, until the block ends: for a fork."""
        with held(self._lock), self._files.unused(), self._memory.unused() if self._memory else nullcontext():
            yield

    def begin_again_after_fork(self) -> object:
        """Seal under a name of the child's own, and leave what waits in memory to the parent.

        Return the parent's connections, which are not to be closed here.
        """
        inherited = (self._memory, self._files)
        self._begin()
        return inherited
