"""Tests of extraction: any body gives consistent pools or a declared error."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from genai_prices.types import UsageExtractor
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.metering.extraction import ErrorCode, Extracted, ExtractionError, extract
from shared.domain.metering.response_formats import FORMATS
from shared.domain.metering.response_layouts import Format
from shared.domain.prices.catalog import catalog_providers, catalog_units, resolve_provider
from shared.domain.prices.token_pools import CallUsage, TokenPools

GOLDEN = Path(__file__).parents[2] / "golden" / "cases" / "responses.json"
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
    pools, units, _ = result.usage
    counts_are_positive = min(pools) >= 0 and all(type(n) is int and n > 0 for n in units.values())
    cached_fit = (
        pools.cache_read + pools.cache_write <= pools.input and pools.cache_write_1h <= pools.cache_write
    )
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


def test_every_format_has_a_golden_body() -> None:
    assert {case["format"] for case in READABLE} == set(FORMATS)


def test_an_error_names_the_place_and_the_value() -> None:
    with pytest.raises(ExtractionError) as refusal:
        extracted({"usage": {"prompt_tokens": 1.5, "completion_tokens": 2}}, None, "openai")
    assert str(refusal.value) == "usage.prompt_tokens is 1.5, but must be an integer between 0 and 2^53"


def test_a_contradiction_names_both_places_and_both_values() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 11}}
    with pytest.raises(ExtractionError) as refusal:
        extracted({"usage": usage}, None, "openai")
    assert str(refusal.value) == (
        "usage.prompt_tokens_details.cached_tokens is 11 and "
        "usage.prompt_tokens_details.cache_write_tokens is 0, but usage.prompt_tokens is 10"
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
    assert extracted(body, "openai.responses", "acme") == Extracted(CallUsage(pools), "openai.responses")
    assert extracted(body, "anthropic.messages", "acme") == Extracted(CallUsage(pools), "anthropic.messages")


def test_providers_with_counts_that_openai_lacks_have_a_layout_of_their_own() -> None:
    """Fail when a new catalog adds a count of its own to another provider."""
    openai = {each.api_flavor: counts(each) for each in named_provider_extractors("openai")}
    chat_like = {
        (provider.id, flavour)
        for provider in catalog_providers()
        for flavour in ("chat", "responses")
        for each in provider.extractors or []
        if reads_like(each, flavour) and counts(each) - openai[flavour] and each.api_flavor != "images"
    }
    assert {(f"openai.{flavour}", provider) for provider, flavour in chat_like} == providers_with_own_counts()


def providers_with_own_counts() -> set[tuple[str, str]]:
    """Return every format and provider whose layout has other counts than the format's last one."""
    return {
        (each.name, layout.provider)
        for each in FORMATS.values()
        for layout in each.layouts
        if layout.provider and layout.source != each.layouts[-1].source
    }


def named_provider_extractors(provider_id: str) -> list[UsageExtractor]:
    provider = next(each for each in catalog_providers() if each.id == provider_id)
    return provider.extractors or []


def counts(extractor: UsageExtractor) -> set[tuple[str, str]]:
    return {(str(row.path), row.dest) for row in extractor.mappings}


def reads_like(extractor: UsageExtractor, flavour: str) -> bool:
    input_name = "prompt_tokens" if flavour == "chat" else "input_tokens"
    has_details = flavour == "chat" or "input_tokens_details" in str(extractor.mappings)
    return (
        extractor.root == "usage"
        and any(row.path == input_name for row in extractor.mappings)
        and has_details
    )


def test_the_service_tier_of_openai_is_read() -> None:
    response = {"service_tier": "flex", "usage": {"prompt_tokens": 10, "completion_tokens": 5}}
    assert extracted(response, "openai.chat", "openai").usage.price_context == {"service_tier": "flex"}


def test_a_batch_of_anthropic_is_recognised() -> None:
    response = {"usage": {"input_tokens": 10, "output_tokens": 5, "service_tier": "batch"}}
    assert extracted(response, "anthropic.messages", "anthropic").usage.price_context == {
        "processing": "batch"
    }


@pytest.mark.parametrize("each", FORMATS.values(), ids=FORMATS)
def test_the_last_layout_of_each_format_applies_to_all_bodies(each: Format) -> None:
    *special, usual = each.layouts
    assert (usual.provider, usual.sign) == (None, None)
    assert all(layout.provider or layout.sign for layout in special)


@pytest.mark.parametrize("each", FORMATS.values(), ids=FORMATS)
def test_every_unit_that_a_format_counts_is_in_the_catalog(each: Format) -> None:
    units = {row.unit for layout in each.layouts for row in layout.counts.rows}
    assert units <= set(catalog_units().units)
