"""Leases: batches and ends of runs are leased to one process at a time, the oldest first."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from gwi_usage.outbox.batches import MAX_EVENTS, Batch, Producer, RunEnd, fitting, sealed

LEASE_SECONDS = 60.0
"""Longer than a request may take, so that a batch is sent twice only after a process has died."""

_DUE = (
    # A lease that ends later than any can was given by a clock that was ahead.
    "(leased_until <= :now OR leased_until > :longest)"
    " AND tenant_id NOT IN (SELECT value FROM json_each(:paused))"
)


def key_of(claimed: Batch | RunEnd) -> tuple[str, str | int]:
    return ("id", claimed.id) if isinstance(claimed, Batch) else ("position", claimed.position)


def oldest_batch(database: sqlite3.Connection, now: float, paused: Collection[str]) -> Batch | None:
    row = database.execute(
        f"SELECT id, tenant_id, body, count, attempts FROM batches WHERE {_DUE} ORDER BY position LIMIT 1",  # noqa: S608
        _due(now, paused),
    ).fetchone()
    if row is None:
        return None
    database.execute(
        "UPDATE batches SET leased_until = ?, attempts = attempts + 1 WHERE id = ?",
        (now + LEASE_SECONDS, row[0]),
    )
    return Batch(id=row[0], tenant_id=row[1], body=row[2], count=row[3], attempts=row[4] + 1)


def seal(
    database: sqlite3.Connection, producer: Producer, now: float, paused: Collection[str]
) -> Batch | None:
    """Make a batch of the oldest events of a tenant and a day, and lease it."""
    oldest = database.execute(
        "SELECT tenant_id, day FROM waiting WHERE tenant_id NOT IN (SELECT value FROM json_each(?))"
        " ORDER BY position LIMIT 1",
        (json.dumps(list(paused)),),
    ).fetchone()
    if oldest is None:
        return None
    rows = database.execute(
        "SELECT position, event FROM waiting WHERE tenant_id = ? AND day = ? ORDER BY position LIMIT ?",
        (*oldest, MAX_EVENTS),
    ).fetchall()
    taken = rows[: fitting([event for _, event in rows])]
    batch_id = producer.next_batch_id()
    body = sealed(batch_id, [event for _, event in taken])
    batch = Batch(id=batch_id, tenant_id=oldest[0], body=body, count=len(taken), attempts=1)
    database.execute(
        "INSERT INTO batches (position, id, tenant_id, body, count, leased_until, attempts)"
        " VALUES (?, ?, ?, ?, ?, ?, 1)",
        (taken[0][0], batch.id, batch.tenant_id, batch.body, batch.count, now + LEASE_SECONDS),
    )
    database.executemany("DELETE FROM waiting WHERE position = ?", [(position,) for position, _ in taken])
    return batch


def oldest_end(database: sqlite3.Connection, now: float, paused: Collection[str]) -> RunEnd | None:
    row = database.execute(
        f"SELECT position, tenant_id, run_id, body, attempts FROM ends WHERE {_DUE} AND NOT EXISTS"  # noqa: S608
        " (SELECT 1 FROM waiting WHERE waiting.tenant_id = ends.tenant_id AND waiting.position <= ends.after)"
        " AND NOT EXISTS"
        " (SELECT 1 FROM batches WHERE batches.tenant_id = ends.tenant_id AND batches.position <= ends.after)"
        " ORDER BY position LIMIT 1",
        _due(now, paused),
    ).fetchone()
    if row is None:
        return None
    database.execute(
        "UPDATE ends SET leased_until = ?, attempts = attempts + 1 WHERE position = ?",
        (now + LEASE_SECONDS, row[0]),
    )
    return RunEnd(position=row[0], tenant_id=row[1], run_id=row[2], body=row[3], attempts=row[4] + 1)


def _due(now: float, paused: Collection[str]) -> dict[str, object]:
    return {"now": now, "longest": now + LEASE_SECONDS, "paused": json.dumps(list(paused))}
