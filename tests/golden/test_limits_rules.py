"""Golden behaviours of limits, as rules: M24 to M28 and M30 to M32."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.domain.ledger.periods import period_at
from shared.domain.limits.decisions import decide
from shared.domain.limits.limits import LimitOverrides, LimitPolicy, LimitStatus, policy_for, status
from shared.domain.limits.metrics import Consumption, UsageRequest
from shared.domain.prices.money import nanousd_from_decimal
from tests.plans import PLANS

CASES = json.loads(Path(__file__).with_name("cases").joinpath("limits.json").read_text("utf-8"))
NOVEMBER = period_at(None, datetime(2026, 11, 22, 14, tzinfo=UTC))


def cases(group: str) -> list[Any]:
    return [pytest.param(case, id=f"{case['behaviour']}-{case['name']}") for case in CASES[group]]


def nanousd(usd: str) -> int:
    return nanousd_from_decimal(Decimal(usd))


def used_in(case: dict[str, Any]) -> Consumption:
    return Consumption(
        case.get("tokens_used", 0),
        case.get("runs_used", 0),
        case.get("tokens_held", 0),
        cost_nanousd=nanousd(case.get("cost_used_usd", "0")),
        cost_is_complete=case.get("cost_is_complete", True),
    )


def policy_and_status(case: dict[str, Any]) -> tuple[LimitPolicy, LimitStatus]:
    """Return the limits and status of a tenant on the case's plan, by default free, in November 2026."""
    plan = PLANS.find(case.get("plan", "free"))
    assert plan is not None
    if usd := case.get("plan_cost_limit_usd"):
        plan = replace(plan, cost_limit_nanousd=nanousd(usd))
    overrides = LimitOverrides.model_validate(case.get("overrides", {}))
    soft, hard = case.get("default_soft_percent", 80), case.get("default_hard_percent", 100)
    policy = policy_for(plan, overrides, default_soft_percent=soft, default_hard_percent=hard)
    return policy, status(plan, policy, NOVEMBER, used_in(case))


@pytest.mark.parametrize("case", cases("statuses"))
def test_the_status_is_that_of_the_usage(case: dict[str, Any]) -> None:
    _, current = policy_and_status(case)
    assert current.model_dump(mode="json") == case["expected"]


@pytest.mark.parametrize("case", cases("decisions"))
def test_the_decision_allows_what_fits_and_says_why_not(case: dict[str, Any]) -> None:
    policy, current = policy_and_status(case)
    cost = nanousd(case["cost_usd"]) if "cost_usd" in case else None
    request = UsageRequest(case.get("tokens"), case.get("runs"), cost)
    decision = decide(policy, current, used_in(case), request)
    assert decision.allowed is ("code" not in case)
    assert decision.code == case.get("code")
    assert decision.reason == case.get("reason", decision.reason)


@pytest.mark.parametrize("case", cases("thresholds"))
def test_soft_and_hard_thresholds_are_configurable(case: dict[str, Any]) -> None:
    _, current = policy_and_status(case)
    assert (current.soft_limit_reached, current.hard_limit_reached) == (case["soft"], case["hard"])
