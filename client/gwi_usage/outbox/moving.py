"""Moving what waits from one store to another, so that a process that ends leaves nothing in its memory."""

from __future__ import annotations

from gwi_usage.outbox.store import Store


def move(source: Store, target: Store) -> None:
    """Move sealed batches as they are, then events, then ends of runs."""
    with source.transaction() as origin, target.transaction() as copy:
        for row in origin.execute(
            "SELECT id, tenant_id, body, count, attempts FROM batches ORDER BY position"
        ):
            # A batch takes a position in the order of events.
            copy.execute("INSERT INTO waiting (tenant_id, day, tracked_at, event) VALUES ('', '', 0, '')")
            copy.execute("DELETE FROM waiting WHERE position = last_insert_rowid()")
            copy.execute(
                "INSERT INTO batches (position, id, tenant_id, body, count, leased_until, attempts)"
                " VALUES ((SELECT seq FROM sqlite_sequence WHERE name = 'waiting'), ?, ?, ?, ?, 0, ?)",
                row,
            )
        copy.executemany(
            "INSERT INTO waiting (tenant_id, day, tracked_at, event) VALUES (?, ?, ?, ?)",
            origin.execute("SELECT tenant_id, day, tracked_at, event FROM waiting ORDER BY position"),
        )
        copy.executemany(
            "INSERT INTO ends (after, tenant_id, run_id, body, leased_until, attempts)"
            " VALUES (COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'waiting'), 0), ?, ?, ?, 0, ?)",
            origin.execute("SELECT tenant_id, run_id, body, attempts FROM ends ORDER BY position"),
        )
        copy.executemany(
            "INSERT INTO refused (tenant_id, event, code, message, refused_at) VALUES (?, ?, ?, ?, ?)",
            origin.execute(
                "SELECT tenant_id, event, code, message, refused_at FROM refused ORDER BY position"
            ),
        )
        for table in ("batches", "waiting", "ends", "refused"):
            origin.execute(f"DELETE FROM {table}")  # noqa: S608 - names of this file
