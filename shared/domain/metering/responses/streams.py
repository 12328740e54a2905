"""Assembles a recorded stream into one response, in the shape that its provider sends without streaming."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from shared.domain.metering.responses.errors import ExtractionError
from shared.domain.metering.responses.stream_bodies import ASSEMBLERS, FINAL_RESPONSES
from shared.domain.metering.responses.stream_events import Event, StreamEvents, events_of
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
    by_format = _by_format(found.events)
    if len(by_format) > 1:
        raise _ambiguous(f"the events are of {' and '.join(sorted(by_format))}")
    if not by_format:
        return AssembledStream({}, None, is_finished=False)
    ((name, events),) = by_format.items()
    if response_format is not None and _SAME_EVENTS.get(response_format, response_format) != name:
        raise _ambiguous(f"the events are of {name}, but response_format is {response_format}")
    _refuse_several(name, events)
    body, has_end = ASSEMBLERS[name](events)
    # Gateways send OpenAI's mark after streams of other formats too, even after those that broke off.
    has_end = has_end or (found.has_end_mark and name == "openai.chat")
    return AssembledStream(body, name, has_end and not _has_failed(found))


def _ambiguous(message: str) -> ExtractionError:
    return ExtractionError("ambiguous_response", "events", message)


def _by_format(events: Sequence[Event]) -> dict[str, list[Event]]:
    """Group the events by their format, without those that are of none and say nothing."""
    groups: dict[str, list[Event]] = {}
    latest: str | None = None
    for event in events:
        # Nearly every event has the format of the one before it.
        if latest is None or not _DETECTORS[latest](event):
            name = next((each for each, is_of in _DETECTORS.items() if is_of(event)), None)
            if name is None:
                _refuse_unknown(event)
                continue
            latest = name
        groups.setdefault(latest, []).append(event)
    return groups


def _refuse_unknown(event: Event) -> None:
    """Refuse an event that is of no format, unless it says nothing about its response."""
    if not _is_error(event) and not _is_silent(event):
        keys = ", ".join(shown(key) for key in list(event)[:_SHOWN_KEYS])
        message = f"an event is of no known format; its keys are {keys}"
        raise ExtractionError("malformed_stream", "events", message)


def _refuse_several(name: str, events: Sequence[Event]) -> None:
    """Refuse the events of several responses in a row: the usage of the last would hide that of the others."""
    ids = dict.fromkeys(_ids(name, events))
    if len(ids) > 1:
        raise _ambiguous(f"the events are of several responses: {', '.join(map(shown, list(ids)[:2]))}")


def _ids(name: str, events: Sequence[Event]) -> Iterator[str]:
    field, types = _STATES_ID.get(name, ("", ()))
    for event in events:
        inner = event.get(field) if event.get("type") in types else None
        value = inner.get("id") if isinstance(inner, dict) else None
        if isinstance(value, str) and value:
            yield value


_STATES_ID: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "anthropic.messages": ("message", ("message_start",)),
    "openai.responses": ("response", FINAL_RESPONSES),
}
"""The field and the types of the events that state the response's id once. Chunks of a chat may differ in theirs."""


def _has_failed(found: StreamEvents) -> bool:
    return found.has_error or any(map(_is_error, found.events))


_EXCEPTIONS: Final = frozenset(
    {
        *("internalServerException", "modelStreamErrorException", "modelTimeoutException"),
        *("serviceUnavailableException", "throttlingException", "validationException"),
    }
)
"""The events of Bedrock that end a stream without its usage."""


def _is_error(event: Event) -> bool:
    """Return whether an event says that the provider failed."""
    if event.get("error") or event.get("type") == "error" or event.get("event_type") == "error":
        return True
    beside = event.get("x_groq")
    if isinstance(beside, dict) and beside.get("error"):
        return True
    return not _EXCEPTIONS.isdisjoint(event) and any(event.get(name) is not None for name in _EXCEPTIONS)


_SILENT_TYPES: Final = frozenset(
    {
        *("ping", "keepalive"),
        # What the client libraries of Anthropic and OpenAI put between the provider's own events.
        *("text", "citation", "thinking", "signature", "input_json", "compaction"),
        *("content.delta", "content.done", "refusal.delta", "refusal.done"),
        *("tool_calls.function.arguments.delta", "tool_calls.function.arguments.done"),
        *("logprobs.content.delta", "logprobs.content.done"),
        *("logprobs.refusal.delta", "logprobs.refusal.done"),
    }
)
_SILENT_REALTIME: Final = (
    "session.",
    "conversation.",
    "input_audio_buffer.",
    "output_audio_buffer.",
    "rate_limits.",
)


def _is_silent(event: Event) -> bool:
    """Return whether an event says nothing about its response."""
    kind = str(event.get("type"))
    if kind in _SILENT_TYPES or kind.startswith(_SILENT_REALTIME):
        return True
    return all(value is None for value in event.values())


def _has_type(field: str, *starts: str) -> Callable[[Event], bool]:
    def is_of(event: Event) -> bool:
        kind = event.get(field)
        return isinstance(kind, str) and kind.startswith(starts)

    return is_of


def _has_any(*names: str) -> Callable[[Event], bool]:
    known = frozenset(names)

    def is_of(event: Event) -> bool:
        return not known.isdisjoint(event) and any(event.get(name) is not None for name in names)

    return is_of


def _either(*detectors: Callable[[Event], bool]) -> Callable[[Event], bool]:
    return lambda event: any(is_of(event) for is_of in detectors)


_DETECTORS: Final[Mapping[str, Callable[[Event], bool]]] = {
    # Its chunks without choices are known by their name.
    "openai.chat": _either(_has_any("choices"), _has_type("object", "chat.completion")),
    "openai.responses": _has_type("type", "response."),
    "anthropic.messages": _has_type("type", "message_", "content_block_"),
    "google.interactions": _has_type("event_type", "interaction.", "content.", "step."),
    "cohere": _either(
        _has_type("type", "message-", "content-", "tool-", "citation-"),
        # The first version of its API.
        _has_type("event_type", "stream-", "text-", "search-", "citation-", "tool-"),
    ),
    "gemini": _has_any(
        *("candidates", "usageMetadata", "usage_metadata", "promptFeedback", "prompt_feedback"),
        *("modelVersion", "model_version", "responseId", "response_id"),
    ),
    "bedrock.converse": _has_any(
        *("messageStart", "messageStop", "metadata"),
        *("contentBlockStart", "contentBlockDelta", "contentBlockStop"),
    ),
    "bedrock.invoke": _either(
        _has_any("generation", "outputText", "amazon-bedrock-invocationMetrics"),
        _has_type("type", "completion"),
    ),
    "ollama": lambda event: isinstance(event.get("done"), bool),
}
