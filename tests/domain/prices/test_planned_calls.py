"""What planned calls cost at most: as many times the cost of the event that one of them is recorded with."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.metering.event_costs import RecordingTerms
from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.recording import prepare
from shared.domain.metering.tokens import TokenCounts
from shared.domain.prices.book_prices import LIST_PRICES, Prices
from shared.domain.prices.costs import EventCost
from shared.domain.prices.planned_calls import PlannedCalls, most_nanousd
from shared.domain.prices.price_book import PriceBook
from shared.domain.prices.price_file import parse_prices

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BOOK = """
[[price]]
provider = "openai"
model = "gpt-4.1-mini"
from = "2026-11-01"
per_million = { input = "2", output = "8", cache_read = "0.5" }

[[price]]
provider = "openai"
model = "gpt-4.1-mini"
tenant = "acme"
from = "2026-11-01"
per_million = { input = "1", output = "4" }

[[price]]
provider = "openai"
model = "gpt-4o"
from = "2026-12-01"
percent = "-15"
"""
BOOKED = PriceBook(7, parse_prices(BOOK))


def planned(
    provider: str, model: str, *, calls: int = 1, input_: int = 8_000, output: int = 1_000
) -> PlannedCalls:
    return PlannedCalls(provider, model, calls, input_, output)


def recorded(calls: PlannedCalls, prices: Prices) -> EventCost:
    """Return the cost of one of the calls, as its event has it."""
    tokens = TokenCounts(input_tokens=calls.max_input_tokens, output_tokens=calls.max_output_tokens)
    event = MeteringEvent.model_validate(
        {"category": "llm", "provider": calls.provider, "model": calls.model, "tokens": tokens}
    )
    return prepare(event, prices.tenant_id, NOW, RecordingTerms(prices)).cost


def test_the_calls_cost_what_their_tokens_cost_at_list_price() -> None:
    calls = planned("openai", "gpt-4.1-mini", calls=20)
    assert most_nanousd(calls, LIST_PRICES, NOW) == 20 * (8_000 * 400 + 1_000 * 1_600)


def test_a_long_context_has_the_price_of_its_tier() -> None:
    short, long = (planned("google", "gemini-2.5-pro", input_=tokens) for tokens in (200_000, 200_001))
    assert most_nanousd(short, LIST_PRICES, NOW) == 200_000 * 1_250 + 1_000 * 10_000
    assert most_nanousd(long, LIST_PRICES, NOW) == 200_001 * 2_500 + 1_000 * 15_000


@pytest.mark.parametrize(("tenant", "input_", "output"), [("bolt", 2_000, 8_000), ("acme", 1_000, 4_000)])
def test_the_tenants_price_comes_before_the_platforms(tenant: str, input_: int, output: int) -> None:
    calls = planned("openai", "gpt-4.1-mini")
    assert most_nanousd(calls, Prices(tenant, BOOKED), NOW) == 8_000 * input_ + 1_000 * output


def test_a_price_that_is_not_in_force_yet_does_not_count() -> None:
    calls = planned("openai", "gpt-4o")
    assert most_nanousd(calls, Prices("acme", BOOKED), NOW) == most_nanousd(calls, LIST_PRICES, NOW)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-99"),
        ("nobody", "gpt-4.1-mini"),
        ("openrouter", "gpt-4.1-mini"),
        ("litellm", "openai/gpt-99"),
        ("openrouter", "openai/gpt-4o:online"),
    ],
)
def test_an_unknown_price_is_not_known_and_never_zero(provider: str, model: str) -> None:
    calls = planned(provider, model)
    assert most_nanousd(calls, LIST_PRICES, NOW) is None
    assert recorded(calls, LIST_PRICES).status in ("unknown", "incomplete")


def test_a_model_on_the_callers_own_machine_costs_nothing() -> None:
    assert most_nanousd(planned("ollama", "llama3"), LIST_PRICES, NOW) == 0


@given(
    name=st.sampled_from(
        [
            *[
                ("openai", each)
                for each in ("gpt-4.1-mini", "gpt-4o", "gpt-5", "gpt-4o-audio-preview", "nope")
            ],
            *[("anthropic", each) for each in ("claude-sonnet-4-5", "claude-3-5-haiku-latest")],
            *[("google", each) for each in ("gemini-2.5-pro", "gemini-2.5-flash")],
            *[("openrouter", each) for each in ("openai/gpt-4o", "anthropic/claude-sonnet-4")],
            ("bedrock", "anthropic.claude-3-haiku-20240307-v1:0"),
            ("openrouter", "openai/gpt-4o:online"),
            ("ollama", "llama3"),
        ]
    ),
    calls=st.integers(1, 1_000_000),
    input_=st.sampled_from([1, 2, 3, 1_000, 128_000, 200_000, 200_001, 10**6]),
    output=st.sampled_from([0, 1, 3, 1_000, 64_000]),
    tenant=st.sampled_from(["acme", "bolt"]),
)
def test_it_is_the_number_of_calls_times_the_cost_of_the_same_event(
    name: tuple[str, str], calls: int, input_: int, output: int, tenant: str
) -> None:
    plan, prices = planned(*name, calls=calls, input_=input_, output=output), Prices(tenant, BOOKED)
    cost = recorded(plan, prices)
    expected = calls * (cost.nanousd or 0) if cost.status == "exact" else None
    assert most_nanousd(plan, prices, NOW) == expected
