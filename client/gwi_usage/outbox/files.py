"""The files of an outbox: the one that was asked for, and a spare beside it where that cannot be read."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from pathlib import Path

from gwi_usage.notices import Notices
from gwi_usage.outbox.store import Store

_RETRY_SECONDS = 5.0


def spare_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.spare")


class Files:
    """Opens files when they are first needed, and again some seconds after one has failed."""

    def __init__(self, path: Path | None, notices: Notices) -> None:
        self._notices = notices
        self._paths = [path, spare_of(path)] if path else []
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
        first = next(iter(self.stores()), None)
        return None if self._is_paused() else first

    def _is_paused(self) -> bool:
        return time.monotonic() < self._try_at

    def _try_to_open(self, path: Path) -> None:
        try:
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
        self._notices.tell("outbox", message)

    def _leave(self, path: Path, error: sqlite3.Error) -> None:
        self._paths.remove(path)
        beside = f"events are kept in {self._paths[-1]}" if self._paths else "events wait in memory"
        message = f"The outbox {path} cannot be read ({error}). It is left as it is; {beside}."
        self._notices.tell(f"outbox {path}", message, logging.ERROR)

    def close(self) -> None:
        with self._lock:
            for store in self._open.values():
                store.close()
            self._open.clear()
