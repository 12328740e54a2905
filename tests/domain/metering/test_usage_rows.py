"""The rows of the warehouse fit its schema, and what the documentation tells to ask of them works."""

import json
import re
import sqlite3
from datetime import timedelta
from typing import Any

import pytest
from pydantic_core import to_json

from shared.domain.ledger.counters import METRICS
from shared.domain.metering.corrected_events import with_corrections
from shared.domain.metering.corrections import Correction
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.usage_rows import RecordedUsage, row_of, table_schema
from shared.domain.prices.costs import EventCost
from tests.sample_events import CALL, NOON, costing, llm_call, mark
from tests.tools.documents import page
from tools.dev.settings import ROOT
from tools.gate.warehouse import fits

FOLDER = ROOT / "tools/warehouse"
SCHEMA = json.loads((FOLDER / "usage_events.json").read_text())
FULL = costing(
    llm_call("full", run_id="r1"), EventCost("incomplete", 1, "provider", ("usage.seconds",), 2)
)._replace(user_id="ann", tags={"team": "search"}, metadata_json='{"prompt": "secret"}', key="f" * 64)
EVENTS = (
    FULL,
    llm_call("plain"),
    mark("end", "r1", "failed"),
    costing(llm_call("free"), EventCost("unknown")),
)
VOIDED = Correction(
    identity="plain",
    ts=NOON,
    run_id=None,
    state="voided",
    reason="wrong",
    by="ada",
    at=NOON,
    revision=1,
    counted={},
)
"""BigQuery's NUMERIC has 29 digits before the point and 9 behind it."""


def message_of(event: RecordedEvent) -> dict[str, Any]:
    """Return the content of the message, as a subscription reads it."""
    usage = RecordedUsage(tenant_id="acme", recorded_at=NOON, event=event)
    content: dict[str, Any] = json.loads(to_json(usage.row))
    return content


def test_the_schema_that_is_handed_out_is_that_of_the_rows() -> None:
    assert table_schema() == SCHEMA


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.id)
def test_each_message_fits_the_schema(event: RecordedEvent) -> None:
    message = message_of(event)
    columns = {column["name"]: column for column in SCHEMA}
    assert list(message) == list(columns)
    assert {name: value for name, value in message.items() if not fits(value, columns[name])} == {}


def test_what_does_not_fit_is_found() -> None:
    columns = {column["name"]: column for column in SCHEMA}
    wrong = {"tenant_id": None, "ts": "2026-11-20T12:00:00", "calls": "1", "cost_usd": "0.0000000001"}
    assert [name for name, value in wrong.items() if fits(value, columns[name])] == []


def test_a_row_has_the_amounts_that_its_event_adds_to_the_usage() -> None:
    row = row_of(llm_call("plain"))
    amounts = {metric: row[metric] for metric in METRICS if row.get(metric)}
    assert {**amounts, "cost_nanousd": 72_000} == CALL
    assert row["cost_usd"] == "0.000072"


def test_a_cost_that_is_not_known_is_null() -> None:
    row = row_of(EVENTS[-1])
    assert (row["cost_usd"], row["cost_status"], row["unpriced_calls"]) == (None, "unknown", 1)


def test_a_row_of_a_void_event_adds_nothing() -> None:
    (event,) = with_corrections([EVENTS[1]], {"plain": VOIDED})
    row = row_of(event)
    assert (row["correction"], row["cost_usd"]) == ("voided", "0.00")
    assert {row[metric] for metric in METRICS if metric in row} == {0}


def test_a_row_has_no_metadata() -> None:
    assert "secret" not in json.dumps(message_of(FULL))


@pytest.fixture
def warehouse() -> sqlite3.Connection:
    """A table of each event twice, and the view: these statements are the same in BigQuery's SQL and SQLite's."""
    database = sqlite3.connect(":memory:")
    names = ", ".join(f"{column['name']} {column['type']}" for column in SCHEMA)
    database.execute(f"CREATE TABLE `usage.usage_events` ({names})")
    places = ", ".join("?" for _ in SCHEMA)
    rows = [tuple(message_of(event).values()) for event in (*EVENTS, *EVENTS)]
    database.executemany(f"INSERT INTO `usage.usage_events` VALUES ({places})", rows)
    # A void is the same event again, later and with nothing to count.
    (again,) = with_corrections([EVENTS[1]], {"plain": VOIDED})
    later = RecordedUsage(tenant_id="acme", recorded_at=NOON + timedelta(hours=1), event=again)
    database.execute(f"INSERT INTO `usage.usage_events` VALUES ({places})", tuple(later.row.values()))
    database.execute((FOLDER / "usage.sql").read_text())
    return database


def test_the_view_has_each_event_once(warehouse: sqlite3.Connection) -> None:
    ids = warehouse.execute("SELECT id FROM `usage.usage_once` ORDER BY id").fetchall()
    assert ids == [(each,) for each in sorted(event.id for event in EVENTS)]


def test_the_queries_of_the_documentation_answer(warehouse: sqlite3.Connection) -> None:
    (text,) = [text for language, text in page("exports").blocks if language == "sql"]
    by_day, by_user, failed = (
        warehouse.execute(query).fetchall() for query in re.split(r";\n", text) if query.strip()
    )
    (_, provider, model, cost, unpriced, incomplete), *_ = by_day
    assert (provider, model, unpriced, incomplete) == ("openai", "gpt-4.1-mini", 1, 1)
    assert round(cost * 10**9) == 1, "of the void event, nothing"
    assert [user for user, *_ in by_user] == ["ann", None]
    assert [run for run, *_ in failed] == ["r1"]
