"""The files of an outbox: the one that was asked for, and two spares where that one cannot be used."""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gwi_usage.notices import Notices
from gwi_usage.outbox.forks import held
from gwi_usage.outbox.store import Store

_RETRY_SECONDS = 5.0


def files_of(path: Path) -> list[Path]:
    """Return the files that may hold events of an outbox, in the order in which they are tried."""
    return [path, spare_of(path), temporary_of(path)]


def spare_of(path: Path) -> Path:
    """Return the file beside an outbox that takes its place."""
    return path.with_name(f"{path.name}.spare")


def temporary_of(path: Path) -> Path:
    """Return the file for the end of a process that can write to no file in the outbox's folder."""
    name = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"gwi-usage-{_user()}" / f"{name}.sqlite"


def _user() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0


def _require_own(folder: Path) -> None:
    """Raise if a folder belongs to another user: anyone may make one in the folder for temporary files."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise sqlite3.OperationalError(str(error)) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != _user():
        raise sqlite3.OperationalError(f"{folder} belongs to another user")


class Files:
    """Opens files when they are first needed, and again some seconds after one has failed."""

    def __init__(self, path: Path | None, notices: Notices) -> None:
        self._notices = notices
        self._paths = files_of(path) if path else []
        self._temporary = self._paths[-1] if path else None
        self._open: dict[Path, Store] = {}
        self._try_at = 0.0
        self._lock = threading.Lock()

    def stores(self) -> list[Store]:
        """Return the stores that are open, or can be opened now."""
        with self._lock:
            for path in list(self._paths):
                is_wanted = not self._open or path.exists()
                if path not in self._open and is_wanted and not self._is_paused():
                    self._try_to_open(path)
            return list(self._open.values())

    def writable(self) -> Store | None:
        """Return the store to write to; None for some seconds after one has failed."""
        if self._is_paused():
            return None
        # Opened once; only who sends looks for the files that others have left.
        first = next(iter(list(self._open.values()) or self.stores()), None)
        return None if self._is_paused() else first

    def last_resorts(self) -> Iterator[Store]:
        """Yield each store that can be opened, whether it has failed or not: the process ends."""
        for path in list(self._paths):
            with self._lock:
                if path not in self._open:
                    self._try_to_open(path)
                store = self._open.get(path)
            if store:
                yield store

    def _is_paused(self) -> bool:
        return time.monotonic() < self._try_at

    def _try_to_open(self, path: Path) -> None:
        try:
            if path == self._temporary:
                _require_own(path.parent)
            self._open[path] = Store(path)
        except sqlite3.OperationalError as error:
            self._pause(path, error)
        except sqlite3.DatabaseError as error:
            self._leave(path, error)

    def fail(self, store: Store, error: sqlite3.Error) -> None:
        """Keep off the files for some seconds; leave a file that cannot be read alone for good."""
        with self._lock:
            path = next((path for path, each in self._open.items() if each is store), None)
            if path is None:
                return
            if isinstance(error, sqlite3.OperationalError):
                self._pause(path, error)
            else:
                self._open.pop(path).close()
                self._leave(path, error)

    def _pause(self, path: Path, error: sqlite3.Error) -> None:
        self._try_at = time.monotonic() + _RETRY_SECONDS
        message = (
            f"The outbox {path} cannot be used ({error}); events wait in memory and are sent from there."
        )
        self._notices.log("outbox", message)

    def _leave(self, path: Path, error: sqlite3.Error) -> None:
        self._paths.remove(path)
        beside = f"events are kept in {self._paths[0]}" if self._paths else "events wait in memory"
        message = f"The outbox {path} cannot be read ({error}). It is left as it is; {beside}."
        self._notices.log(f"outbox {path}", message, logging.ERROR)

    @contextmanager
    def unused(self) -> Iterator[None]:
        """Keep the files closed until the block ends: for a fork."""
        with held(self._lock), ExitStack() as stack:
            for store in list(self._open.values()):
                stack.enter_context(store.unused())
            yield

    def close(self) -> None:
        with self._lock:
            for store in self._open.values():
                store.close()
            self._open.clear()
