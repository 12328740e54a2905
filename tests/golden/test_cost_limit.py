"""Golden behaviours of the limit in dollars of provider cost, through the deployed functions: M24 to M32."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.people.audit import Change
from shared.domain.prices.money import NANOUSD_PER_USD
from shared.stores import process_memory
from shared.usecases.people.manage_limits import set_limits
from tests.http.serving import Clock, Functions, Json

TEN_DOLLARS = 10 * NANOUSD_PER_USD
CENT = NANOUSD_PER_USD // 100
UNPRICED = {"category": "llm", "provider": "home", "model": "grown", "tokens": {"total_tokens": 1}}


def costing(usd: str, **fields: Any) -> Json:
    """Return a call that its caller prices."""
    return {**UNPRICED, "cost_usd_estimate": usd, **fields}


def limit_cost(functions: Functions, nanousd: int | None) -> None:
    set_limits(process_memory(), "acme", {"cost_nanousd": nanousd}, Change("admin:ada", functions.clock.now))


@pytest.fixture
def key(functions: Functions) -> str:
    """A key of a tenant that may cost $10 in a period."""
    made = functions.create_tenant(plan="starter")
    limit_cost(functions, TEN_DOLLARS)
    return made


@pytest.mark.parametrize(
    ("spent", "left", "code"),
    [
        ("9.99", "0.01", None),
        ("10.00", "0.00", "cost_limit_reached"),
        ("10.01", "0.00", "cost_limit_reached"),
    ],
)
def test_m27_a_tenant_may_cost_ten_dollars_and_no_cent_more(
    spent: str, left: str, code: str | None, functions: Functions, key: str
) -> None:
    functions.record(key, costing(spent))
    other = functions.another()
    for asked in ({}, {"tokens": 1}, {"runs": 1}, {"cost_usd": "0.01"}):
        assert other.check(key, **asked)["code"] == code
    status = other.check(key)["status"]
    assert (status["cost_used_usd"], status["cost_limit_usd"]) == (spent, "10.00")
    assert (status["cost_remaining_usd"], status["hard_limit_reached"]) == (left, code is not None)


def test_m27_a_planned_cost_that_would_not_fit_is_refused_in_words(functions: Functions, key: str) -> None:
    functions.record(key, costing("9.99"))
    asked = functions.check(key, cost_usd="0.010000001")
    assert (asked["allowed"], asked["code"]) == (False, "cost_limit_exceeded")
    assert asked["reason"] == (
        "Plan starter allows $10.00 of provider cost per period and $9.99 is used, so $0.010000001 more would not"
        " fit; it resets at 2026-12-01T00:00:00Z."
    )


def test_m24_unpriced_and_incomplete_calls_make_the_cost_a_lower_bound(
    functions: Functions, key: str
) -> None:
    functions.record(key, costing("10"))
    assert functions.check(key)["status"]["cost_is_complete"] is True
    functions.record(key, UNPRICED)
    asked = functions.check(key)
    assert asked["status"]["cost_is_complete"] is False
    assert "per period and at least $10.00 is used; it resets" in asked["reason"]
    usage = functions.read(key, "/tenants/acme/usage")
    assert usage["aggregate"]["unpriced_calls"] == 1
    assert usage["status"] == asked["status"]


def test_m28_calls_without_a_known_price_never_reach_the_limit_by_themselves(
    functions: Functions, key: str
) -> None:
    functions.record(key, *(UNPRICED for _ in range(50)))
    asked = functions.check(key, cost_usd="10")
    assert (asked["allowed"], asked["status"]["cost_remaining_usd"]) == (True, "10.00")
    assert asked["status"]["cost_is_complete"] is False


def test_m31_an_override_of_the_cost_takes_effect_at_once_and_can_be_taken_back(
    functions: Functions, key: str
) -> None:
    functions.record(key, costing("15"))
    for nanousd, allowed in (
        (TEN_DOLLARS, False),
        (15 * NANOUSD_PER_USD + CENT, True),
        (0, False),
        (None, True),
    ):
        limit_cost(functions, nanousd)
        assert functions.check(key, cost_usd="0.01")["allowed"] is allowed
    status = functions.check(key)["status"]
    assert (status["cost_used_usd"], status["cost_limit_usd"], status["cost_remaining_usd"]) == (
        "15.00",
        None,
        None,
    )
    assert status["cost_usage_percent"] is None


def test_m30_the_cost_of_the_last_period_does_not_count(functions: Functions, key: str, clock: Clock) -> None:
    functions.record(key, costing("10"))
    assert functions.check(key)["allowed"] is False
    clock.pass_by(timedelta(days=11))
    asked = functions.check(key)
    assert (asked["allowed"], asked["status"]["cost_used_usd"]) == (True, "0.00")


def test_m32_the_page_has_the_amounts_at_which_the_cost_warns_and_blocks(
    functions: Functions, key: str
) -> None:
    functions.record(key, costing("1", ts="2026-11-17T00:00:00Z"), costing("4", ts="2026-11-18T12:00:00Z"))
    functions.clock.pass_by(timedelta(days=2, hours=-12))
    usage = functions.read(key, "/tenants/acme/usage")
    limits, forecast = usage["limits"], usage["forecast"]
    assert (
        limits["provider_cost_usd"],
        limits["soft_provider_cost_usd"],
        limits["hard_provider_cost_usd"],
    ) == (
        "10.00",
        "8.00",
        "10.00",
    )
    assert usage["status"]["cost_usage_percent"] == 50.0
    # Five dollars in five days, from the first day with usage.
    assert forecast["cost_usd_at_end"] == "14.00"
    assert forecast["cost_soft_reached_at"] == "2026-11-25T00:00:00Z"
    assert forecast["cost_reached_at"] == "2026-11-27T00:00:00Z"


def test_m34_the_thresholds_of_the_cost_raise_alerts(functions: Functions, key: str) -> None:
    functions.record(key, costing("9"), UNPRICED)
    functions.tick(["acme"])
    alerts = functions.read(key, "/tenants/acme/alerts")["alerts"]
    assert {(each["metric"], each["threshold_percent"]) for each in alerts} == {
        ("cost", 50),
        ("cost", 80),
        ("cost", 90),
    }
    assert {(each["used_usd"], each["limit_usd"], each["used"]) for each in alerts} == {
        ("9.00", "10.00", 9 * NANOUSD_PER_USD)
    }
    assert {each["cost_is_complete"] for each in alerts} == {False}
