"""The metering event, as agents state it and as it is sent."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any, Literal, TypedDict

_MAX_DEPTH = 50
_SURROGATE = "\\ud"
Category = Literal["llm", "tool", "storage", "compute", "other"]


class Event(TypedDict, total=False):
    """The fields of `POST /v1/events`; only `id` is missing, which the client gives."""

    tenant_id: str
    ts: datetime
    category: Category
    provider: str
    model: str
    tokens: Mapping[str, int]
    response: Mapping[str, Any]
    response_stream: list[Any] | str
    response_format: str
    units: Mapping[str, int | float | Decimal | str]
    service_tier: Literal["standard", "flex", "priority", "batch"]
    latency_ms: int
    cost_usd_estimate: Decimal | str
    user_id: str
    run_id: str
    parent_run_id: str
    workflow_id: str
    request_id: str
    tags: Mapping[str, str]
    status: Literal["ok", "error", "started", "completed", "failed"]
    kind: str
    metadata: Mapping[str, Any]


def encoded(event: Mapping[str, object]) -> str:
    """Return the JSON text of an event; what JSON cannot express becomes text, so that no event is lost."""
    try:
        text = json.dumps(event, separators=(",", ":"), default=_plain, allow_nan=False)
    except (ValueError, RecursionError):
        text = json.dumps(_sendable(event), separators=(",", ":"))
    return json.dumps(_sendable(json.loads(text)), separators=(",", ":")) if _SURROGATE in text else text


def _plain(value: object) -> object:
    """Make JSON of what an agent may put into an event: exact decimals, instants, and anything else as text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)


def _sendable(value: object, depth: int = 0) -> object:
    """Replace infinite numbers, halves of characters, and what is nested too deep or in itself."""
    if depth > _MAX_DEPTH:
        return "…"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {str(_sendable(str(name))): _sendable(each, depth + 1) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_sendable(each, depth + 1) for each in value]
    return value if value is None or isinstance(value, bool | int | float) else _plain(value)


def instant(value: object, now: datetime) -> datetime:
    """Return the time of an event in UTC; a time without a zone is local, as everywhere in Python."""
    stated = datetime.fromisoformat(value.replace("Z", "+00:00")) if isinstance(value, str) else value
    return (stated if isinstance(stated, datetime) else now).astimezone(timezone.utc)
