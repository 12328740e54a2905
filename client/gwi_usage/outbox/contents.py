"""The contents of an outbox, for people: shown, exported, and tried again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from gwi_usage.outbox.store import Store


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The numbers of an outbox."""

    waiting: int
    batches: int
    in_batches: int
    ends: int
    refused: int
    oldest: datetime | None


def summary(store: Store) -> Summary:
    with store.transaction() as database:
        numbers = database.execute(
            "SELECT (SELECT COUNT(*) FROM waiting), (SELECT COUNT(*) FROM batches),"
            " (SELECT COALESCE(SUM(count), 0) FROM batches), (SELECT COUNT(*) FROM ends),"
            " (SELECT COUNT(*) FROM refused), (SELECT MIN(tracked_at) FROM waiting)"
        ).fetchone()
    waiting, batches, in_batches, ends, refused, oldest = numbers
    return Summary(
        waiting=waiting,
        batches=batches,
        in_batches=in_batches,
        ends=ends,
        refused=refused,
        oldest=oldest and datetime.fromtimestamp(oldest, timezone.utc),
    )


def reasons(store: Store) -> list[tuple[str, str, int]]:
    """Return the code and the message of each refusal, and how many events have it."""
    with store.transaction() as database:
        rows = database.execute(
            "SELECT code, message, COUNT(*) FROM refused GROUP BY code, message ORDER BY 3 DESC"
        )
        return [(code, message, number) for code, message, number in rows]


def exported(store: Store) -> Iterator[dict[str, Any]]:
    """Yield each event with its state, in the order of the outbox; sealed ones have their ids."""
    with store.transaction() as database:
        batches = database.execute("SELECT tenant_id, body FROM batches ORDER BY position").fetchall()
        waiting = database.execute("SELECT tenant_id, event FROM waiting ORDER BY position").fetchall()
        refused = database.execute(
            "SELECT tenant_id, event, code, message FROM refused ORDER BY position"
        ).fetchall()
    for tenant_id, body in batches:
        for event in json.loads(body):
            yield _line("sealed", tenant_id, event)
    for tenant_id, event in waiting:
        yield _line("waiting", tenant_id, json.loads(event))
    for tenant_id, event, code, message in refused:
        yield {**_line("refused", tenant_id, json.loads(event)), "code": code, "message": message}


def try_refused_again(store: Store) -> int:
    """Let refused events wait again, to be sealed under new ids: none of them was ever recorded."""
    with store.transaction() as database:
        rows = database.execute(
            "SELECT tenant_id, refused_at, event FROM refused ORDER BY position"
        ).fetchall()
        database.executemany(
            "INSERT INTO waiting (tenant_id, day, tracked_at, event) VALUES (?, ?, ?, ?)",
            [(tenant_id, _day(event), refused_at, event) for tenant_id, refused_at, event in rows],
        )
        database.execute("DELETE FROM refused")
    return len(rows)


def _line(state: str, tenant_id: str, event: dict[str, Any]) -> dict[str, Any]:
    return {"state": state, **({"tenant_id": tenant_id} if tenant_id else {}), "event": event}


def _day(event: str) -> str:
    return str(json.loads(event)["ts"])[:10]
