"""Function to compare with: parses the JSON and writes the same documents with the stock client."""

import json
import os
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import functions_framework
from flask import Request
from google.cloud.firestore_v1 import Client

from shared.domain.ledger.counters import Cell, Series, Totals, add
from shared.domain.metering.deltas import DayDelta
from shared.domain.metering.runs import Run
from tools.bench.stock import EventWrites, stock_batch, stock_client

_RETENTION = timedelta(days=90)


@cache
def _client() -> Client:
    """Made on the first request, as a channel must not exist before the server has forked."""
    return stock_client(os.environ["GOOGLE_CLOUD_PROJECT"])


@functions_framework.http
def stock(request: Request) -> dict[str, int]:
    """Entry point."""
    if request.method == "GET":
        return {"ready": 1}
    events = json.loads(request.get_data())["events"]
    documents = {event["id"]: _document(event) for event in events}
    writes = EventWrites(documents, _days(events), _runs(events))
    stock_batch(_client(), "stock", writes, datetime.now(UTC)).commit()
    return {"accepted": len(events)}


def _document(event: dict[str, Any]) -> dict[str, object]:
    """Return the fields that record_usage stores; its price and fingerprint are made up, as they are not compared."""
    ts = datetime.fromisoformat(event["ts"])
    document = {**event, "ts": ts, "expire_at": ts + _RETENTION, "fingerprint": "f" * 32}
    if "tokens" in event:
        document |= {"tokens": _tokens(event), "cost_nanousd": 950_000, "price_source": "catalog/0.0.0"}
    return document


def _days(events: Iterable[dict[str, Any]]) -> dict[date, DayDelta]:
    days: dict[date, DayDelta] = {}
    for event in events:
        ts = datetime.fromisoformat(event["ts"])
        delta = days.setdefault(ts.date(), DayDelta({}, set()))
        cell = Cell(ts.hour, Series(event["provider"], event["model"]))
        add(delta.cells.setdefault(cell, {}), _amounts(event))
        if "run_id" in event:
            delta.run_hours.add(ts.hour)
    return days


def _runs(events: Iterable[dict[str, Any]]) -> dict[str, Run]:
    runs: dict[str, Run] = {}
    for event in events:
        if run_id := event.get("run_id"):
            ts = datetime.fromisoformat(event["ts"])
            runs.setdefault(run_id, Run(id=run_id, began_at=ts, last_at=ts)).merge(
                Run(id=run_id, began_at=ts, last_at=ts, totals=_amounts(event))
            )
    return runs


def _amounts(event: dict[str, Any]) -> Totals:
    amounts: Totals = {"calls": 1, "latency_ms": event["latency_ms"]}
    if "tokens" in event:
        amounts |= {**_tokens(event), "cost_nanousd": 950_000}
    return amounts


def _tokens(event: dict[str, Any]) -> Totals:
    tokens: Totals = event["tokens"]
    return {**tokens, "total_tokens": tokens["input_tokens"] + tokens["output_tokens"]}
