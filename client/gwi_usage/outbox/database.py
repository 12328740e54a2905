"""The SQLite database of an outbox: how it is opened, and what its tables are."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

VERSION = 1
_BUSY_SECONDS = 0.5
_OPENING_SECONDS = 3.0
_SCHEMA = """
CREATE TABLE waiting (position INTEGER PRIMARY KEY AUTOINCREMENT, tenant_id TEXT NOT NULL, day TEXT NOT NULL,
                      tracked_at REAL NOT NULL, event TEXT NOT NULL);
CREATE INDEX waiting_by_day ON waiting (tenant_id, day, position);
CREATE TABLE batches (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, tenant_id TEXT NOT NULL,
                      body TEXT NOT NULL, count INTEGER NOT NULL, leased_until REAL NOT NULL,
                      attempts INTEGER NOT NULL);
CREATE TABLE ends (position INTEGER PRIMARY KEY AUTOINCREMENT, after INTEGER NOT NULL, tenant_id TEXT NOT NULL,
                   run_id TEXT NOT NULL, body TEXT NOT NULL, leased_until REAL NOT NULL, attempts INTEGER NOT NULL);
CREATE TABLE refused (position INTEGER PRIMARY KEY AUTOINCREMENT, tenant_id TEXT NOT NULL, event TEXT NOT NULL,
                      code TEXT NOT NULL, message TEXT NOT NULL, refused_at REAL NOT NULL)
"""


class NewerOutbox(sqlite3.DatabaseError):
    """An outbox that a newer version of this package has written."""


def opened(path: Path | None) -> sqlite3.Connection:
    """Open an outbox, in memory without a path; raise `sqlite3.Error` if it cannot be read and written."""
    if path:
        _create(path)
    database = sqlite3.connect(
        path or ":memory:", timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        _patiently_prepared(database)
    except BaseException:
        database.close()
        raise
    return database


def _create(path: Path) -> None:
    """Create the file for its owner alone: events show who worked on what."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():  # closing a file drops the locks that this process has on it
            path.touch(mode=0o600)
    except OSError as error:
        raise sqlite3.OperationalError(str(error)) from error


def _patiently_prepared(database: sqlite3.Connection) -> None:
    """Prepare the database; SQLite does not wait for others that change the journal mode at the same time."""
    until = time.monotonic() + _OPENING_SECONDS
    while not _is_prepared(database, is_last=time.monotonic() > until):
        time.sleep(0.02)


def _is_prepared(database: sqlite3.Connection, *, is_last: bool) -> bool:
    try:
        _prepare(database)
    except sqlite3.OperationalError as error:
        if is_last or "locked" not in str(error):
            raise
        return False
    return True


def _prepare(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA journal_mode = WAL")
    # Survives the death of the process; a power cut may take the last instants.
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("PRAGMA wal_autocheckpoint = 4000")  # 16 MB: a checkpoint takes milliseconds
    database.execute("BEGIN IMMEDIATE")
    try:
        _bring_up_to_date(database)
    finally:
        database.execute("COMMIT")


def _bring_up_to_date(database: sqlite3.Connection) -> None:
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise NewerOutbox(f"it has version {version}, and this package reads up to {VERSION}")
    if version == 0:
        for statement in _SCHEMA.split(";"):
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {VERSION}")
