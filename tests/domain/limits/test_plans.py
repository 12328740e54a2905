"""Tests of the plan catalog."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.limits.plans import Plan
from tests.plans import FREE, PLANS

NANOUSD_PER_USD = 10**9


def a_plan(**changes: Any) -> Plan:
    return replace(PLANS.plans[1], **changes)


def test_every_plan_is_found_by_its_id() -> None:
    assert [PLANS.find(plan.id) for plan in PLANS.plans] == list(PLANS.plans)


def test_professional_is_found_by_billings_alias() -> None:
    assert PLANS.find("pro") is PLANS.find("professional") is PLANS.plans[2]


def test_the_free_plan_is_the_first_and_costs_nothing() -> None:
    assert FREE is PLANS.plans[0] is PLANS.find("free")
    assert (FREE.monthly_price_nanousd, FREE.yearly_price_nanousd) == (0, 0)


@given(st.text())
def test_any_other_text_is_an_unknown_plan(text: str) -> None:
    known = {plan.id for plan in PLANS.plans} | {"pro"}
    assert (PLANS.find(text) is None) == (text not in known)


def test_ids_and_names_are_unique() -> None:
    assert len({plan.id for plan in PLANS.plans}) == len(PLANS.plans) == 4
    assert len({plan.name for plan in PLANS.plans}) == len(PLANS.plans) == 4


def test_prices_increase_with_the_tier() -> None:
    monthly = [plan.monthly_price_nanousd for plan in PLANS.plans]
    assert monthly == sorted(set(monthly))


@pytest.mark.parametrize(
    ("yearly_usd", "saving_percent"),
    [(12 * 29, 0), (6 * 29, 50), (10 * 29, 17), (0, 0), (12 * 29 - 1, 0), (12 * 29 - 2, 1)],
)
def test_the_saving_is_rounded_to_the_nearest_percent_of_twelve_months(
    yearly_usd: int, saving_percent: int
) -> None:
    plan = a_plan(
        monthly_price_nanousd=29 * NANOUSD_PER_USD, yearly_price_nanousd=yearly_usd * NANOUSD_PER_USD
    )
    assert plan.yearly_saving_percent == saving_percent


def test_the_saving_follows_the_prices() -> None:
    dearer_year = a_plan(yearly_price_nanousd=11 * PLANS.plans[1].monthly_price_nanousd)
    assert dearer_year.yearly_saving_percent == 8  # 1 / 12 = 8.33 %


def test_the_yearly_price_per_month_is_truncated_to_the_nano_dollar() -> None:
    assert a_plan(yearly_price_nanousd=290 * NANOUSD_PER_USD).yearly_price_per_month_nanousd == 24_166_666_666
    assert a_plan(yearly_price_nanousd=0).yearly_price_per_month_nanousd == 0


def test_the_catalog_itself_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        PLANS.plans[0] = PLANS.plans[3]  # type: ignore[index]
    assert PLANS.plans[0].id == "free"


def test_a_changed_copy_leaves_the_catalog_as_it_was() -> None:
    copy = a_plan(token_limit=1)
    assert copy.token_limit == 1
    assert PLANS.plans[1].token_limit == 500_000


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", " "),
        ("name", ""),
        ("token_limit", 0),
        ("run_limit", -1),
        ("requests_per_minute", 0),
        ("monthly_price_nanousd", -1),
        ("yearly_price_nanousd", -1),
        ("yearly_price_nanousd", 12 * 29 * NANOUSD_PER_USD + 1),
    ],
)
def test_an_invalid_plan_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{field} is {value!r}"):
        a_plan(**{field: value})
