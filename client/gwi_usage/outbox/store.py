"""One place where events wait: a SQLite database, which threads and processes may share."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gwi_usage.outbox import claims
from gwi_usage.outbox.batches import Batch, Producer, Refusal, RunEnd, Waiting
from gwi_usage.outbox.database import opened
from gwi_usage.outbox.forks import held


class Store:
    """Keeps events until they are acknowledged; each method raises `sqlite3.Error` where it cannot."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = opened(path)

    def add(self, waiting: Waiting) -> None:
        with self._lock:  # a statement alone is a transaction, and takes a third of the time of three
            self._connected().execute(
                "INSERT INTO waiting (tenant_id, day, tracked_at, event) VALUES (?, ?, ?, ?)",
                (waiting.tenant_id, waiting.day, waiting.tracked_at, waiting.event),
            )

    def add_end(self, end: RunEnd) -> None:
        with self.transaction() as database:
            database.execute(
                "INSERT INTO ends (after, tenant_id, run_id, body, leased_until, attempts)"
                " VALUES (COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'waiting'), 0), ?, ?, ?, 0, ?)",
                (end.tenant_id, end.run_id, end.body, end.attempts),
            )

    def claim_batch(self, producer: Producer, now: float, paused: Collection[str]) -> Batch | None:
        """Lease the oldest batch that nobody is sending, else seal one of the oldest events.

        Sealing last keeps batches large while the service is away.
        """
        with self.transaction() as database:
            return claims.oldest_batch(database, now, paused) or claims.seal(database, producer, now, paused)

    def claim_end(self, now: float, paused: Collection[str]) -> RunEnd | None:
        """Lease the oldest end of a run before which every event of its tenant is acknowledged."""
        with self.transaction() as database:
            return claims.oldest_end(database, now, paused)

    def postpone(self, claimed: Batch | RunEnd, until: float) -> None:
        """Give a lease back, for whoever asks after an instant."""
        with self.transaction() as database:
            table = "batches" if isinstance(claimed, Batch) else "ends"
            name, value = claims.key_of(claimed)
            database.execute(
                f"UPDATE {table} SET leased_until = ? WHERE {name} = ?",  # noqa: S608 - names of this file
                (until, value),
            )

    def settle(self, batch: Batch, refused: Sequence[tuple[str, Refusal]], now: float) -> None:
        """Forget a batch that the service has, and keep aside the events of it that were refused."""
        with self.transaction() as database:
            is_first = database.execute("DELETE FROM batches WHERE id = ?", (batch.id,)).rowcount
            database.executemany(
                "INSERT INTO refused (tenant_id, event, code, message, refused_at) VALUES (?, ?, ?, ?, ?)",
                [
                    (batch.tenant_id, event, refusal.code, refusal.message, now)
                    for event, refusal in refused
                    if is_first
                ],
            )

    def settle_end(self, end: RunEnd) -> None:
        with self.transaction() as database:
            database.execute("DELETE FROM ends WHERE position = ?", (end.position,))

    def pending(self) -> int:
        """Return how many events are not acknowledged."""
        query = "SELECT (SELECT COUNT(*) FROM waiting) + (SELECT COALESCE(SUM(count), 0) FROM batches)"
        return int(self._value(query))

    def is_empty(self) -> bool:
        tables = ("waiting", "batches", "ends")
        query = " OR ".join(f"EXISTS (SELECT 1 FROM {table})" for table in tables)  # noqa: S608 - names of this file
        return not self._value(f"SELECT {query}")

    def keeps_nothing(self) -> bool:
        """Return whether nothing waits, and nothing was refused."""
        return self.is_empty() and not self._value("SELECT EXISTS (SELECT 1 FROM refused)")

    def pending_tenants(self) -> set[str]:
        with self._lock:
            rows = self._connected().execute(
                "SELECT tenant_id FROM waiting UNION SELECT tenant_id FROM batches"
            )
            return {tenant_id for (tenant_id,) in rows}

    def close(self) -> None:
        with self._lock:
            if self._database:
                self._database.close()

    @contextmanager
    def unused(self) -> Iterator[None]:
        """Keep the file closed, and every thread out of it, until the block ends: for a fork.

        With a file that is open, SQLite in a child takes the parent's locks for its own. Then the parent,
        as the last to close it, deletes the log to which the child writes.
        """
        with held(self._lock) as is_held:
            if is_held and self.path and self._database:
                self._database.close()
                self._database = None
            yield

    def _connected(self) -> sqlite3.Connection:
        if self._database is None:
            self._database = opened(self.path)
        return self._database

    def _value(self, query: str) -> float:
        with self._lock:
            value: float = self._connected().execute(query).fetchone()[0]
            return value

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run statements that take effect together, and alone among all processes."""
        with self._lock:
            database = self._connected()
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:  # a full disk has rolled back already
                    database.execute("ROLLBACK")
                raise
