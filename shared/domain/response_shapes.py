"""Owns where providers put usage: which formats a response body may have, and the table that reads each."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.domain.catalog import catalog_providers, find_provider
from shared.domain.events import ResponseFormat

if TYPE_CHECKING:
    from genai_prices.types import ArrayMatch, UsageExtractor

Path = tuple["str | ArrayMatch", ...]


class Row(NamedTuple):
    """One count: where it stands below the table's root, and the unit of the catalog it is added to."""

    path: Path
    unit: str
    required: bool = False


class Table(NamedTuple):
    """How to read one format; `total` names its count of input and output together, if it has one.

    With `allows_doubles` a count may be written as 5.0: Cohere's API declares its counts as doubles.
    """

    root: tuple[str, ...]
    rows: tuple[Row, ...]
    total: str | None = None
    allows_doubles: bool = False


class _Extractor(NamedTuple):
    provider: str
    flavour: str
    total: str | None


_EXTRACTORS: Final[dict[str, _Extractor]] = {
    "openai.chat": _Extractor("openai", "chat", "total_tokens"),
    "openai.responses": _Extractor("openai", "responses", "total_tokens"),
    "openai.embeddings": _Extractor("openai", "embeddings", "total_tokens"),
    "anthropic.messages": _Extractor("anthropic", "default", None),
    "gemini": _Extractor("google", "default", "totalTokenCount"),
    "bedrock.converse": _Extractor("aws", "default", "totalTokens"),
    "cohere": _Extractor("cohere", "default", None),
}
"""Format -> the extractor of genai-prices that reads it."""

OWN_EXTRACTORS: Final[dict[tuple[str, str], _Extractor]] = {
    ("openai.chat", "anthropic"): _Extractor("anthropic", "chat", "total_tokens"),
    ("openai.chat", "databricks"): _Extractor("databricks", "chat", "total_tokens"),
    ("openai.chat", "modal"): _Extractor("modal", "chat", "total_tokens"),
    ("openai.chat", "x-ai"): _Extractor("x-ai", "chat", "total_tokens"),
    # Perplexity bills reasoning and citations that its own totals leave out.
    ("openai.chat", "perplexity"): _Extractor("perplexity", "default", None),
    ("openai.responses", "perplexity"): _Extractor("perplexity", "responses", None),
}
"""Providers that use a shape of OpenAI's with counts that OpenAI's own bodies do not have."""

_IMAGES: Final = _Extractor("openai", "images", "total_tokens")

_OLLAMA: Final = Table(
    (), (Row(("prompt_eval_count",), "input_tokens"), Row(("eval_count",), "output_tokens"))
)
_COHERE_V1: Final = Table(
    ("meta", "billed_units"),
    (Row(("input_tokens",), "input_tokens", required=True), Row(("output_tokens",), "output_tokens")),
    allows_doubles=True,
)

_BARE_USAGE: Final[dict[str, ResponseFormat]] = {
    "anthropic": "anthropic.messages",
    "openai": "openai.responses",
}
"""Only these names settle `input_tokens` without any other mark: gateways and clouds serve both formats."""

_ANTHROPIC_MARKS: Final = frozenset(
    {"cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation", "server_tool_use"}
)


def possible_formats(response: Mapping[str, object], provider: str) -> list[ResponseFormat]:
    """Every format that `response` may have; more than one means that nothing in it settles which."""
    usage = child(response, "usage")
    formats: list[ResponseFormat] = []
    if "usageMetadata" in response:
        formats.append("gemini")
    if "prompt_eval_count" in response or "eval_count" in response:
        formats.append("ollama")
    if "inputTokens" in usage or "outputTokens" in usage:
        formats.append("bedrock.converse")
    if "billed_units" in usage or "billed_units" in child(response, "meta"):
        formats.append("cohere")
    if "prompt_tokens" in usage or "completion_tokens" in usage:
        is_chat = "completion_tokens" in usage or "choices" in response
        formats.append("openai.chat" if is_chat else "openai.embeddings")
    if "input_tokens" in usage or "output_tokens" in usage:
        formats += _formats_with_input_tokens(response, usage, provider)
    return formats


def _formats_with_input_tokens(
    response: Mapping[str, object], usage: Mapping[str, object], provider: str
) -> list[ResponseFormat]:
    """Anthropic's `input_tokens` leaves cached tokens out, OpenAI's has them in: a guess would misprice."""
    is_anthropic = response.get("type") == "message" or not _ANTHROPIC_MARKS.isdisjoint(usage)
    is_openai = response.get("object") == "response" or "input_tokens_details" in usage
    if is_anthropic != is_openai:
        return ["anthropic.messages" if is_anthropic else "openai.responses"]
    settled = None if is_anthropic else _BARE_USAGE.get(provider.strip().lower())
    return [settled] if settled else ["anthropic.messages", "openai.responses"]


def table_for(response_format: ResponseFormat, response: Mapping[str, object], provider: str) -> Table:
    """The table that reads `response`, which is of `response_format` and came from `provider`."""
    if response_format == "ollama":
        return _OLLAMA
    if response_format == "cohere" and "billed_units" in child(response, "meta"):
        return _COHERE_V1
    if response_format == "openai.responses" and _is_image(response):
        return _library_table(_IMAGES)
    found = find_provider(provider)
    own = OWN_EXTRACTORS.get((response_format, found.id)) if found else None
    return _library_table(own or _EXTRACTORS[response_format])


def _is_image(response: Mapping[str, object]) -> bool:
    return "image_tokens" in child(child(response, "usage"), "input_tokens_details")


def child(parent: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The object under `name`; an empty one if there is none."""
    value = parent.get(name)
    return value if isinstance(value, Mapping) else {}


@cache
def _library_table(extractor: _Extractor) -> Table:
    provider = next(each for each in catalog_providers() if each.id == extractor.provider)
    found = next(each for each in provider.extractors or [] if each.api_flavor == extractor.flavour)
    rows = tuple(Row(_steps(each.path), each.dest, each.required) for each in found.mappings)
    return Table(_root(found), rows, extractor.total, allows_doubles=extractor.provider == "cohere")


def _root(extractor: "UsageExtractor") -> tuple[str, ...]:
    return tuple(step for step in _steps(extractor.root) if isinstance(step, str))


def _steps(path: "str | Sequence[str | ArrayMatch]") -> Path:
    return (path,) if isinstance(path, str) else tuple(path)
