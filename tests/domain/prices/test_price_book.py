"""The platform's own prices: the file, and which price holds."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain.errors import InvalidInput
from shared.domain.prices.book_prices import Prices
from shared.domain.prices.catalog import resolve_provider
from shared.domain.prices.price_book import MAX_ENTRIES, PriceBook, PriceEntry, PriceKey
from shared.domain.prices.price_file import TOKEN_KINDS, UNIT_KINDS, format_prices, parse_prices
from shared.domain.prices.priced_models import Price
from shared.domain.prices.pricing import price_of
from shared.domain.prices.token_pools import NO_TOKENS, CallUsage, TokenPools

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TOKENS = CallUsage(TokenPools(1_000, 100, 1_100, 400))
FILE = """
[[price]]
provider = "openai"
model = "gpt-4o"
from = "2026-11-01"
per_million = { input = "2", output = "8", cache_read = "0.5" }

[[price]]
provider = "openai"
model_prefix = "gpt-4o-"
from = 2026-11-01
percent = "-15"

[[price]]
provider = "openai"
model = "gpt-4o"
tenant = "acme"
from = "2026-11-20"
per_million = { input = "1", output = "4" }

[[price]]
provider = "my-vllm"
model = "llama"
from = "2026-01-01"
same_as = "openai/gpt-4o-mini"

[[price]]
provider = "black-forest"
model = "flux"
from = "2026-01-01"
per_unit = { images = "0.04" }
"""


def price(text: str, call: tuple[str, str], usage: CallUsage = TOKENS, **at: Any) -> Price:
    provider, model = call
    prices = Prices(at.get("tenant", "bolt"), PriceBook(7, parse_prices(text)))
    return prices.price_of(resolve_provider(provider), model, at.get("at", NOW), usage)


def listed(model: str) -> int:
    nanousd = price_of(resolve_provider("openai"), model, NOW, TOKENS).nanousd
    assert nanousd is not None
    return nanousd


def test_the_platforms_rates_come_before_the_catalog() -> None:
    expected = 600 * 2_000 + 400 * 500 + 100 * 8_000
    assert price(FILE, ("open_ai", "openai/GPT-4o")) == Price(expected, "book:7")


def test_a_tenants_price_comes_before_the_platforms_from_its_day_on() -> None:
    own = 1_000 * 1_000 + 100 * 4_000
    assert price(FILE, ("openai", "gpt-4o"), tenant="acme").nanousd == own
    before = datetime(2026, 11, 19, 23, 59, 59, tzinfo=UTC)
    assert price(FILE, ("openai", "gpt-4o"), tenant="acme", at=before).source == "book:7"
    assert price(FILE, ("openai", "gpt-4o"), tenant="acme", at=before).nanousd != own
    long_ago = datetime(2026, 10, 31, tzinfo=UTC)
    assert price(FILE, ("openai", "gpt-4o"), at=long_ago).source != "book:7"


def test_a_percentage_changes_each_price_of_the_catalog() -> None:
    assert price(FILE, ("openai", "gpt-4o-mini")) == Price(listed("gpt-4o-mini") * 85 // 100, "book:7")
    flex = CallUsage(TOKENS.pools, price_context={"service_tier": "flex"})
    text = '[[price]]\nprovider = "openai"\nmodel = "gpt-5"\nfrom = "2026-01-01"\npercent = "-50"\n'
    whole = price_of(resolve_provider("openai"), "gpt-5", NOW, flex)
    assert whole.nanousd is not None
    assert price(text, ("openai", "gpt-5"), flex) == whole._replace(
        nanousd=whole.nanousd // 2, source="book:7"
    )


def test_a_model_of_ones_own_costs_the_same_as_another() -> None:
    assert price(FILE, ("my-vllm", "llama")) == Price(listed("gpt-4o-mini"), "book:7")
    assert price(FILE, ("my-vllm", "llama-70b")).nanousd is None


def test_units_that_no_catalog_prices_have_a_price_of_the_platforms() -> None:
    two = CallUsage(NO_TOKENS, {"images": 2})
    assert price(FILE, ("black-forest", "flux"), two) == Price(2 * 40_000_000, "book:7")


def test_a_local_model_costs_what_the_platform_says() -> None:
    text = '[[price]]\nprovider = "ollama"\nmodel_prefix = ""\nfrom = "2026-01-01"\nper_million = {input = "1"}\n'
    with pytest.raises(InvalidInput):
        parse_prices(text)
    text = text.replace('model_prefix = ""', 'model_prefix = "llama"')
    assert price(text, ("ollama", "llama3:70b"), CallUsage(TokenPools(5, 0, 5))) == Price(5_000, "book:7")


def test_the_longest_prefix_holds() -> None:
    rows = [("gpt-", "1"), ("gpt-4o-", "2"), ("gpt-4o-m", "3")]
    text = "".join(
        f'[[price]]\nprovider = "openai"\nmodel_prefix = "{prefix}"\nfrom = "2026-01-01"\n'
        f'per_million = {{ input = "{usd}", output = "0" }}\n'
        for prefix, usd in rows
    )
    found = [price(text, ("openai", model)).nanousd for model in ("gpt-5", "gpt-4o-x", "gpt-4o-mini")]
    assert found == [1_000 * 1_000, 1_000 * 2_000, 1_000 * 3_000]


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        ('from = "2026-11-01"\nper_million', "invalid_date", 2),
        ("percent = -15.5", "invalid_percent", 8),
        ('percent = "-200"', "invalid_percent", 8),
        ('per_million = { thoughts = "1" }', "unknown_unit", 2),
        ("per_million = { input = 2.5 }", "invalid_amount", 2),
        ('per_million = { input = "-1" }', "invalid_amount", 2),
        ("", "price_without_amount", 2),
        ('markup = "3"', "unknown_field", 2),
    ],
)
def test_what_is_wrong_is_refused_by_line(change: str, code: str, line: int) -> None:
    replaced = {
        2: ('per_million = { input = "2", output = "8", cache_read = "0.5" }', change),
        8: ('percent = "-15"', change),
    }
    old, new = replaced[line]
    if code == "invalid_date":
        old, new = 'from = "2026-11-01"', 'from = "yesterday"'
    if code == "unknown_field":
        new = f"{old}\n{change}"
    with pytest.raises(InvalidInput) as refusal:
        parse_prices(FILE.replace(old, new, 1))
    assert [(each.code, each.index) for each in refusal.value.problems] == [(code, line)]
    assert f"line {line}: " in refusal.value.message


SMALLEST = 'provider = "a"\nmodel = "b"\nfrom = "2026-01-01"\npercent = "1"'


@pytest.mark.parametrize(
    ("tables", "code"),
    [
        ([SMALLEST] * 2, "two_prices"),
        (
            [
                'provider = "a"\nmodel = "b"\nfrom = "2026-02-01"\npercent = "1"',
                'provider = "A "\nmodel = "B"\nfrom = "2026-01-01"\npercent = "1"',
            ],
            "dates_out_of_order",
        ),
        (['provider = "a"\nfrom = "2026-01-01"\npercent = "1"'], "price_for_nobody"),
        (
            ['provider = "a"\nmodel = "b"\nmodel_prefix = "c"\nfrom = "2026-01-01"\npercent = "1"'],
            "price_for_nobody",
        ),
        (['provider = "a"\nmodel = "b"\ntenant = ""\nfrom = "2026-01-01"\npercent = "1"'], "invalid_name"),
        (['provider = "a"\nmodel = "b"\nfrom = "2026-01-01"\nsame_as = "gpt"'], "invalid_name"),
        (
            ['provider = "a"\nmodel = "b"\nfrom = "2026-01-01"\npercent = "1"\nper_unit = { images = "1" }'],
            "price_without_amount",
        ),
        (["a = 1"] * 50_000, "too_many_prices"),
        (["= broken"], "invalid_toml"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_contradicts_itself_is_refused(tables: list[str], code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_prices("".join(f"[[price]]\n{table}\n" for table in tables))
    assert code in {each.code for each in refusal.value.problems}


USD = st.decimals(0, 1_000_000, allow_nan=False, places=6)
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(str.strip)


@st.composite
def tables(draw: st.DrawFn) -> str:
    lines = [f"provider = {_quoted(draw(NAMES))}", f"from = {_quoted(str(draw(st.dates())))}"]
    lines.append(f"{draw(st.sampled_from(['model', 'model_prefix']))} = {_quoted(draw(NAMES))}")
    if draw(st.booleans()):
        lines.append(f"tenant = {_quoted(draw(NAMES))}")
    if draw(st.booleans()):
        lines.append(f'percent = "{draw(st.integers(-100, 100))}"')
    else:
        for name, kinds in (("per_million", TOKEN_KINDS), ("per_unit", UNIT_KINDS)):
            rates = draw(st.dictionaries(st.sampled_from(kinds), USD, min_size=1, max_size=3))
            lines.append(
                f"{name} = {{ {', '.join(f'{kind} = {_quoted(str(usd))}' for kind, usd in rates.items())} }}"
            )
    return "\n".join(("[[price]]", *lines, ""))


def _quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(char):08X}" for char in text) + '"'


@given(st.lists(tables(), max_size=4))
def test_a_book_that_is_listed_and_imported_again_is_the_same(found: list[str]) -> None:
    try:
        book = parse_prices("".join(found))
    except InvalidInput:
        assume(False)  # two tables about one model
    again = parse_prices(format_prices(book))
    assert sorted(map(repr, again)) == sorted(map(repr, book))


def test_a_large_book_is_searched_at_once() -> None:
    entries = tuple(
        PriceEntry(
            key=PriceKey(None, "openai", f"model-{number}", None),
            starts=date(2026, 1, 1),
            per_million={"input": Decimal(number), "output": Decimal(0)},
        )
        for number in range(MAX_ENTRIES)
    )
    prices = Prices("acme", PriceBook(1, entries))
    found = prices.price_of(resolve_provider("openai"), "model-4999", NOW, CallUsage(TokenPools(1, 0, 1)))
    assert found.nanousd == 4999 * 1_000
