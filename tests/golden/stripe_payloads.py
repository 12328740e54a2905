"""Build Stripe's events from golden cases: a whole object of one API version, and the changes of each event."""

import json
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

SHAPES = ("acacia", "basil", "endive")

_CASES = Path(__file__).with_name("cases")


def read_cases(name: str) -> Any:
    """Return the content of `cases/<name>.json`."""
    return json.loads((_CASES / f"{name}.json").read_text("utf-8"))


def changed(stripe_object: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a copy with the value at each dotted path replaced; a number in a path is a list index."""
    copy = deepcopy(stripe_object)
    for path, value in changes.items():
        *parents, last = path.split(".")
        target: Any = copy
        for step in parents:
            target = target[_place(target, step)]
        target[_place(target, last)] = _in_unix_seconds(value)
    return copy


def webhooks(shape: str) -> list[dict[str, Any]]:
    """Return the events of the golden scenario in one API version, oldest first."""
    case = read_cases(f"stripe_{shape}")
    return [webhook(event, case[event["of"]], case["api_version"]) for event in case["events"]]


def webhook(event: dict[str, Any], stripe_object: dict[str, Any], api_version: str) -> dict[str, Any]:
    """Return one event as Stripe sends it; its times may be written as ISO 8601."""
    previous = {"previous_attributes": event["previous_attributes"]} if "previous_attributes" in event else {}
    return {
        "id": event["id"],
        "object": "event",
        "api_version": api_version,
        "created": _in_unix_seconds(event["created"]),
        "data": {"object": changed(stripe_object, event["changes"]), **previous},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event["type"],
    }


def _place(parent: Any, step: str) -> Any:
    return int(step) if isinstance(parent, list) else step


def _in_unix_seconds(value: Any) -> Any:
    """Convert times like `2026-11-15T09:30:20Z`, which cases use for readability, to Unix seconds."""
    is_time = isinstance(value, str) and value.endswith("Z") and value[:2] == "20"
    return int(datetime.fromisoformat(value).timestamp()) if is_time else value
