"""Tests of extraction: any body gives consistent pools or a declared error."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from genai_prices.types import UsageExtractor, UsageExtractorMapping
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.metering.responses.errors import ErrorCode, ExtractionError
from shared.domain.metering.responses.extraction import Extracted, extract
from shared.domain.metering.responses.formats import FORMATS
from shared.domain.metering.responses.layouts import Format
from shared.domain.prices.catalog import catalog_providers, catalog_units, resolve_provider
from shared.domain.prices.token_pools import CallUsage, TokenPools

GOLDEN = Path(__file__).parents[3] / "golden" / "cases" / "responses.json"
READABLE = json.loads(GOLDEN.read_text("utf-8"))["read"]


def names_that_extractors_read() -> set[str]:
    """Return every object key on a path of any extractor in the catalog."""
    rows = [
        row
        for each in catalog_providers()
        for extractor in each.extractors or []
        for row in extractor.mappings
    ]
    paths = [[row.path] if isinstance(row.path, str) else row.path for row in rows]
    return {step for path in paths for step in path if isinstance(step, str)}


OTHER_NAMES = {
    *("usage", "usageMetadata", "meta", "billed_units", "tokens", "prompt_eval_count", "eval_count"),
    *("total_tokens", "totalTokens", "totalTokenCount", "type", "object", "choices", "modality", "ttl"),
}
NAMES = sorted(names_that_extractors_read() | OTHER_NAMES)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-2, 20)
    | st.integers()
    | st.floats()
    | st.sampled_from(["message", "response", "TEXT", "AUDIO", "5m", "1h", "7", ""])
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=8),
    max_leaves=40,
)
BODIES = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), JSON, max_size=6)
PROVIDERS = st.sampled_from(
    ["openai", "anthropic", "google", "bedrock", "x-ai", "perplexity", "ollama", "cohere"]
)
NAMED_FORMATS = st.none() | st.sampled_from(sorted(FORMATS))


def extracted(body: Mapping[str, object], response_format: str | None, provider: str) -> Extracted:
    return extract(body, response_format, resolve_provider(provider))


def extracted_or_refused(
    body: Mapping[str, object], response_format: str | None, provider: str
) -> Extracted | ExtractionError:
    try:
        return extracted(body, response_format, provider)
    except ExtractionError as refusal:
        return refusal


def is_consistent(result: Extracted | ExtractionError) -> bool:
    """Return whether an error is a declared one, or the pools contain each other and add up."""
    if isinstance(result, ExtractionError):
        return result.code in get_args(ErrorCode) and result.path != ""
    pools = result.pools
    units = [count for call in result.calls for count in call.other_units.values()]
    counts_are_positive = min(pools) >= 0 and all(type(n) in (int, Decimal) and n > 0 for n in units)
    cached_fit = max(pools.cache_read, pools.cache_write) <= pools.input
    cached_fit = cached_fit and pools.cache_write_1h <= pools.cache_write
    adds_up = pools.total == pools.input + pools.output and pools.reasoning <= pools.output
    return counts_are_positive and cached_fit and adds_up


@given(BODIES, NAMED_FORMATS, PROVIDERS | st.text(max_size=10))
def test_any_body_gives_consistent_pools_or_is_refused(
    body: dict[str, Any], response_format: str | None, provider: str
) -> None:
    assert is_consistent(extracted_or_refused(body, response_format, provider))


@given(st.sampled_from(READABLE), st.data())
def test_a_real_body_with_any_count_damaged_is_read_or_refused(
    case: dict[str, Any], data: st.DataObject
) -> None:
    body = json.loads(json.dumps(case["response"]))
    parents = [parent for parent in nested_objects(body) if parent]
    parent = data.draw(st.sampled_from(parents))
    parent[data.draw(st.sampled_from(sorted(parent)))] = data.draw(JSON)
    assert is_consistent(extracted_or_refused(body, case["format"], case["provider"]))


def nested_objects(value: object) -> list[dict[str, Any]]:
    """Return every object inside a JSON value, itself included."""
    if isinstance(value, list):
        return [found for item in value for found in nested_objects(item)]
    if isinstance(value, dict):
        return [value, *(found for item in value.values() for found in nested_objects(item))]
    return []


def test_an_error_names_the_place_and_the_value() -> None:
    with pytest.raises(ExtractionError) as refusal:
        extracted({"usage": {"prompt_tokens": 1.5, "completion_tokens": 2}}, None, "openai")
    assert str(refusal.value) == "usage.prompt_tokens is 1.5, but must be an integer between 0 and 2^53"


def test_a_contradiction_names_both_places_and_both_values() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 11}}
    with pytest.raises(ExtractionError) as refusal:
        extracted({"usage": usage}, None, "openai")
    assert str(refusal.value) == (
        "usage.prompt_tokens_details.cached_tokens is 11, but usage.prompt_tokens is 10"
    )


def test_an_ambiguous_response_names_the_formats_it_could_have() -> None:
    with pytest.raises(ExtractionError) as refusal:
        extracted({"usage": {"input_tokens": 10, "output_tokens": 5}}, None, "acme")
    assert str(refusal.value) == (
        "the response of provider 'acme' could be anthropic.messages or openai.responses; set response_format"
    )


def test_an_ambiguous_response_is_read_by_the_given_format() -> None:
    body = {"usage": {"input_tokens": 10, "output_tokens": 5}}
    pools = TokenPools(10, 5, 10 + 5)
    assert extracted(body, "openai.responses", "acme")[:2] == (
        "openai.responses",
        (CallUsage(pools),),
    )
    assert extracted(body, "anthropic.messages", "acme")[:2] == (
        "anthropic.messages",
        (CallUsage(pools),),
    )


FORMAT_OF_FLAVOUR = {
    "anthropic": "anthropic.messages",
    "chat": "openai.chat",
    "responses": "openai.responses",
    "embeddings": "openai.embeddings",
    "realtime": "openai.responses",
    "images": "openai.responses",
    "live": "openai.transcription",
    "ocr": "mistral.ocr",
}
OWN_FORMATS = {
    "anthropic": "anthropic.messages",
    "google": "gemini",
    "aws": "bedrock.converse",
    "cohere": "cohere",
}


def flavours() -> Iterator[tuple[str, UsageExtractor, Format]]:
    """Yield each extractor of the catalog with our format for the same bodies."""
    for provider in catalog_providers():
        for each in provider.extractors or []:
            own = (
                OWN_FORMATS.get(provider.id)
                if each.api_flavor == "default" or provider.id == "cohere"
                else None
            )
            name = own or FORMAT_OF_FLAVOUR.get(each.api_flavor)
            if name:
                yield provider.id, each, FORMATS[name]


def dotted(row: UsageExtractorMapping) -> str:
    steps = [row.path] if isinstance(row.path, str) else row.path
    text = ""
    for step in steps:
        if isinstance(step, str):
            text += f".{step}" if text else step
        else:
            text += f"[{step.match.equals.upper()}]"  # type: ignore[union-attr]  # the catalog has no other match
    return text


def test_every_count_that_the_catalog_reads_is_read_here() -> None:
    """Fail when a new catalog adds a count to one of the formats."""
    missing = []
    for provider, extractor, known in flavours():
        layout = known.layout_of({}, resolve_provider(provider))
        known_paths = {path for row in layout.rows for path in row.paths} | layout.free
        # A root below the usage object is part of the path here.
        root = (
            []
            if isinstance(extractor.root, str)
            else [str(step) for step in extractor.root if step != "usage"]
        )
        prefix = "billed_units." if "billed_units" in root else ""
        paths = {prefix + dotted(row) for row in extractor.mappings}
        is_free = {path for path in paths if f"{path.partition('.')[0]}.*" in layout.free}
        missing += [(provider, extractor.api_flavor, path) for path in paths - is_free - known_paths]
    assert missing == []


def test_the_service_tier_of_openai_is_read() -> None:
    response = {"service_tier": "flex", "usage": {"prompt_tokens": 10, "completion_tokens": 5}}
    assert extracted(response, "openai.chat", "openai").calls[0].price_context == {"service_tier": "flex"}


def test_a_batch_of_anthropic_is_recognised() -> None:
    response = {"usage": {"input_tokens": 10, "output_tokens": 5, "service_tier": "batch"}}
    assert extracted(response, "anthropic.messages", "anthropic").calls[0].price_context == {
        "processing": "batch"
    }


@pytest.mark.parametrize("each", FORMATS.values(), ids=FORMATS)
def test_the_last_layout_of_each_format_applies_to_all_bodies(each: Format) -> None:
    *special, usual = each.layouts
    assert (usual.provider, usual.sign) == (None, None)
    assert all(layout.provider or layout.sign for layout in special)


@pytest.mark.parametrize("each", FORMATS.values(), ids=FORMATS)
def test_every_unit_that_a_format_counts_is_in_the_catalog(each: Format) -> None:
    units = {row.unit for layout in each.layouts for row in layout.rows}
    assert units - {"classifications"} <= set(catalog_units().units)


def test_a_body_that_is_nested_as_deep_as_json_allows_is_read() -> None:
    deep: object = 1
    for _ in range(900):
        deep = {"a_b": [deep]}
    usage = {"prompt_token_count": 5, "candidates_token_count": 1, "total_token_count": 6, "new_count": deep}
    body = {"candidates": [{"content": deep, "finish_reason": "STOP"}], "usage_metadata": usage}
    read = extracted(body, None, "google")
    assert (read.pools.total, len(read.unread)) == (6, 1)
