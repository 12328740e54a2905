"""Function to compare with: one raw commit of an event and its counter for each request, and nothing else."""

import os
from datetime import UTC, datetime
from functools import cache

import functions_framework
from flask import Request

from shared.adapters.firestore.encoding import Write, increment
from shared.adapters.firestore.paths import hashed_id
from shared.adapters.firestore.rpc import FirestoreRpc, open_channel
from shared.domain.ledger.counters import Totals
from shared.domain.ledger.periods import day_key

_AMOUNTS: Totals = {
    "calls": 1,
    "input_tokens": 1,
    "output_tokens": 1,
    "total_tokens": 1,
    "latency_ms": 1,
    "cost_nanousd": 1,
}


@cache
def _rpc() -> FirestoreRpc:
    """Made on the first request, as a channel must not exist before the server has forked."""
    channel = open_channel(os.environ["FIRESTORE_EMULATOR_HOST"])
    return FirestoreRpc(os.environ["GOOGLE_CLOUD_PROJECT"], lambda: channel, is_emulator=True)


@functions_framework.http
def bare(request: Request) -> str:
    """Entry point."""
    if request.method == "GET":
        return "ready"
    event = request.get_json()["events"][0]
    tenant = f"{_rpc().documents}/tenants/bare"
    create = Write()
    create.current_document.exists = False
    create.update.name = f"{tenant}/events/{hashed_id(event['id'])}"
    for name in ("id", "ts", "category", "provider", "model", "status"):
        create.update.fields[name].string_value = event[name]
    count = Write()
    count.update.name = f"{tenant}/counters/{day_key(datetime.now(UTC).date())}.0"
    for path in ("totals", "cells.series"):
        increment(count, path, _AMOUNTS)
    _rpc().commit([create, count])
    return "ok"
