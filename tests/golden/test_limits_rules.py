"""Golden behaviours of limits, as rules: M24 to M28 and M30 to M32."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.domain.ledger.periods import period_at
from shared.domain.limits.limits import (
    Consumption,
    LimitOverrides,
    LimitPolicy,
    LimitStatus,
    decide,
    policy_for,
    status,
)
from tests.plans import PLANS

CASES = json.loads(Path(__file__).with_name("cases").joinpath("limits.json").read_text("utf-8"))
NOVEMBER = period_at(None, datetime(2026, 11, 22, 14, tzinfo=UTC))


def cases(group: str) -> list[Any]:
    return [pytest.param(case, id=f"{case['behaviour']}-{case['name']}") for case in CASES[group]]


def policy_and_status(case: dict[str, Any]) -> tuple[LimitPolicy, LimitStatus]:
    """Return the limits and status of a tenant on the case's plan, by default free, in November 2026."""
    plan = PLANS.find(case.get("plan", "free"))
    assert plan is not None
    overrides = LimitOverrides.model_validate(case.get("overrides", {}))
    soft, hard = case.get("default_soft_percent", 80), case.get("default_hard_percent", 100)
    policy = policy_for(plan, overrides, default_soft_percent=soft, default_hard_percent=hard)
    used = Consumption(case["tokens_used"], case.get("runs_used", 0), case.get("tokens_held", 0))
    return policy, status(plan, policy, NOVEMBER, used)


@pytest.mark.parametrize("case", cases("statuses"))
def test_the_status_is_that_of_the_usage(case: dict[str, Any]) -> None:
    _, current = policy_and_status(case)
    assert current.model_dump(mode="json") == case["expected"]


@pytest.mark.parametrize("case", cases("decisions"))
def test_the_decision_allows_what_fits_and_says_why_not(case: dict[str, Any]) -> None:
    policy, current = policy_and_status(case)
    decision = decide(policy, current, tokens=case.get("tokens"), runs=case.get("runs"))
    assert decision.allowed is ("code" not in case)
    assert decision.code == case.get("code")
    assert decision.reason == case.get("reason", decision.reason)


@pytest.mark.parametrize("case", cases("thresholds"))
def test_soft_and_hard_thresholds_are_configurable(case: dict[str, Any]) -> None:
    _, current = policy_and_status(case)
    assert (current.soft_limit_reached, current.hard_limit_reached) == (case["soft"], case["hard"])
