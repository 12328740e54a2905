"""How the events of each provider's streams add up to one response."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from shared.domain.metering.responses.envelopes import in_camel_case
from shared.domain.metering.responses.stream_events import Event

Assembled = tuple[dict[str, Any], bool]
"""The body, and whether the events include the end of the stream."""


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _stated(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that are not null: a later event does not take back what an earlier one stated."""
    return {name: value for name, value in fields.items() if value is not None}


def _chat(events: Sequence[Event]) -> Assembled:
    body: dict[str, Any] = {}
    choices: dict[str, dict[str, Any]] = {}
    for event in events:
        body |= _stated({name: value for name, value in event.items() if name != "choices"})
        for choice in _objects(event.get("choices")):
            seen = choices.setdefault(str(choice.get("index", 0)), {"finish_reason": None, "message": {}})
            seen["finish_reason"] = choice.get("finish_reason") or seen["finish_reason"]
            for name in ("annotations", "executed_tools"):
                seen["message"].setdefault(name, []).extend(_objects(_object(choice.get("delta")).get(name)))
    has_usage = isinstance(body.get("usage"), dict) or "usage" in _object(body.get("x_groq"))
    has_reasons = bool(choices) and all(seen["finish_reason"] for seen in choices.values())
    body |= {"object": "chat.completion", "choices": list(choices.values())}
    return body, has_reasons and has_usage


_FINAL: Final = ("response.completed", "response.incomplete", "response.failed", "response.done")


def _responses(events: Sequence[Event]) -> Assembled:
    final = next((event for event in reversed(events) if event.get("type") in _FINAL), None)
    if final is not None:
        return dict(_object(final.get("response"))), True
    snapshots = [event["response"] for event in events if isinstance(event.get("response"), dict)]
    items = [event.get("item") for event in events if event.get("type") == "response.output_item.done"]
    last = _object(snapshots[-1]) if snapshots else {}
    return {**last, "output": list(_objects(items))}, False


def _anthropic(events: Sequence[Event]) -> Assembled:
    body: dict[str, Any] = {"type": "message"}
    usage: dict[str, Any] = {}
    content: list[Mapping[str, Any]] = []
    for event in events:
        message = _object(event.get("message"))
        delta = _object(event.get("delta")) if event["type"] == "message_delta" else {}
        body |= _stated(message) | _stated(delta)
        usage |= _stated(_object(message.get("usage"))) | _stated(_object(event.get("usage")))
        content.extend(_objects([event.get("content_block")]))
    is_finished = any(event["type"] == "message_stop" for event in events) or bool(body.get("stop_reason"))
    return body | {"usage": usage, "content": content}, is_finished


def _gemini(events: Sequence[Event]) -> Assembled:
    body: dict[str, Any] = {}
    candidates: dict[str, dict[str, Any]] = {}
    for event in events:
        chunk = _object(in_camel_case(event))
        body |= _stated({name: value for name, value in chunk.items() if name != "candidates"})
        for candidate in _objects(chunk.get("candidates")):
            candidates.setdefault(str(candidate.get("index", 0)), {}).update(_stated(candidate))
    is_finished = any("finishReason" in each for each in candidates.values())
    is_blocked = bool(_object(body.get("promptFeedback")).get("blockReason"))
    return body | {"candidates": list(candidates.values())}, is_finished or is_blocked


def _interaction(events: Sequence[Event]) -> Assembled:
    body: dict[str, Any] = {}
    for event in events:
        body |= _stated(_object(event.get("interaction")))
    return body, str(body.get("status")) in ("completed", "failed", "cancelled", "incomplete")


def _bedrock(events: Sequence[Event]) -> Assembled:
    body: dict[str, Any] = {}
    for event in events:
        body |= _stated(_object(event.get("metadata"))) | _stated(_object(event.get("messageStop")))
    return body, any("metadata" in event for event in events)


def _cohere(events: Sequence[Event]) -> Assembled:
    last = events[-1]
    if last.get("event_type") == "stream-end":
        return dict(_object(last.get("response"))), True
    is_finished = last.get("type") == "message-end"
    return dict(_object(last.get("delta"))) if is_finished else {}, is_finished


def _ollama(events: Sequence[Event]) -> Assembled:
    return dict(events[-1]), events[-1].get("done") is True


ASSEMBLERS: Final[Mapping[str, Callable[[Sequence[Event]], Assembled]]] = {
    "openai.chat": _chat,
    "openai.responses": _responses,
    "anthropic.messages": _anthropic,
    "gemini": _gemini,
    "google.interactions": _interaction,
    "bedrock.converse": _bedrock,
    "cohere": _cohere,
    "ollama": _ollama,
}
