"""Tests of the file of plans."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import InvalidInput
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plan_file import format_plans, parse_plans
from shared.domain.limits.plans import MAX_LIMIT, Plan
from tests.plans import FREE, PLANS

FREE_TABLE = '[[plan]]\nid = "free"\nname = "Free"\n'


def problems_of(text: str) -> list[tuple[str, str, int | None]]:
    with pytest.raises(InvalidInput) as refusal:
        parse_plans(text)
    return [(each.field, each.code, each.index) for each in refusal.value.problems]


def test_what_is_left_out_is_unlimited_not_sold_and_shown() -> None:
    assert parse_plans(FREE_TABLE).plans == (Plan(id="free", name="Free"),)


def test_every_field_is_read() -> None:
    text = """
[[plan]]
id = "team"
name = "Team ☕"
tokens = 1_000
runs = 20
requests_per_minute = 5
provider_cost_usd = "49.000000001"
soft_percent = 70
hard_percent = 110
alert_percents = [90, 50]
prices = { month = "19.90", year = "199" }
trial_days = 14
visible = false
"""
    (_, team) = parse_plans(FREE_TABLE + text).plans
    assert team == Plan(
        id="team",
        name="Team ☕",
        token_limit=1_000,
        run_limit=20,
        requests_per_minute=5,
        cost_limit_nanousd=49 * 10**9 + 1,
        monthly_price_nanousd=19_900_000_000,
        yearly_price_nanousd=199 * 10**9,
        soft_percent=70,
        hard_percent=110,
        alert_percents=(50, 90),
        trial_days=14,
        is_visible=False,
    )


def test_all_problems_are_reported_at_once_each_with_its_line() -> None:
    text = '[[plan]]\nid = "a"\nname = "A"\ntokens = -1\ncolour = "red"\n\n[[plan]]\nname = " "\nid = "A b"\n'
    assert problems_of(text) == [
        ("tokens", "greater_than_equal", 1),
        ("colour", "unknown_field", 1),
        ("id", "string_pattern_mismatch", 7),
        ("name", "invalid_name", 7),
    ]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("tokens = 0", "tokens"),
        ("runs = -1", "runs"),
        ("tokens = 9007199254740993", "tokens"),
        ("tokens = 1.5", "tokens"),
        ('tokens = "5"', "tokens"),
        ('provider_cost_usd = "-1"', "provider_cost_usd"),
        ('provider_cost_usd = "0"', "provider_cost_usd"),
        ('provider_cost_usd = "9999999"', "provider_cost_usd"),
        ("provider_cost_usd = 5", "provider_cost_usd"),
        ("soft_percent = 0", "soft_percent"),
        ("hard_percent = 1001", "hard_percent"),
        ("alert_percents = []", "alert_percents"),
        ('prices = { month = "0" }', "prices.month"),
        ('prices = { month = "1.005" }', "prices.month"),
        ('prices = { week = "5" }', "prices.week"),
        ('prices = { month = "1", year = "12.01" }', "prices"),
        ("trial_days = 731", "trial_days"),
        ('visible = "no"', "visible"),
        ("limit = 5", "limit"),
    ],
)
def test_a_value_out_of_its_range_is_refused(line: str, field: str) -> None:
    assert [
        problem[0] for problem in problems_of(f'{FREE_TABLE}\n[[plan]]\nid = "a"\nname = "A"\n{line}')
    ] == [field]


@pytest.mark.parametrize(
    "tables",
    [
        FREE_TABLE + '[[plan]]\nid = "gift"\nname = "Gift"',
        '[[plan]]\nid = "gift"\nname = "Gift"',
        FREE_TABLE + 'prices = { month = "1" }',
        "",
    ],
    ids=["two", "another-id", "none", "empty"],
)
def test_exactly_one_plan_is_free_and_it_is_called_free(tables: str) -> None:
    assert problems_of(tables) == [("prices", "one_free_plan", None)]


def test_an_id_is_there_once() -> None:
    assert problems_of(FREE_TABLE + FREE_TABLE)[0] == ("id", "duplicate_plan", None)


@pytest.mark.parametrize(
    ("aliases", "code"),
    [
        ('a = "b"\nb = "a"', "alias_circle"),
        ('a = "a"', "alias_circle"),
        ('a = "b"\nb = "c"\nc = "b"', "alias_circle"),
        ('a = "gold"', "unknown_plan"),
        ("a = 5", "unknown_plan"),
        ('free = "free"', "alias_is_plan"),
        ('"A b" = "free"', "invalid_alias"),
    ],
)
def test_an_alias_that_leads_nowhere_is_refused(aliases: str, code: str) -> None:
    assert {problem[1] for problem in problems_of(f"{FREE_TABLE}[aliases]\n{aliases}")} == {code}


@pytest.mark.parametrize(
    "text", ["plan = 1", "[plans]", "[[plan]]\n[[plan]", "aliases = 3", "[[price]]", "\0"]
)
def test_another_file_is_refused(text: str) -> None:
    assert problems_of(text)[0][0] == "file"


def test_more_plans_than_fit_are_refused() -> None:
    assert problems_of(FREE_TABLE * 101) == [("plan", "too_many_plans", None)]


limits = st.just(MAX_LIMIT) | st.integers(1, MAX_LIMIT)
names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=80)


@given(st.lists(st.tuples(names, limits, limits, st.integers(1, 99_999_900)), max_size=4))
def test_a_catalog_reads_back_from_its_file(rows: list[tuple[str, int, int, int]]) -> None:
    plans = tuple(
        Plan(
            id=f"p{at}",
            name=name,
            token_limit=tokens,
            cost_limit_nanousd=cost,
            yearly_price_nanousd=cents * 10**7,
        )
        for at, (name, tokens, cost, cents) in enumerate(rows)
    )
    catalog = PlanCatalog(plans=(FREE, *plans), aliases={"gratis": "free"})
    assert parse_plans(format_plans(catalog)).has_content_of(catalog)


def test_the_default_file_reads_back_whole() -> None:
    assert parse_plans(format_plans(PLANS)).has_content_of(PLANS)
    assert replace(PLANS.plans[0], name="Free") == FREE
