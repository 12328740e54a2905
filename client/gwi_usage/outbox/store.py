"""One place where events wait: a SQLite database, which several processes may share."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gwi_usage.outbox.batches import MAX_EVENTS, Batch, Producer, fitting, sealed

VERSION = 1
LEASE_SECONDS = 60.0
_BUSY_SECONDS = 0.25
_SCHEMA = f"""
CREATE TABLE waiting (position INTEGER PRIMARY KEY AUTOINCREMENT, tenant_id TEXT NOT NULL, day TEXT NOT NULL,
                      tracked_at REAL NOT NULL, event TEXT NOT NULL);
CREATE INDEX waiting_by_day ON waiting (tenant_id, day, position);
CREATE TABLE batches (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, tenant_id TEXT NOT NULL,
                      body TEXT NOT NULL, count INTEGER NOT NULL, leased_until REAL NOT NULL,
                      attempts INTEGER NOT NULL DEFAULT 0);
CREATE TABLE refused (position INTEGER PRIMARY KEY AUTOINCREMENT, tenant_id TEXT NOT NULL, event TEXT NOT NULL,
                      code TEXT NOT NULL, message TEXT NOT NULL, refused_at REAL NOT NULL);
PRAGMA user_version = {VERSION};
"""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An event that is not sealed yet; the tenant is empty where the key names it."""

    tenant_id: str
    day: str
    tracked_at: float
    event: str


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An event that the service will never take, and why."""

    index: int
    code: str
    message: str


class Store:
    """Keeps events until they are acknowledged; raises `sqlite3.Error` where it cannot."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(
            path or ":memory:", timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        with self._transaction() as run:
            if run.execute("PRAGMA user_version").fetchone()[0] == 0:
                for statement in _SCHEMA.split(";"):
                    run.execute(statement)

    def add(self, waiting: Waiting) -> None:
        with self._transaction() as run:
            run.execute(
                "INSERT INTO waiting (tenant_id, day, tracked_at, event) VALUES (?, ?, ?, ?)",
                (waiting.tenant_id, waiting.day, waiting.tracked_at, waiting.event),
            )

    def claim(self, producer: Producer, now: float) -> Batch | None:
        """Lease the oldest batch that no process is sending, or seal one of the oldest events."""
        with self._transaction() as run:
            row = run.execute(
                "SELECT id, tenant_id, body, count, attempts FROM batches"
                " WHERE leased_until <= ? OR leased_until > ? ORDER BY position LIMIT 1",
                (now, now + LEASE_SECONDS),  # a lease from a clock that was ahead is none
            ).fetchone()
            if row is None:
                return _seal(run, producer, now)
            run.execute(
                "UPDATE batches SET leased_until = ?, attempts = attempts + 1 WHERE id = ?",
                (now + LEASE_SECONDS, row[0]),
            )
            return Batch(id=row[0], tenant_id=row[1], body=row[2], count=row[3], attempts=row[4] + 1)

    def release(self, batch: Batch) -> None:
        with self._transaction() as run:
            run.execute("UPDATE batches SET leased_until = 0 WHERE id = ?", (batch.id,))

    def acknowledge(self, batch: Batch, refused: Sequence[tuple[str, Refusal]], now: float) -> None:
        """Forget a batch that the service has, and keep what it refused aside."""
        with self._transaction() as run:
            deleted = run.execute("DELETE FROM batches WHERE id = ?", (batch.id,)).rowcount
            for event, refusal in refused if deleted else ():
                run.execute(
                    "INSERT INTO refused (tenant_id, event, code, message, refused_at) VALUES (?, ?, ?, ?, ?)",
                    (batch.tenant_id, event, refusal.code, refusal.message, now),
                )

    def pending(self) -> int:
        with self._lock:
            query = "SELECT (SELECT COUNT(*) FROM waiting) + (SELECT COALESCE(SUM(count), 0) FROM batches)"
            return int(self._database.execute(query).fetchone()[0])

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


def _seal(run: sqlite3.Connection, producer: Producer, now: float) -> Batch | None:
    oldest = run.execute("SELECT tenant_id, day FROM waiting ORDER BY position LIMIT 1").fetchone()
    if oldest is None:
        return None
    rows = run.execute(
        "SELECT position, event FROM waiting WHERE tenant_id = ? AND day = ? ORDER BY position LIMIT ?",
        (*oldest, MAX_EVENTS),
    ).fetchall()
    rows = rows[: fitting([event for _, event in rows])]
    batch_id = producer.next_batch_id()
    batch = Batch(
        id=batch_id,
        tenant_id=oldest[0],
        body=sealed(batch_id, [event for _, event in rows]),
        count=len(rows),
        attempts=1,
    )
    run.execute(
        "INSERT INTO batches (position, id, tenant_id, body, count, leased_until, attempts)"
        " VALUES (?, ?, ?, ?, ?, ?, 1)",
        (rows[0][0], batch.id, batch.tenant_id, batch.body, batch.count, now + LEASE_SECONDS),
    )
    run.executemany("DELETE FROM waiting WHERE position = ?", [(position,) for position, _ in rows])
    return batch
