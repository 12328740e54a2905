"""A tenant sees which of its runs were refused today, and why."""

from datetime import timedelta

from tests.http.run_calls import admit, extend
from tests.http.serving import Clock, Functions, Json, refused, succeeded

REFUSALS = "/tenants/acme/refusals"


def test_nothing_is_refused_at_first_nor_by_runs_that_are_admitted(functions: Functions, key: str) -> None:
    succeeded(admit(functions, key, budget_usd="1.00"), 201)
    refused(admit(functions, key, budget_usd="2.00"), 409, "run_conflict")
    assert functions.read(key, REFUSALS) == {"day": "2026-11-20", "refused": []}


def test_refusals_are_listed_by_the_limit_with_the_last_reason(
    functions: Functions, clock: Clock, key: str
) -> None:
    owner = functions.sign_in("ada@example.com")
    budget: Json = {"scope": {"user_id": "*"}, "amount_usd": "5.00", "window": "day"}
    succeeded(functions.send("PUT", owner, "/tenants/acme/budgets/users", budget))
    clock.pass_by(timedelta(minutes=2))
    succeeded(admit(functions, key, "a", budget_usd="4.00", user_id="ann"), 201)
    refused(admit(functions, key, "b", hold_tokens=500_001), 402, "token_limit_exceeded")
    for asked in ("1.01", "2.00"):
        refused(admit(functions, key, "b", budget_usd=asked, user_id="ann"), 402, "budget_exceeded")
    refused(extend(functions, key, "a", budget_usd="6.00"), 402, "budget_exceeded")
    clock.pass_by(timedelta(seconds=1))
    last = refused(admit(functions, key, "b", budget_usd="9.00", user_id="<b>bob</b>"), 402)
    of_budget, of_plan = functions.read(owner, REFUSALS)["refused"]
    assert of_budget == {
        "code": "budget_exceeded",
        "scope": "budget:users",
        "value": "<b>bob</b>",
        "count": 4,
        "last_at": "2026-11-20T12:02:01Z",
        "reason": last["detail"],
        "metric": "cost",
        "limit": "5.00",
        "resets_at": "2026-11-21T00:00:00Z",
    }
    assert (of_plan["scope"], of_plan["count"], of_plan["limit"]) == ("plan", 1, "500000")
    assert of_plan["value"] is None


def test_a_price_that_is_unknown_is_reported_too(functions: Functions, key: str) -> None:
    plan = {"provider": "nobody", "model": "x", "calls": 1, "max_input_tokens": 1, "max_output_tokens": 1}
    refused(admit(functions, key, estimate=plan), 402, "price_unknown")
    (only,) = functions.read(key, REFUSALS)["refused"]
    assert (only["code"], only["count"], only["limit"]) == ("price_unknown", 1, None)


def test_yesterdays_refusals_are_not_todays(functions: Functions, clock: Clock, key: str) -> None:
    refused(admit(functions, key, hold_tokens=500_001), 402)
    clock.pass_by(timedelta(days=1))
    assert functions.read(key, REFUSALS)["refused"] == []


def test_a_tenant_sees_its_own_alone(functions: Functions, key: str) -> None:
    other = functions.create_tenant("bolt")
    refused(admit(functions, key, hold_tokens=500_001), 402)
    assert functions.read(other, "/tenants/bolt/refusals")["refused"] == []
