"""Golden behaviours of the plan catalog: M33 to M36."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.plans import PLANS

CASES = json.loads(Path(__file__).with_name("cases").joinpath("plans.json").read_text("utf-8"))
NANOUSD_PER_USD = 10**9


def cases(group: str, label: str) -> list[Any]:
    return [pytest.param(case, id=f"{case['behaviour']}-{case[label]}") for case in CASES[group]]


@pytest.mark.parametrize("row", cases("catalog", "id"))
def test_every_tier_is_sold_as_published(row: dict[str, Any]) -> None:
    plan = PLANS.find(row["id"])
    assert plan is not None
    assert plan.token_limit == row["tokens"]
    assert plan.run_limit == row["runs"]
    assert plan.requests_per_minute == row["requests_per_minute"]
    assert plan.monthly_price_nanousd == row["usd_monthly"] * NANOUSD_PER_USD
    assert plan.yearly_price_nanousd == row["usd_yearly"] * NANOUSD_PER_USD


@pytest.mark.parametrize(
    "limit", ["token_limit", "run_limit", "requests_per_minute"], ids=lambda x: f"M33-{x}"
)
def test_four_tiers_in_order_have_strictly_increasing_limits(limit: str) -> None:
    assert [plan.id for plan in PLANS.plans] == [row["id"] for row in CASES["catalog"]]
    assert all(getattr(lower, limit) < getattr(higher, limit) for lower, higher in pairwise(PLANS.plans))


@pytest.mark.parametrize("case", cases("unknown_ids", "name"))
def test_an_unknown_plan_id_is_not_taken_for_free(case: dict[str, Any]) -> None:
    assert PLANS.find(case["id"]) is None


@pytest.mark.parametrize("case", cases("yearly", "id"))
def test_a_year_costs_ten_months_and_saves_17_percent(case: dict[str, Any]) -> None:
    plan = PLANS.find(case["id"])
    assert plan is not None
    assert plan.yearly_price_nanousd == case["months_paid"] * plan.monthly_price_nanousd
    assert plan.yearly_saving_percent == case["saving_percent"]


@pytest.mark.parametrize("case", cases("mutations", "field"))
def test_a_returned_plan_cannot_be_mutated_for_everybody(case: dict[str, Any]) -> None:
    plan = PLANS.find("starter")
    assert plan is not None
    before = repr(plan)
    with pytest.raises((AttributeError, TypeError)):
        setattr(plan, case["field"], case["value"])
    assert repr(PLANS.find("starter")) == before
