"""The envelopes that a response may arrive in, and the signs that it is only a part of one."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from shared.domain.metering.responses.errors import ExtractionError
from shared.domain.metering.responses.layouts import Body

_MAX_ENVELOPES: Final = 3
_READ_LEVELS: Final = 12
_UNFINISHED_TYPES: Final = ("message_start", "message_delta", "content_block_delta", "message-start")
_UNFINISHED_STATUS: Final = ("in_progress", "queued")


class Unwrapped(NamedTuple):
    """The response itself, and whether its envelope is a line of a batch's results."""

    body: Body
    is_batch: bool = False


def unwrap(response: Body) -> Unwrapped:
    """Take a response out of the envelopes of streams, batches and client libraries."""
    body, is_batch = response, False
    for _ in range(_MAX_ENVELOPES):
        inner = next((found for open_ in _ENVELOPES if (found := open_(body)) is not None), None)
        if inner is None:
            break
        body, is_batch = inner.body, is_batch or inner.is_batch
    return Unwrapped(_google_dump(body), is_batch)


def refuse_unfinished(body: Body) -> None:
    """Refuse a response that is still being generated, or one event of a stream."""
    sign = _sign_of_more(body)
    if sign is not None:
        message = f"{sign}, so this is not the whole response; send the stream's events as response_stream"
        raise ExtractionError("unfinished_response", sign.partition(" ")[0], message)


def _sign_of_more(body: Body) -> str | None:
    if body.get("type") in _UNFINISHED_TYPES:
        return f"type is {body['type']}"
    if body.get("type") == "message" and "stop_reason" in body and body["stop_reason"] is None:
        return "stop_reason is null"
    if body.get("status") in _UNFINISHED_STATUS:
        return f"status is {body['status']}"
    if body.get("done") is False:
        return "done is false"
    if body.get("object") == "chat.completion.chunk" and _is_chunk_with_more(body):
        return "object is chat.completion.chunk"
    candidates = body.get("candidates")
    if isinstance(candidates, list) and any(_says_null(each, "finishReason") for each in candidates):
        return "candidates.finishReason is null"
    return None


def _is_chunk_with_more(chunk: Body) -> bool:
    """Return False for the last chunk of a stream, which states the usage of all of it."""
    choices = chunk.get("choices")
    if not isinstance(chunk.get("usage"), dict) or not isinstance(choices, list):
        return True
    return any(not isinstance(each, dict) or each.get("finish_reason") is None for each in choices)


def _says_null(value: object, field: str) -> bool:
    return isinstance(value, dict) and field in value and value[field] is None


def _openai_event(body: Body) -> Unwrapped | None:
    """Open `{"type": "response.completed", "response": {…}}`."""
    kind, inner = body.get("type"), body.get("response")
    if isinstance(kind, str) and kind.startswith("response.") and isinstance(inner, dict):
        return Unwrapped(inner)
    return None


def _batch_line(body: Body) -> Unwrapped | None:
    """Open a line of a batch's results: of OpenAI and Mistral, Google, or Anthropic."""
    inner = body.get("response")
    if isinstance(inner, dict) and isinstance(inner.get("body"), dict):
        return Unwrapped(inner["body"], is_batch=True)
    if isinstance(inner, dict) and ("key" in body or "request" in body):
        return Unwrapped(inner, is_batch=True)
    result = body.get("result")
    if "custom_id" in body and isinstance(result, dict) and isinstance(result.get("message"), dict):
        return Unwrapped(result["message"], is_batch=True)
    return None


def _last_event(body: Body) -> Unwrapped | None:
    """Open the last event of a stream of Bedrock or Cohere."""
    metadata, delta = body.get("metadata"), body.get("delta")
    if "usage" not in body and isinstance(metadata, dict) and isinstance(metadata.get("usage"), dict):
        return Unwrapped(metadata)
    if body.get("type") == "message-end" and isinstance(delta, dict):
        return Unwrapped(delta)
    return None


def _groq_chunk(body: Body) -> Unwrapped | None:
    """Move the usage that Groq states beside its last chunk to its usual place."""
    beside = body.get("x_groq")
    if body.get("usage") is None and isinstance(beside, dict) and isinstance(beside.get("usage"), dict):
        return Unwrapped({**body, "usage": beside["usage"]})
    return None


_ENVELOPES: Final[tuple[Callable[[Body], Unwrapped | None], ...]] = (
    _openai_event,
    _batch_line,
    _last_event,
    _groq_chunk,
)


def _google_dump(body: Body) -> Body:
    """Return a dump of Google's Python client with the names of its API."""
    metadata, usage = body.get("usage_metadata"), body.get("usage")
    if isinstance(metadata, dict) and "prompt_token_count" in metadata:
        return {_camel(key): in_camel_case(value) for key, value in body.items()}
    if isinstance(usage, dict) and "total_input_tokens" in usage:
        return {**body, "usage": in_camel_case(usage)}
    return body


def in_camel_case(value: Any, levels: int = _READ_LEVELS) -> Any:
    """Return a JSON value with its `snake_case` keys in `camelCase`, down to the deepest level that is read."""
    if levels and isinstance(value, Mapping):
        return {_camel(key): in_camel_case(each, levels - 1) for key, each in value.items()}
    if levels and isinstance(value, list):
        return [in_camel_case(each, levels - 1) for each in value]
    return value


def _camel(name: object) -> str:
    first, *others = str(name).split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in others)
