"""The paid calls that a response shows outside its usage: searches, code, images and grounding."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.domain.metering.responses.flat_usage import flatten
from shared.domain.metering.responses.layouts import Body


@dataclass(slots=True)
class PaidCalls:
    """Counts by the catalog's units with their paths, and the paths of calls whose number or price is not known."""

    units: Counter[str] = field(default_factory=Counter)
    places: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def count(self, unit: str, place: str, number: int = 1) -> None:
        """Add to a unit."""
        self.units[unit] += number
        self.places[unit] = place

    def leave(self, place: str) -> None:
        """Add the path of something that nothing here can price, once."""
        if place not in self.unread:
            self.unread.append(place)


def paid_calls(body: Body, format_name: str) -> PaidCalls:
    """Return the paid calls in a response of this format."""
    paid = PaidCalls()
    for read in _READERS.get(format_name, ()):
        read(body, paid)
    return paid


def _objects(value: object) -> Iterator[Mapping[str, object]]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


# OpenAI's responses

_FREE_SEARCH_ACTIONS: Final = frozenset({"open_page", "find", "find_in_page"})
_FREE_CALLS: Final = frozenset(
    # These cost their tokens: the tool runs at the caller, or is the caller's own server.
    {
        *("function_call", "custom_tool_call", "computer_call", "local_shell_call", "apply_patch_call"),
        *("mcp_call", "tool_search_call"),
    }
)


def _output_items(body: Body, paid: PaidCalls) -> None:
    stated = "tool_usage" in body and _tool_usage(body, paid)
    for item in _objects(body.get("output")):
        kind = item.get("type")
        if not isinstance(kind, str) or not kind.endswith("_call") or kind in _FREE_CALLS:
            continue
        place = f"output[{kind.upper()}]"
        if kind == "web_search_call":
            if not stated and _object(item.get("action")).get("type") not in _FREE_SEARCH_ACTIONS:
                paid.count("web_searches", place)
        elif kind == "file_search_call":
            paid.count("storage_searches", place)
        else:
            paid.leave(place)


def _tool_usage(body: Body, paid: PaidCalls) -> bool:
    """Read what the response itself counts; return whether it counts its searches."""
    flat = flatten(_object(body.get("tool_usage")))
    searches = flat.pop("web_search.num_requests", None)
    if isinstance(searches, int) and searches:
        paid.count("web_searches", "tool_usage.web_search.num_requests", searches)
    for path, value in flat.items():
        if value and isinstance(value, (int, float)) and not isinstance(value, bool):
            paid.leave(f"tool_usage.{path}")
    return searches is not None


# Chat completions


def _choices(body: Body, paid: PaidCalls) -> None:
    for choice in _objects(body.get("choices")):
        message = _object(choice.get("message"))
        if any(each.get("type") == "url_citation" for each in _objects(message.get("annotations"))):
            # A search with a fee of its own; how many there were is not said.
            paid.leave("choices.message.annotations")
        if message.get("executed_tools"):
            paid.leave("choices.message.executed_tools")
    if _object(body.get("usage_breakdown")).get("models"):
        paid.leave("usage_breakdown.models")


# Anthropic's messages

_FREE_SERVER_TOOLS: Final = frozenset({"web_search", "web_fetch", "advisor"})


def _content(body: Body, paid: PaidCalls) -> None:
    for block in _objects(body.get("content")):
        name = str(block.get("name"))
        # Searches and the advisor are counted in the usage.
        is_free = name in _FREE_SERVER_TOOLS or name.startswith("tool_search_tool")
        if block.get("type") == "server_tool_use" and not is_free:
            paid.leave(f"content[SERVER_TOOL_USE].{name[:60]}")


# Gemini


def _grounding(body: Body, paid: PaidCalls) -> None:
    for candidate in _objects(body.get("candidates")):
        metadata = _object(candidate.get("groundingMetadata"))
        queries = metadata.get("webSearchQueries")
        chunks = list(_objects(metadata.get("groundingChunks")))
        if isinstance(queries, list) and queries:
            by_query = str(body.get("modelVersion", "")).startswith("gemini-3")
            paid.count("web_searches", "candidates.groundingMetadata", len(queries) if by_query else 1)
        elif any("web" in chunk for chunk in chunks):
            paid.count("web_searches", "candidates.groundingMetadata")
        for kind in ("maps", "retrievedContext"):
            if any(kind in chunk for chunk in chunks):
                paid.leave(f"candidates.groundingMetadata.groundingChunks.{kind}")


def _interaction(body: Body, paid: PaidCalls) -> None:
    usage = _object(body.get("usage"))
    if usage.get("groundingToolCount"):
        return
    for item in _objects(body.get("outputs")):
        kind = str(item.get("type"))
        if kind.endswith("_call") and kind not in (
            "function_call",
            "code_execution_call",
            "url_context_call",
        ):
            paid.leave(f"outputs[{kind.upper()[:60]}]")


# Mistral and Bedrock


def _annotated_pages(body: Body, paid: PaidCalls) -> None:
    pages = _object(body.get("usage_info")).get("pages_processed")
    images = (image for page in _objects(body.get("pages")) for image in _objects(page.get("images")))
    is_annotated = body.get("document_annotation") or any(image.get("image_annotation") for image in images)
    if is_annotated and isinstance(pages, int):
        paid.count("input_annotated_document_pages", "document_annotation", pages)


def _guardrail(body: Body, paid: PaidCalls) -> None:
    if _object(body.get("trace")).get("guardrail"):
        paid.leave("trace.guardrail")
    message = _object(_object(body.get("output")).get("message"))
    for block in _objects(message.get("content")):
        if _object(block.get("toolUse")).get("type") == "server_tool_use":
            paid.leave("output.message.content.toolUse")


_Reader = Callable[[Body, PaidCalls], None]
_READERS: Final[Mapping[str, tuple[_Reader, ...]]] = {
    "openai.responses": (_output_items,),
    "openai.realtime": (_output_items,),
    "openai.chat": (_choices,),
    "litellm": (_choices, _output_items),
    "anthropic.messages": (_content,),
    "gemini": (_grounding,),
    "google.interactions": (_interaction,),
    "bedrock.converse": (_guardrail,),
    "mistral.ocr": (_annotated_pages,),
}
