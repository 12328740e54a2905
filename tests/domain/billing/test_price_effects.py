"""What other prices would do to the margins of a month: an estimate that says what it leaves out."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.billing.margins import Margin, TenantMargin
from shared.domain.billing.price_effects import PriceEffect, PriceEffects
from shared.domain.ledger.counters import OTHER, Series, Totals
from shared.domain.prices.book_prices import Prices
from shared.domain.prices.catalog import resolve_provider
from shared.domain.prices.price_book import PriceBook
from shared.domain.prices.price_file import parse_prices
from shared.domain.prices.token_pools import CallUsage, TokenPools

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOT, MINI, PRO = Series("hosted", "bot"), Series("openai", "gpt-4.1-mini"), Series("google", "gemini-2.5-pro")
USD, MILLION = 10**9, 10**6


def book(version: int, *tables: str) -> PriceBook:
    return PriceBook(
        version, parse_prices("".join(f'[[price]]\nfrom = "2026-11-01"\n{each}\n' for each in tables))
    )


def bot(input_: str, output: str = "0", more: str = "") -> str:
    rates = f'per_million = {{ input = "{input_}", output = "{output}" }}'
    return f'provider = "hosted"\nmodel = "bot"\n{more}\n{rates}'


def tenant(
    series: Mapping[Series, Totals], name: str = "acme", *, revenue: int = 0, cost: int = 0
) -> TenantMargin:
    margin = Margin(revenue_nanousd=revenue * USD, cost_nanousd=cost * USD)
    return TenantMargin(
        month=date(2026, 11, 1),
        tenant_id=name,
        name=name,
        plan="starter",
        margin=margin,
        series=series,
        computed_at=NOW,
    )


def tokens(input_: int, output: int = 0, calls: int = 1, **others: int) -> Totals:
    counted = {"calls": calls, "input_tokens": input_, "output_tokens": output, **others}
    return {name: amount for name, amount in counted.items() if amount}  # type: ignore[misc]  # names of metrics


def effect(before: PriceBook, after: PriceBook, *tenants: TenantMargin) -> PriceEffect:
    effects = PriceEffects(before, after, NOW)
    for each in tenants:
        effects.add(each)
    return effects.effect()


def costs(found: PriceEffect) -> tuple[int, int]:
    return found.cost_before_nanousd, found.cost_after_nanousd


def test_the_tokens_of_the_month_are_priced_before_and_after() -> None:
    used = tenant({BOT: tokens(2 * MILLION, MILLION), MINI: tokens(9 * MILLION)}, revenue=10, cost=4)
    found = effect(book(1, bot("1", "2")), book(2, bot("3", "4")), used)
    assert costs(found) == ((2 * 1 + 2) * USD, (2 * 3 + 4) * USD)
    assert (found.tenants, found.negative_before, found.negative_after) == (1, 0, 0)
    assert found.sentences == (
        "1 tenant used these models this month: $10.00 at the new prices, $4.00 at the present ones.",
        "No tenant would have a negative margin this month, none has one now.",
    )


def test_a_margin_falls_by_the_difference_and_not_by_what_was_recorded() -> None:
    # 6 of 10 dollars are left; the estimate says 4 and then 10: 6 less.
    fine = tenant({BOT: tokens(2 * MILLION, MILLION)}, "fine", revenue=10, cost=4)
    # 5 are left, so it falls below 0.
    falls = tenant({BOT: tokens(2 * MILLION, MILLION)}, "falls", revenue=9, cost=4)
    below = tenant({BOT: tokens(1)}, "below", revenue=0, cost=1)
    found = effect(book(1, bot("1", "2")), book(2, bot("3", "4")), fine, falls, below)
    assert (found.tenants, found.negative_before, found.negative_after) == (3, 1, 2)
    assert found.sentences[1] == "2 tenants would have a negative margin this month, 1 has one now."


def test_who_did_not_use_the_models_is_not_counted() -> None:
    found = effect(book(1), book(2, bot("3")), tenant({MINI: tokens(MILLION)}, cost=1))
    assert (found.tenants, found.negative_before, found.sentences) == (
        0,
        0,
        ("No tenant has used these models this month.",),
    )


@given(
    st.integers(1, 500),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.sampled_from([MINI, PRO, BOT]),
    st.integers(0, 100),
)
def test_equal_calls_cost_as_often_what_one_costs(
    calls: int, input_: int, output: int, series: Series, cached_percent: int
) -> None:
    cached = input_ * cached_percent // 100
    before = book(1, bot("0.15", "0.6", 'tenant = "acme"'))
    after = book(
        2, *(f'provider = "{name}"\nmodel_prefix = "g"\npercent = "50"' for name in ("openai", "google"))
    )
    used = tokens(calls * input_, calls * output, calls, cache_read_tokens=calls * cached)
    found = effect(before, after, tenant({series: used}))
    one = CallUsage(TokenPools(input_, output, input_ + output, cached))
    expected = [
        Prices("acme", prices).price_of(resolve_provider(series.provider), series.model, NOW, one).nanousd
        or 0
        for prices in (before, after)
    ]
    assert found.tenants == 1
    for estimated, each in zip(costs(found), expected, strict=True):
        # Each call is rounded by itself, to half a nanodollar.
        assert abs(estimated - calls * each) <= calls // 2 + 1


@pytest.mark.parametrize(
    ("price", "times"),
    [
        ('model = "gpt-4.1-mini"\npercent = "50"', 1.5),
        ('model_prefix = "gpt-4"\npercent = "-100"', 0),
        ('model = "gpt-4.1-mini"\nsame_as = "openai/gpt-4.1"', 5),
        ('model = "gpt-4.1-mini"\ntenant = "acme"\npercent = "100"', 2),
        ('model = "gpt-4.1-mini"\nper_million = { input = "4" }', 10),
    ],
)
def test_every_kind_of_price_is_estimated(price: str, times: float) -> None:
    found = effect(book(1), book(2, f'provider = "openai"\n{price}'), tenant({MINI: tokens(MILLION)}))
    assert costs(found) == (400_000_000, 400_000_000 * times)


def test_a_tenants_own_price_concerns_nobody_else_and_shields_from_the_platforms() -> None:
    own = bot("1", more='tenant = "acme"')
    users = [tenant({BOT: tokens(MILLION)}, name) for name in ("acme", "bolt")]
    assert costs(effect(book(1, bot("2")), book(2, bot("2"), own), *users)) == (2 * USD, 1 * USD)
    assert costs(effect(book(1, bot("2"), own), book(2, bot("5"), own), *users)) == (2 * USD, 5 * USD)


def test_a_price_that_begins_later_is_estimated_as_if_it_held() -> None:
    present = book(1, bot("1"))
    later = parse_prices(f'[[price]]\nfrom = "2026-12-01"\n{bot("3")}\n')
    found = effect(present, PriceBook(2, present.entries + later), tenant({BOT: tokens(MILLION)}))
    assert costs(found) == (1 * USD, 3 * USD)
    assert found.sentences[2] == "These are the prices of 2026-12-01, when the last of the changes holds."


def test_what_had_no_price_or_loses_it_is_said() -> None:
    found = effect(book(1), book(2, bot("3")), tenant({BOT: tokens(MILLION)}))
    assert costs(found) == (0, 3 * USD)
    assert found.sentences[2] == "hosted/bot: without a price now, so the cost before counts as $0.00."
    found = effect(book(1, bot("3")), book(2), tenant({BOT: tokens(MILLION)}))
    assert costs(found) == (3 * USD, 0)
    assert found.sentences[2] == "hosted/bot: without a price afterwards, so the cost after counts as $0.00."


def test_models_on_ones_own_machines_cost_nothing_without_a_price() -> None:
    local = Series("ollama", "llama3")
    price = 'provider = "ollama"\nmodel = "llama3"\nper_million = { input = "1" }'
    found = effect(book(1), book(2, price), tenant({local: tokens(MILLION)}))
    assert costs(found) == (0, 1 * USD)
    assert len(found.sentences) == 2


def test_what_sums_do_not_tell_apart_is_left_out_and_said() -> None:
    price = """provider = "hosted"\nmodel = "bot"
per_million = { input = "1", input_audio = "9", cache_write_1h = "3" }\nper_unit = { images = "0.04" }"""
    found = effect(book(1), book(2, price), tenant({BOT: tokens(MILLION)}))
    assert costs(found) == (0, 1 * USD)
    assert (
        found.sentences[-1]
        == "Left out, because sums do not tell them apart: cache_write_1h, images, input_audio."
    )


def test_a_name_that_is_counted_under_another_is_left_out_and_said() -> None:
    price = 'provider = "openai"\nmodel = "gpt-4.1-mini-2025-04-14"\npercent = "50"'
    found = effect(book(1), book(2, price), tenant({MINI: tokens(MILLION)}))
    assert found.tenants == 0
    assert found.sentences[-1] == (
        "Left out: calls to gpt-4.1-mini-2025-04-14 are counted under gpt-4.1-mini."
    )


def test_models_that_are_not_kept_by_name_are_left_out_and_said() -> None:
    series = {BOT: tokens(MILLION), OTHER: tokens(7 * MILLION)}
    found = effect(book(1, bot("1")), book(2, bot("2")), tenant(series))
    assert costs(found) == (1 * USD, 2 * USD)
    assert found.sentences[-1] == (
        "1 tenant used more models than are kept by name; the smallest are left out."
    )


def test_an_estimate_that_was_cut_says_so() -> None:
    effects = PriceEffects(book(1), book(2, bot("1")), NOW)
    found = effects.effect(10_000)
    assert (found.is_cut, found.sentences[-1]) == (True, "Only the first 10,000 tenants were looked at.")
