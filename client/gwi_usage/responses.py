"""The usage that a provider's response states, as plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def event_fields(response: object) -> dict[str, Any]:
    """Return the fields of the event that carry a response, or the events of a stream; empty if it is unreadable."""
    plain = _plain(response)
    if isinstance(plain, dict):
        return {"response": plain, **_model(plain)}
    if isinstance(plain, list | str) and plain:
        return {"response_stream": plain}
    return {}


def _plain(response: object) -> object:
    if isinstance(response, bytes | bytearray):
        return _plain(bytes(response).decode("utf-8", "replace"))
    if isinstance(response, str):
        return _parsed(response)
    if isinstance(response, Mapping):
        return dict(response)
    if isinstance(response, list | tuple):
        return [_plain(each) for each in response]
    dump = getattr(response, "model_dump", None)
    return dump(mode="json", warnings=False) if callable(dump) else None


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _model(response: Mapping[str, Any]) -> dict[str, Any]:
    names = ("model", "model_version", "modelVersion")
    found = (response[name] for name in names if isinstance(response.get(name), str))
    return {"model": model} if (model := next(found, None)) else {}
