"""Calls of models, as they are seen in HTTP requests, and what their streams say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Event = Mapping[str, Any]

_BODY_NAMES_MODEL = re.compile(r"/(chat/completions|completions|responses|embeddings|messages)$")
_PATH_NAMES_MODEL = re.compile(r"/models/([^/:]+):(generateContent|streamGenerateContent)$")
_CHAT = "chat/completions"
_ENDS = frozenset({"message_stop", "response.completed", "response.incomplete", "response.failed"})
"""Types of the events after which a stream of Anthropic, or of OpenAI's responses, says nothing more."""


_PAID = ("annotations", "executed_tools")
"""Fields of a chat that show searches and tools of the provider, which cost besides tokens."""
_HAS_CHOICES = re.compile(rb'"choices"\s*:\s*\[\s*\{')
_SAYS_MORE = re.compile(rb'"(?:usage|finish_reason|annotations|executed_tools)"\s*:\s*(?!null|\s)')


@dataclass(frozen=True, kw_only=True)
class ModelCall:
    """A call of a model that is about to be sent."""

    model: str
    asks_for_usage: Mapping[str, Any] | None = None
    """The body that also asks for usage, where the caller's body does not."""

    @property
    def hides_usage(self) -> bool:
        return self.asks_for_usage is not None


def recognized(method: str, path: str, body: bytes) -> ModelCall | None:
    """Return the call that a request makes; None if it calls no model."""
    if method != "POST":
        return None
    if named := _PATH_NAMES_MODEL.search(path):
        return ModelCall(model=named[1])
    if not (operation := _BODY_NAMES_MODEL.search(path)):
        return None
    content = json.loads(body)
    asks = _with_usage(content) if operation[1] == _CHAT else None
    return ModelCall(model=str(content.get("model") or "unknown"), asks_for_usage=asks)


def _with_usage(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the body of a streamed chat that also asks for usage; None if it does already, or does not stream."""
    options = body.get("stream_options") or {}
    if not body.get("stream") or options.get("include_usage"):
        return None
    return {**body, "stream_options": {**options, "include_usage": True}}


def is_end(event: Event) -> bool:
    """Return whether a stream is whole with this event."""
    return event.get("type") in _ENDS or any(
        each.get("finishReason") for each in event.get("candidates") or ()
    )


def is_usage_alone(event: Event) -> bool:
    """Return whether a chunk of a chat has nothing but the usage that the caller did not ask for."""
    return event.get("choices") == [] and bool(event.get("usage"))


def goes_on(part: bytes) -> bool:
    """Return whether a chunk of a chat only carries a piece of content, as far as its text shows without parsing.

    To parse each chunk would be most of what a long stream costs here. A chunk that may say more is parsed.
    """
    return _HAS_CHOICES.search(part) is not None and _SAYS_MORE.search(part) is None


def is_content_alone(event: Event) -> bool:
    """Return whether an event only carries a piece of content, of which a long stream has thousands."""
    if "usage" in event and event["usage"] is not None:
        return False
    choices = event.get("choices")
    return all(map(_only_goes_on, choices)) if choices else str(event.get("type")).endswith("delta")


def _only_goes_on(choice: Event) -> bool:
    """Return whether a choice has not ended, and shows no paid call."""
    delta = choice.get("delta") or {}
    return choice.get("finish_reason") is None and not any(map(delta.get, _PAID))
