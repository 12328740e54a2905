"""A provider's response as plain data, without its content: only what the usage is read from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_TEXTS = frozenset(
    {
        *("arguments", "b64_json", "code", "content", "data", "delta", "document_annotation", "file_data"),
        *("image_annotation", "input", "instructions", "markdown", "output", "output_text", "partial_json"),
        *("query", "reasoning", "reasoning_content", "refusal", "response", "signature", "stdout", "stderr"),
        *("text", "thinking", "title", "transcript", "url"),
    }
)
_INPUTS_OF_TOOLS = frozenset({"args", "arguments", "input", "queries", "searchQueries", "webSearchQueries"})
_MAX_TEXT_CHARS = 256
_MAX_NUMBERS = 16
_LEFT_OUT = "…"  # not empty: whether there was a text may decide what a call costs


def event_fields(response: object) -> dict[str, Any]:
    """Return the fields of the event that carry a response, or the events of a stream; none if it is unreadable."""
    plain = _plain(response)
    if isinstance(plain, dict):
        return {"response": without_content(plain), **_model(plain)}
    if isinstance(plain, str) and plain:
        return {"response_stream": "\n".join(_line(line) for line in plain.splitlines())}
    if isinstance(plain, list) and plain:
        return {"response_stream": without_content(plain)}
    return {}


def without_content(value: Any, key: str = "") -> Any:
    """Return the same structure without texts, images, embeddings, and what tools were asked."""
    if isinstance(value, str):
        return _LEFT_OUT if value and (key in _TEXTS or len(value) > _MAX_TEXT_CHARS) else value
    if isinstance(value, Mapping):
        hides_all = key in _INPUTS_OF_TOOLS
        return {name: without_content(each, "input" if hides_all else name) for name, each in value.items()}
    if isinstance(value, list):
        if len(value) > _MAX_NUMBERS and all(isinstance(each, int | float) for each in value):
            return []
        return [without_content(each, "input" if key in _INPUTS_OF_TOOLS else key) for each in value]
    return value


def _line(line: str) -> str:
    """Return a line of a stream without its content, if it is JSON, or JSON as server-sent events have it."""
    prefix = "data: " if line.startswith("data:") else ""
    parsed = _parsed(line.removeprefix("data:"))
    return line if isinstance(parsed, str) else prefix + json.dumps(without_content(parsed))


def _plain(response: object) -> object:
    if isinstance(response, bytes | bytearray):
        return _plain(bytes(response).decode("utf-8", "replace"))
    if isinstance(response, str):
        return _parsed(response)
    if isinstance(response, Mapping):
        return dict(response)
    if isinstance(response, list | tuple):
        return [plain for each in response if (plain := _plain(each)) is not None]
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
