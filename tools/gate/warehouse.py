"""The check of the warehouse: what is recorded comes out of its topic, in rows that its table takes."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from secrets import token_urlsafe
from typing import Any, Final
from uuid import uuid4

from tools.dev.settings import ROOT, WAREHOUSE_TOPIC
from tools.gate.check import Check, eventually, expect
from tools.gate.target import Target, TestTenant, call

SCHEMA_FILE: Final = ROOT / "tools/warehouse/usage_events.json"
SENT_SECONDS = 240
"""An event is sent by a tick that begins two minutes after it was recorded, or later."""
_LARGEST_NUMERIC: Final = Decimal(10) ** 29
_MOST_MESSAGES = 1000
_Row = Mapping[str, Any]


def _warehouse(target: Target) -> str:
    tenant, batch = TestTenant.create(target), f"gwi1.{token_urlsafe(12)}.0"
    sealed = [call(10, id=f"{batch}.{number}") for number in range(2)]
    with _subscription(target) as pull:
        for events in (sealed, [call(5, id="single")]):
            answer = tenant.record(*events)
            expect(answer.get("accepted") == len(events), answer)
        rows: dict[str, _Row] = {}

        def ids() -> list[str]:
            rows.update({row["identity"]: row for row in pull() if row.get("tenant_id") == tenant.id})
            return sorted(rows)

        wanted = sorted([*(str(event["id"]) for event in sealed), "single"])
        eventually(ids, lambda seen: seen == wanted, SENT_SECONDS)
    misfits = [problem for row in rows.values() for problem in misfits_of(row)]
    expect(not misfits, f"the table does not take {misfits}")
    tokens = sum(row["total_tokens"] for row in rows.values())
    expect(tokens == 25, f"{tokens} tokens in the rows")
    return f"{len(rows)} events, 2 of them sealed, in rows of {len(rows['single'])} columns: {tokens} tokens"


def misfits_of(row: _Row) -> list[str]:
    """Return what BigQuery does not take of a row into the table: columns it lacks, and values of another type."""
    columns = {column["name"]: column for column in json.loads(SCHEMA_FILE.read_text())}
    lacking = [f"{name}: missing" for name in columns if name not in row]
    unknown = [f"{name}: no such column" for name in row if name not in columns]
    known = [name for name in columns if name in row]
    return (
        lacking + unknown + [f"{each}: {row[each]!r}" for each in known if not fits(row[each], columns[each])]
    )


def fits(value: object, column: Mapping[str, str]) -> bool:
    """Return whether BigQuery takes a JSON value into a column."""
    if value is None:
        return column["mode"] == "NULLABLE"
    if column["type"] == "INTEGER":
        return isinstance(value, int) and abs(value) < 2**63
    if not isinstance(value, str):
        return False
    match column["type"]:
        case "TIMESTAMP":
            return value.endswith("Z") and datetime.fromisoformat(value).tzinfo is not None
        case "NUMERIC":
            number = Decimal(value)
            return abs(number) < _LARGEST_NUMERIC and number == round(number, 9)
    return column["type"] == "STRING"


@contextmanager
def _subscription(target: Target) -> Iterator[Callable[[], list[_Row]]]:
    """Subscribe to the topic of the local stack; give what pulls the rows that came, and removes them."""
    project = f"http://{target.parts['pubsub']}/v1/projects/{target.parts['project_id']}"
    url, headers = f"{project}/subscriptions/gate-{uuid4().hex[:8]}", {"Content-Type": "application/json"}
    topic = f"projects/{target.parts['project_id']}/topics/{WAREHOUSE_TOPIC}"

    def ask(method: str, path: str, content: object) -> Any:
        answer = target.send(url + path, json.dumps(content).encode(), headers, method=method)
        expect(answer.status == 200, f"Pub/Sub: {answer.status} {answer.content}")
        return answer.content

    def pull() -> list[_Row]:
        wanted = {"maxMessages": _MOST_MESSAGES, "returnImmediately": True}
        received = ask("POST", ":pull", wanted).get("receivedMessages", [])
        if received:
            ask("POST", ":acknowledge", {"ackIds": [each["ackId"] for each in received]})
        return [json.loads(b64decode(each["message"]["data"])) for each in received]

    ask("PUT", "", {"topic": topic})
    try:
        yield pull
    finally:
        target.send(url, method="DELETE")


CHECKS = (
    Check(
        name="warehouse",
        action=f"record sealed and single events, pull their rows from the topic (at most {SENT_SECONDS} s)",
        run=_warehouse,
        needs=("pubsub",),
    ),
)
