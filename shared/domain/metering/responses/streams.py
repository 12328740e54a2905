"""Assembles a recorded stream into one response, in the shape that its provider sends without streaming."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from shared.domain.metering.responses.errors import ExtractionError
from shared.domain.metering.responses.stream_bodies import ASSEMBLERS
from shared.domain.metering.responses.stream_events import Event, events_of
from shared.domain.metering.shown import shown

_SHOWN_KEYS: Final = 10
_SAME_EVENTS: Final[Mapping[str, str]] = {
    "litellm": "openai.chat",
    "perplexity": "openai.chat",
    "openai.realtime": "openai.responses",
}
"""Formats whose streams have the events of another one."""


class AssembledStream(NamedTuple):
    """The response of a stream."""

    body: dict[str, Any]
    format: str | None
    """None if the stream has no events."""
    is_finished: bool


def assemble(stream: Sequence[object] | str, response_format: str | None) -> AssembledStream:
    """Return the response that a stream adds up to; one that was cut off is not finished.

    Raises ExtractionError if the events are of no known format, of several, or not of `response_format`.
    """
    found = events_of(stream)
    events = [event for event in found.events if not _is_ping(event) and not _is_error(event)]
    known = {_format_of(event) for event in events}
    if len(known) > 1:
        raise _ambiguous(f"the events are of {' and '.join(sorted(known))}")
    if not known:
        return AssembledStream({}, None, is_finished=False)
    (name,) = known
    if response_format is not None and _SAME_EVENTS.get(response_format, response_format) != name:
        raise _ambiguous(f"the events are of {name}, but response_format is {response_format}")
    body, has_end = ASSEMBLERS[name](events)
    has_failed = any(_is_error(event) for event in found.events)
    return AssembledStream(body, name, (has_end or found.has_end_mark) and not has_failed)


def _ambiguous(message: str) -> ExtractionError:
    return ExtractionError("ambiguous_response", "events", message)


def _is_ping(event: Event) -> bool:
    return not event or event.get("type") == "ping"


def _is_error(event: Event) -> bool:
    return event.get("type") == "error" or ("error" in event and "choices" not in event)


def _format_of(event: Event) -> str:
    for name, is_of in _DETECTORS.items():
        if is_of(event):
            return name
    keys = ", ".join(shown(key) for key in list(event)[:_SHOWN_KEYS])
    raise ExtractionError(
        "malformed_stream", "events", f"an event is of no known format; its keys are {keys}"
    )


def _has_type(*starts: str) -> Callable[[Event], bool]:
    return lambda event: str(event.get("type", "")).startswith(starts)


def _has_any(*names: str) -> Callable[[Event], bool]:
    return lambda event: any(name in event for name in names)


_is_of_cohere = _has_type("message-", "content-", "tool-", "citation-")
_DETECTORS: Final[Mapping[str, Callable[[Event], bool]]] = {
    "openai.responses": _has_type("response."),
    "anthropic.messages": _has_type("message_", "content_block_"),
    "google.interactions": _has_any("interaction"),
    # Its first version names the type otherwise.
    "cohere": lambda event: _is_of_cohere(event) or "event_type" in event,
    "openai.chat": lambda event: isinstance(event.get("choices"), list),
    "gemini": _has_any("candidates", "usageMetadata", "usage_metadata", "promptFeedback"),
    "bedrock.converse": _has_any(
        *("messageStart", "messageStop", "metadata"),
        *("contentBlockStart", "contentBlockDelta", "contentBlockStop"),
    ),
    "ollama": lambda event: isinstance(event.get("done"), bool),
}
