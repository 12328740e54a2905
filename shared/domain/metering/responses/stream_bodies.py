"""How the events of each provider's streams add up to one response."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shared.domain.metering.responses.envelopes import in_camel_case
from shared.domain.metering.responses.stream_events import Event

Assembled = tuple[dict[str, Any], bool]
"""The body, and whether the events include the end of the stream."""


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _stated(fields: object, *without: str) -> dict[str, Any]:
    """Return the fields that say something: a later event does not take back what an earlier one stated."""
    return {
        name: value
        for name, value in _object(fields).items()
        if value is not None and value != "" and name not in without
    }


def _chat(events: Sequence[Event]) -> Assembled:
    body: dict[str, Any] = {}
    beside: dict[str, Any] = {}
    choices: dict[str, dict[str, Any]] = {}
    for event in events:
        body |= _stated(event, "choices", "x_groq")
        beside |= _stated(event.get("x_groq"))
        for choice in _objects(event.get("choices")):
            _add_choice(choices, choice)
    body |= {"choices": list(choices.values())} | ({"x_groq": beside} if beside else {})
    if body.get("object") != "text_completion":
        body["object"] = "chat.completion"
    has_usage = isinstance(body.get("usage"), dict) or isinstance(beside.get("usage"), dict)
    has_reasons = bool(choices) and all(each["finish_reason"] for each in choices.values())
    return body, has_usage and has_reasons


def _add_choice(choices: dict[str, dict[str, Any]], choice: Mapping[str, Any]) -> None:
    """Add the reason of a choice's end, and what its delta shows of paid calls."""
    seen = choices.setdefault(str(choice.get("index") or 0), {"finish_reason": None, "message": {}})
    seen["finish_reason"] = choice.get("finish_reason") or seen["finish_reason"]
    said = choice.get("delta") or choice.get("message")
    for name in ("annotations", "executed_tools"):
        shown = list(_objects(_object(said).get(name)))
        if shown:
            seen["message"].setdefault(name, []).extend(shown)


FINAL_RESPONSES: Final = ("response.completed", "response.incomplete", "response.failed", "response.done")


def _responses(events: Sequence[Event]) -> Assembled:
    items = [event.get("item") for event in events if event.get("type") == "response.output_item.done"]
    output = list(_objects(items))
    snapshots = [event for event in events if isinstance(event.get("response"), dict)]
    finals = [event for event in snapshots if event.get("type") in FINAL_RESPONSES]
    body = dict((finals or snapshots or [{"response": {}}])[-1]["response"])
    # Some servers leave the items out of the last snapshot.
    return body | {"output": body.get("output") or output}, bool(finals)


def _anthropic(events: Sequence[Event]) -> Assembled:
    body: dict[str, Any] = {"type": "message"}
    usage: dict[str, Any] = {}
    content: list[Mapping[str, Any]] = []
    is_stopped = False
    for event in events:
        kind = event.get("type")
        if kind == "content_block_start":
            content.extend(_paid_block(_object(event.get("content_block"))))
        elif kind == "message_start":
            body |= _stated(event.get("message"), "usage", "content")
            usage |= _stated(_object(event.get("message")).get("usage"))
        elif kind == "message_delta":
            body |= _stated(event.get("delta"))
            usage |= _stated(event.get("usage"))
        is_stopped = is_stopped or kind == "message_stop"
    body |= {"content": content} | ({"usage": usage} if usage else {})
    return body, is_stopped or bool(body.get("stop_reason"))


def _paid_block(block: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the type and name of a block that a tool of the provider has made."""
    kind = str(block.get("type"))
    if kind == "server_tool_use" or kind.endswith("_tool_result"):
        yield {"type": kind, "name": block.get("name")}


@dataclass(slots=True)
class _Candidate:
    """One of Gemini's answers, added up from its chunks."""

    fields: dict[str, Any] = field(default_factory=dict)
    grounding: dict[str, Any] = field(default_factory=dict)
    queries: dict[str, None] = field(default_factory=dict)
    chunks: list[Mapping[str, Any]] = field(default_factory=list)

    def add(self, candidate: Mapping[str, Any]) -> None:
        """Add a chunk's candidate; its texts are left out."""
        self.fields |= _stated(candidate, "content", "groundingMetadata", "grounding_metadata")
        for name in ("groundingMetadata", "grounding_metadata"):
            self._add_grounding(_object(candidate.get(name)))

    def _add_grounding(self, metadata: Mapping[str, Any]) -> None:
        self.grounding |= _stated(metadata)
        for name in ("webSearchQueries", "web_search_queries"):
            queries = metadata.get(name)
            if isinstance(queries, list):
                # A chunk repeats the queries of the chunks before it.
                self.queries |= dict.fromkeys(each for each in queries if isinstance(each, str))
        for name in ("groundingChunks", "grounding_chunks"):
            self.chunks.extend(_objects(metadata.get(name)))

    @property
    def merged(self) -> dict[str, Any]:
        """The candidate of the whole response."""
        body = _object(in_camel_case(self.fields))
        if not self.grounding:
            return dict(body)
        lists = {"webSearchQueries": list(self.queries), "groundingChunks": self.chunks}
        grounding = {**self.grounding, **{name: each for name, each in lists.items() if each}}
        return {**body, "groundingMetadata": in_camel_case(grounding)}


def _gemini(events: Sequence[Event]) -> Assembled:
    fields: dict[str, Any] = {}
    candidates: dict[str, _Candidate] = {}
    for event in events:
        fields |= _stated(event, "candidates")
        for each in _objects(event.get("candidates")):
            candidates.setdefault(str(each.get("index") or 0), _Candidate()).add(each)
    answers = [each.merged for each in candidates.values()]
    body = {**in_camel_case(fields), "candidates": answers}
    is_finished = bool(answers) and all("finishReason" in each for each in answers)
    is_blocked = bool(_object(body.get("promptFeedback")).get("blockReason"))
    return body, is_finished or is_blocked


_ENDED: Final = ("completed", "failed", "cancelled", "incomplete", "requires_action", "budget_exceeded")


def _interaction(events: Sequence[Event]) -> Assembled:
    body: dict[str, Any] = {}
    outputs: list[Mapping[str, Any]] = []
    for event in events:
        body |= _stated(event.get("interaction"))
        outputs.extend(_objects([event.get("content"), event.get("step")]))
    if not body.get("outputs"):
        body["outputs"] = [{"type": each.get("type")} for each in outputs]
    return body, body.get("status") in _ENDED


def _bedrock(events: Sequence[Event]) -> Assembled:
    body: dict[str, Any] = {}
    content: list[Mapping[str, Any]] = []
    for event in events:
        body |= _stated(event.get("metadata")) | _stated(event.get("messageStop"))
        start = _object(_object(event.get("contentBlockStart")).get("start"))
        content.extend({"toolUse": each} for each in _objects([start.get("toolUse")]))
    body |= {"output": {"message": {"content": content}}}
    return body, "stopReason" in body and "usage" in body


def _invoked(events: Sequence[Event]) -> Assembled:
    """Merge the chunks of Bedrock's other models, and of Anthropic's completions, which state no usage elsewhere."""
    body: dict[str, Any] = {}
    for event in events:
        body |= _stated(event)
    ends = ("stop_reason", "completionReason", "amazon-bedrock-invocationMetrics")
    return body, any(name in body for name in ends)


def _cohere(events: Sequence[Event]) -> Assembled:
    # The first version of its API names the type otherwise.
    ends = [
        event.get("response") if event.get("event_type") == "stream-end" else event.get("delta")
        for event in events
        if event.get("type") == "message-end" or event.get("event_type") == "stream-end"
    ]
    return _stated(ends[-1]) if ends else {}, bool(ends)


def _ollama(events: Sequence[Event]) -> Assembled:
    final = next((event for event in reversed(events) if event.get("done") is True), None)
    return _stated(final or events[-1], "message", "response"), final is not None


ASSEMBLERS: Final[Mapping[str, Callable[[Sequence[Event]], Assembled]]] = {
    "openai.chat": _chat,
    "openai.responses": _responses,
    "anthropic.messages": _anthropic,
    "gemini": _gemini,
    "google.interactions": _interaction,
    "bedrock.converse": _bedrock,
    "bedrock.invoke": _invoked,
    "cohere": _cohere,
    "ollama": _ollama,
}
