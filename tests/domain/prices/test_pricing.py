"""Tests of pricing: agreement with genai-prices over its whole catalog, and the caches."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, localcontext
from functools import cache

import pytest
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    Provider,
    StartDateConstraint,
    TimeOfDateConstraint,
    Usage,
)
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.prices import pricing
from shared.domain.prices.catalog import MAX_CACHED_NAMES, catalog_providers, catalog_units, resolve_provider
from shared.domain.prices.money import nanousd_from_decimal
from shared.domain.prices.priced_models import FREE_MODEL_SUFFIX, Price, PricedModel
from shared.domain.prices.pricing import UNKNOWN_PRICE, price_of
from shared.domain.prices.providers import LOCAL_PROVIDERS
from shared.domain.prices.rates import cost_nanousd
from shared.domain.prices.token_pools import MAX_TOKENS, CallUsage, TokenPools

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
SMALL = TokenPools(1000, 400, 1400, 300, 200, 50, 150)
BEYOND_EVERY_TIER = TokenPools(3_000_001, 70_001, 3_070_002, 1_000_003, 1_000_007, 500_009, 10_001)


@cache
def catalog() -> list[tuple[Provider, ModelInfo]]:
    return [(provider, model) for provider in catalog_providers() for model in provider.models]


@st.composite
def pools_of_any_size(draw: st.DrawFn) -> TokenPools:
    size = draw(st.sampled_from([1, 100, 128_000, 300_000, 10**9, MAX_TOKENS]))
    input_, output = draw(st.integers(0, size)), draw(st.integers(0, size))
    read = draw(st.integers(0, input_))
    write = draw(st.integers(0, input_ - read))
    long, reasoning = draw(st.integers(0, write)), draw(st.integers(0, output))
    return TokenPools(input_, output, input_ + output, read, write, long, reasoning)


def instants(model: ModelInfo) -> Iterator[datetime]:
    """Return an instant in every interval in which the model has one price."""
    hours = [time(hour, 30) for hour in (0, 2, 8, 12, 20)]
    days = [NOW.date()]
    if isinstance(model.prices, list):
        starts = (dated.constraint for dated in model.prices)
        days += [one.start_date for one in starts if isinstance(one, StartDateConstraint)]
        days += [day - timedelta(days=1) for day in days]
        return (datetime.combine(day, hour, UTC) for day in days for hour in hours)
    return iter([NOW])


def library_nanousd(provider: Provider, model: ModelInfo, at: datetime, pools: TokenPools) -> int | None:
    """Return the price of genai-prices, or None if it lacks a price for input or output tokens that are used."""
    prices = model.get_prices(at)
    if prices.input_mtok is None and (pools.input or prices.output_mtok is None):
        return None
    if pools.output and prices.output_mtok is None:
        return None
    usage = Usage(
        input_tokens=pools.input,
        output_tokens=pools.output,
        cache_read_tokens=pools.cache_read,
        cache_write_tokens=pools.cache_write,
        cache_write_1h_tokens=pools.cache_write_1h,
        output_reasoning_tokens=pools.reasoning,
    )
    with localcontext(prec=60):
        return nanousd_from_decimal(model.calc_price(usage, provider, genai_request_timestamp=at).total_price)


def our_nanousd(provider: Provider, model: ModelInfo, at: datetime, pools: TokenPools) -> int | None:
    return cost_nanousd(PricedModel(provider, model).rates_at(at), pools)


def price(provider: str, model: str, at: datetime, usage: CallUsage) -> Price:
    return price_of(resolve_provider(provider), model, at, usage)


def is_marked_free(model: ModelInfo, at: datetime) -> bool:
    return model.id.endswith(FREE_MODEL_SUFFIX) and not vars(model.get_prices(at))


@pytest.mark.parametrize("pools", [SMALL, BEYOND_EVERY_TIER], ids=["small", "beyond-every-tier"])
def test_every_model_costs_the_same_as_in_the_library_at_every_time(pools: TokenPools) -> None:
    different = [
        (provider.id, model.id, at)
        for provider, model in catalog()
        for at in instants(model)
        if not is_marked_free(model, at)
        and our_nanousd(provider, model, at, pools) != library_nanousd(provider, model, at, pools)
    ]
    assert different == []


@given(st.integers(0), pools_of_any_size())
def test_any_pools_cost_the_same_as_in_the_library(index: int, pools: TokenPools) -> None:
    provider, model = catalog()[index % len(catalog())]
    if not is_marked_free(model, NOW):
        assert our_nanousd(provider, model, NOW, pools) == library_nanousd(provider, model, NOW, pools)


@given(pools_of_any_size())
def test_the_path_through_the_library_agrees_with_the_integer_path(pools: TokenPools) -> None:
    plain = price("anthropic", "claude-opus-4-5", NOW, CallUsage(pools))
    searched = price("anthropic", "claude-opus-4-5", NOW, CallUsage(pools, {"web_searches": 3}))
    assert plain.nanousd is not None
    assert searched.nanousd == plain.nanousd + 3 * 10 * 10**9 // 1000


def test_a_price_is_exact_however_many_decimals_it_has() -> None:
    finest = max(
        -int(price.as_tuple().exponent)
        for _, model in catalog()
        for at in instants(model)
        for price in vars(model.get_prices(at)).values()
        if isinstance(price, Decimal)
    )
    assert finest > 15  # tokens times such a price need more than the 28 digits of a default Decimal context


def test_text_and_tool_prompts_have_no_price_of_their_own_in_the_catalog() -> None:
    """Fail when a new catalog prices a unit that extraction leaves out of `other_units`."""
    left_out = {
        unit.price_key
        for unit in catalog_units().units.values()
        if unit.dimensions.get("modality") == "text" or unit.dimensions.get("token_type") == "tool"
    } - {"input_text_messages_kcount"}
    priced = {key for _, model in catalog() for at in instants(model) for key in vars(model.get_prices(at))}
    assert priced & left_out == set()


def test_a_model_without_any_dated_price_is_unpriced(monkeypatch: pytest.MonkeyPatch) -> None:
    openai = next(provider for provider in catalog_providers() if provider.id == "openai")
    listed = next(model for model in openai.models if model.id == "gpt-4o")
    monkeypatch.setattr(openai, "models", [ModelInfo(id="gpt-4o", match=listed.match)])
    assert price("OpenAI", "gpt-4o-with-no-price", NOW, CallUsage(SMALL)) == UNKNOWN_PRICE


def test_names_are_found_in_any_case() -> None:
    assert price(" OpenAI ", "GPT-4o-2024-08-06", NOW, CallUsage(SMALL)) == price(
        "openai", "gpt-4o", NOW, CallUsage(SMALL)
    )


def test_unknown_names_do_not_fill_the_memory() -> None:
    for number in range(MAX_CACHED_NAMES + 10):
        assert price(f"invented-{number}", "model", NOW, CallUsage(SMALL)) == UNKNOWN_PRICE
    assert pricing.listed_price.cache_info().currsize <= MAX_CACHED_NAMES
    assert resolve_provider.cache_info().currsize <= MAX_CACHED_NAMES


@pytest.mark.parametrize("provider", sorted(LOCAL_PROVIDERS))
def test_no_local_provider_is_in_the_catalog(provider: str) -> None:
    assert provider == provider.lower()
    assert provider not in {sold.id for sold in catalog_providers()}


def test_dated_prices_are_kept_apart() -> None:
    openai = next(provider for provider in catalog_providers() if provider.id == "openai")
    o3 = next(model for model in openai.models if model.id == "o3")
    assert isinstance(o3.prices, list)
    assert all(isinstance(dated, ConditionalPrice) for dated in o3.prices)
    cut = datetime.combine(date(2025, 6, 10), time(), UTC)
    before = our_nanousd(openai, o3, cut - timedelta(microseconds=1), TokenPools(1, 0, 1))
    assert (before, our_nanousd(openai, o3, cut, TokenPools(1, 0, 1))) == (10 * 1000, 2 * 1000)


def test_prices_change_on_full_minutes() -> None:
    """Fail when a new catalog has a price that begins within a minute: PricedModel remembers rates by the minute."""
    constraints = [
        dated.constraint for _, model in catalog() if isinstance(model.prices, list) for dated in model.prices
    ]
    times = [
        each
        for one in constraints
        if isinstance(one, TimeOfDateConstraint)
        for each in (one.start_time, one.end_time)
    ]
    assert times != []
    assert {(each.second, each.microsecond) for each in times} == {(0, 0)}


def test_rates_follow_the_clock_from_one_minute_to_the_next() -> None:
    for provider, model in catalog():
        if isinstance(model.prices, list) and any(
            isinstance(dated.constraint, TimeOfDateConstraint) for dated in model.prices
        ):
            priced = PricedModel(provider, model)
            for minute in range(0, 24 * 60, 15):
                at = datetime(2026, 11, 25, minute // 60, minute % 60, 59, tzinfo=UTC)
                assert priced.rates_at(at) == PricedModel(provider, model).rates_at(at)


def test_a_call_is_priced_at_the_service_tier_of_its_response() -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    pools = TokenPools(1_000_000, 0, 1_000_000)
    standard = price("openai", "gpt-5", at, CallUsage(pools))
    flex = price("openai", "gpt-5", at, CallUsage(pools, price_context={"service_tier": "flex"}))
    assert flex.nanousd is not None
    assert flex.nanousd * 2 == standard.nanousd


@pytest.mark.parametrize(
    ("context", "unpriced"),
    [
        ({"service_tier": "no-such-tier"}, ("service_tier",)),
        ({"service_tier": "flex", "speed": "fast"}, ("service_tier", "speed")),
        ({"region": "us"}, ("region",)),
    ],
)
def test_a_tier_without_a_price_of_its_own_is_named_and_the_standard_price_kept(
    context: dict[str, str], unpriced: tuple[str, ...]
) -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    pools = TokenPools(1_000_000, 0, 1_000_000)
    standard = price("openai", "gpt-5", at, CallUsage(pools))
    assert price("openai", "gpt-5", at, CallUsage(pools, price_context=context)) == standard._replace(
        unpriced=unpriced
    )


def test_a_tier_that_had_no_price_yet_is_named() -> None:
    flex = CallUsage(SMALL, price_context={"service_tier": "flex"})
    assert price("openai", "gpt-5", datetime(2026, 10, 1, tzinfo=UTC), flex).unpriced == ("service_tier",)


def test_tokens_that_a_tier_leaves_at_the_standard_price_are_named() -> None:
    batch = CallUsage(TokenPools(1_000, 0, 1_000, 400), price_context={"processing": "batch"})
    assert price("openai", "gpt-4.1-mini", NOW, batch).unpriced == ("cache_read_tokens",)


def test_audio_without_a_price_is_not_priced_as_text() -> None:
    heard = CallUsage(TokenPools(1_000, 0, 1_000), {"input_audio_tokens": 600})
    text = CallUsage(TokenPools(400, 0, 400))
    plain = price("openai", "gpt-4.1-mini", NOW, text)
    assert price("openai", "gpt-4.1-mini", NOW, heard) == plain._replace(unpriced=("input_audio_tokens",))


def test_a_call_of_which_nothing_is_priced_has_no_price() -> None:
    seen = CallUsage(TokenPools(600, 0, 600), {"input_image_tokens": 600})
    assert price("cohere", "embed-v4.0", NOW, seen) == Price(None, None, ("input_image_tokens",))


def test_images_for_gemini_cost_what_text_does() -> None:
    pools = TokenPools(1_000, 0, 1_000)
    seen = CallUsage(pools, {"input_image_tokens": 600})
    assert price("google", "gemini-2.5-flash", NOW, seen) == price(
        "google", "gemini-2.5-flash", NOW, CallUsage(pools)
    )


def test_seconds_are_priced_whichever_of_its_two_names_a_model_has() -> None:
    minute = CallUsage(TokenPools(0, 0, 0), {"audio_seconds": Decimal(90)})
    assert price("openai", "whisper-1", NOW, minute).nanousd == 36 * 10**7 * 90 // 3600
    assert price("openai", "gpt-transcribe", NOW, minute).nanousd is not None
