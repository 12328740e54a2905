"""The API shows what runs in progress have reserved: of the plan, and of each budget."""

from datetime import timedelta

import pytest

from tests.http.run_calls import admit, end, record, used
from tests.http.serving import Clock, Functions, Json, succeeded

BUDGETS = "/tenants/acme/budgets"


@pytest.fixture
def owner(functions: Functions, clock: Clock, key: str) -> str:
    """An owner of a tenant whose users have five dollars a day each, and which itself has 1,000 tokens a month."""
    token = functions.sign_in("ada@example.com")
    each: Json = {"scope": {"user_id": "*"}, "amount_usd": "5.00", "window": "day"}
    all_: Json = {"scope": {"tenant": True}, "tokens": 1_000, "window": "month", "on_reach": "warn"}
    succeeded(functions.send("PUT", token, f"{BUDGETS}/users", each))
    succeeded(functions.send("PUT", token, f"{BUDGETS}/all", all_))
    clock.pass_by(timedelta(minutes=2))
    return token


def amounts(use: Json) -> tuple[str, str, str]:
    return use["used"], use["held"], use["left"]


def test_a_budget_shows_what_is_used_held_and_left(functions: Functions, key: str, owner: str) -> None:
    succeeded(admit(functions, key, budget_usd="4.00", hold_tokens=600, user_id="ann"), 201)
    record(functions, key, used(100, user_id="ann"))
    # $0.00004 = 100 tokens at $0.4 a million.
    of_all, of_users = functions.read(owner, BUDGETS)["budgets"]
    assert [amounts(use) for use in of_all["uses"]] == [("100", "500", "400")]
    (of_ann,) = of_users["uses"]
    assert (of_ann["value"], amounts(of_ann)) == ("ann", ("0.00004", "3.99996", "1.00"))
    succeeded(end(functions, key))
    of_all, of_users = functions.read(owner, BUDGETS)["budgets"]
    assert [amounts(use) for use in of_all["uses"]] == [("100", "0", "900")]
    assert amounts(of_users["uses"][0]) == ("0.00004", "0.00", "4.99996")


def test_a_void_in_a_run_lowers_what_is_used_and_never_what_the_run_reserved(
    functions: Functions, key: str, owner: str
) -> None:
    succeeded(admit(functions, key, budget_usd="4.00", hold_tokens=600, user_id="ann"), 201)
    record(functions, key, used(100, id="wrong", user_id="ann"))
    reason = {"reason": "a load test"}
    succeeded(functions.send("POST", owner, "/tenants/acme/events/wrong/void", reason))
    of_all, of_users = functions.read(owner, BUDGETS)["budgets"]
    assert [amounts(use) for use in of_all["uses"]] == [("0", "600", "400")]
    assert amounts(of_users["uses"][0]) == ("0.00", "4.00", "1.00")
    record(functions, key, used(600, user_id="ann"))
    (of_all, _) = functions.read(owner, BUDGETS)["budgets"]
    assert [amounts(use) for use in of_all["uses"]] == [("600", "0", "400")]


def test_a_check_shows_what_is_held_of_the_budget_that_denies_or_warns(
    functions: Functions, key: str, owner: str
) -> None:
    succeeded(admit(functions, key, budget_usd="4.00", hold_tokens=600, user_id="ann"), 201)
    answer = functions.check(key, cost_usd="1.01", tokens=401, user_id="ann")
    assert amounts(answer["budget"]) == ("0.00", "4.00", "1.00")
    warned = functions.check(key, tokens=401, user_id="bob")
    assert [amounts(use) for use in warned["warnings"]] == [("0", "600", "400")]


def test_the_usage_page_has_what_is_held_of_the_plan(functions: Functions, key: str, owner: str) -> None:
    succeeded(admit(functions, key, budget_usd="4.00", hold_tokens=600), 201)
    record(functions, key, used(100))
    status = functions.read(owner, "/tenants/acme/usage")["status"]
    assert (status["tokens_used"], status["tokens_held"]) == (100, 500)
    assert status["tokens_remaining"] == 500_000 - 600
    assert (status["cost_used_usd"], status["cost_held_usd"]) == ("0.00004", "3.99996")
