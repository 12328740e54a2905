"""Runs over HTTP, from their admission to their end: what they hold, what is refused, and what they have left."""

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.domain.limits.limits import LimitOverrides
from shared.domain.people.audit import Change
from shared.domain.people.keys import key_id
from shared.domain.prices.money import NANOUSD_PER_USD, usd_string
from shared.domain.prices.price_file import parse_prices
from shared.stores import process_memory
from shared.usecases.prices.manage_prices import change_prices, replacement
from tests.http.serving import Clock, Functions, Json, bearer, refused, succeeded

CALL: Json = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "run_id": "run-1"}
IN, OUT = 400, 1_600
"""Nano-USD a token."""


def ask(functions: Functions, key: str, path: str, **body: Any) -> TestResponse:
    return functions.record_usage.post(f"/v1/runs{path}", json=body, headers=bearer(key))


def admit(functions: Functions, key: str, run_id: str = "run-1", **body: Any) -> TestResponse:
    return ask(functions, key, "", run_id=run_id, **body)


def extend(functions: Functions, key: str, run_id: str = "run-1", **body: Any) -> TestResponse:
    return ask(functions, key, f"/{run_id}/extend", **body)


def end(functions: Functions, key: str, run_id: str = "run-1", **body: Any) -> TestResponse:
    return ask(functions, key, f"/{run_id}/end", **{"status": "completed", **body})


def used(input_: int, output: int = 0, **fields: Any) -> Json:
    return {**CALL, "tokens": {"input_tokens": input_, "output_tokens": output}, **fields}


def record(functions: Functions, key: str, *events: Json) -> Json:
    return succeeded(functions.post_events(key, list(events), "/v1/events?status=true"))


def test_a_run_is_admitted_with_its_hold_and_the_status_beside_it(functions: Functions, key: str) -> None:
    made = succeeded(admit(functions, key, budget_usd="2.50", hold_tokens=40_000, ttl_seconds=600), 201)
    assert made["hold"] == {"usd": "2.50", "tokens": 40_000, "expires_at": "2026-11-20T12:10:00Z"}
    status = made["status"]
    assert (status["tokens_held"], status["cost_held_usd"], status["runs_used"]) == (40_000, "2.50", 1)
    assert status["tokens_remaining"] == 500_000 - 40_000
    assert functions.check(key, tokens=460_001)["code"] == "token_limit_exceeded"
    assert functions.check(key, tokens=460_000)["allowed"] is True


def test_the_same_request_again_is_200_and_another_content_is_a_conflict(
    functions: Functions, key: str
) -> None:
    body: Json = {"budget_usd": "2.50", "user_id": "ann", "tags": {"b": "2", "a": "1"}}
    made = succeeded(admit(functions, key, **body), 201)
    again = succeeded(admit(functions, key, **{**body, "budget_usd": 2.5, "tags": {"a": "1", "b": "2"}}))
    assert again == made
    for change in ({"budget_usd": "2.51"}, {"user_id": "bob"}, {"tags": {"a": "1"}}, {"hold_tokens": 1}):
        refused(admit(functions, key, **{**body, **change}), 409, "run_conflict")
    succeeded(end(functions, key))
    refused(admit(functions, key, **body), 409, "run_ended")


def test_an_estimate_is_the_same_request_after_its_price_has_changed(
    functions: Functions, clock: Clock, key: str
) -> None:
    plan = {"provider": "my-vllm", "model": "llama", "calls": 2}
    plan |= {"max_input_tokens": 10, "max_output_tokens": 5}
    set_price(functions, "1")
    made = succeeded(admit(functions, key, estimate=plan), 201)
    assert made["hold"]["usd"] == "0.00003"
    set_price(functions, "2")
    clock.pass_by(timedelta(minutes=1))
    again = succeeded(admit(functions, key, estimate=plan))
    assert again["hold"] == made["hold"]
    assert succeeded(admit(functions, key, "run-2", estimate=plan), 201)["hold"]["usd"] == "0.00006"


def set_price(functions: Functions, usd: str) -> None:
    model = '[[price]]\nprovider = "my-vllm"\nmodel = "llama"\nfrom = "2026-01-01"\n'
    prices = parse_prices(f'{model}per_million = {{ input = "{usd}", output = "{usd}" }}\n')
    change_prices(process_memory(), replacement(prices), Change("test", functions.clock.now))


@pytest.mark.parametrize(
    ("body", "code", "members"),
    [
        (
            {"hold_tokens": 400_001},
            "token_limit_exceeded",
            {"metric": "tokens", "limit": 500_000, "used": 40_000, "held": 60_000, "asked": 400_001},
        ),
        (
            {"budget_usd": "6.51"},
            "cost_limit_exceeded",
            {"metric": "cost", "limit": "10.00", "used": "1.00", "held": "2.50", "asked": "6.51"},
        ),
    ],
)
def test_a_refusal_names_the_limit_of_the_plan_and_the_way_to_a_larger_one(
    functions: Functions, key: str, body: Json, code: str, members: Json
) -> None:
    limit_cost(functions, usd=10)
    record(functions, key, used(40_000, run_id="other", cost_usd_estimate="1.00"))
    succeeded(admit(functions, key, "first", hold_tokens=60_000, budget_usd="2.50"), 201)
    problem = refused(admit(functions, key, **body), 402, code)
    expected = {**members, "scope": "plan", "resets_at": "2026-12-01T00:00:00Z"}
    assert expected.items() <= problem.items()
    assert problem["upgrade_url"] == "http://localhost:5173/t/acme/upgrade"
    assert (problem["title"], "resets at 2026-12-01" in problem["detail"]) == ("Payment required", True)
    refused(extend(functions, key, **body), 404, "unknown_run")


def limit_cost(functions: Functions, usd: int) -> None:
    entry = Change("test", functions.clock.now).entry("acme", "limits.changed", None, "")
    overrides = LimitOverrides(cost_nanousd=usd * NANOUSD_PER_USD)
    functions.containers["record_usage"].directory.set_limits("acme", overrides, entry)


def test_the_last_run_of_the_plan_is_admitted_and_the_next_is_not(functions: Functions) -> None:
    key = functions.create_tenant(plan="free")
    for number in range(10):
        succeeded(admit(functions, key, f"run-{number}"), 201)
    problem = refused(admit(functions, key, "one-more"), 402, "run_limit_reached")
    members = {"metric": "runs", "limit": 10, "used": 10, "held": 0, "asked": 1}
    assert members.items() <= problem.items()
    refused(admit(functions, key, "child", parent_run_id="run-0"), 402, "run_limit_reached")
    assert succeeded(admit(functions, key, "run-3"))["run_id"] == "run-3"


@pytest.mark.parametrize(
    ("scope", "body"),
    [
        ({"user_id": "ann"}, {"user_id": "ann"}),
        ({"workflow_id": "review"}, {"workflow_id": "review"}),
        ({"api_key": ...}, {}),
        ({"tag": {"name": "feature", "value": "search"}}, {"tags": {"feature": "search"}}),
        ({"tenant": True}, {}),
    ],
)
def test_each_budget_that_applies_to_a_run_holds(
    functions: Functions, key: str, scope: Json, body: Json
) -> None:
    owner = functions.sign_in("ada@example.com")
    other = functions.create_key()
    named = {"api_key": key_id(key)} if "api_key" in scope else scope
    budget = {"scope": named, "tokens": 100, "window": "day"}
    succeeded(functions.send("PUT", owner, "/tenants/acme/budgets/small", budget))
    functions.clock.pass_by(timedelta(minutes=2))
    refusal = refused(admit(functions, key, hold_tokens=101, **body), 402, "budget_exceeded")
    assert (refusal["scope"], refusal["metric"], refusal["asked"]) == ("budget:small", "tokens", 101)
    succeeded(admit(functions, key, hold_tokens=100, **body), 201)
    if "tenant" not in scope:
        succeeded(admit(functions, other, "run-2", hold_tokens=101), 201)


def test_a_refusal_names_the_budget(functions: Functions, key: str) -> None:
    owner = functions.sign_in("ada@example.com")
    budget = {"scope": {"user_id": "*"}, "amount_usd": "5.00", "window": "day"}
    succeeded(functions.send("PUT", owner, "/tenants/acme/budgets/users", budget))
    functions.clock.pass_by(timedelta(minutes=2))
    succeeded(admit(functions, key, "a", budget_usd="4.00", user_id="ann"), 201)
    succeeded(admit(functions, key, "b", budget_usd="4.00", user_id="bob"), 201)
    problem = refused(admit(functions, key, "c", budget_usd="1.01", user_id="ann"), 402, "budget_exceeded")
    expected = {"scope": "budget:users", "metric": "cost", "limit": "5.00", "used": "0.00", "held": "4.00"}
    expected |= {"asked": "1.01", "resets_at": "2026-11-21T00:00:00Z"}
    assert expected.items() <= problem.items()
    succeeded(admit(functions, key, "c", budget_usd="1.00", user_id="ann"), 201)


def test_recording_answers_what_the_run_has_left_and_when_it_is_over(functions: Functions, key: str) -> None:
    succeeded(admit(functions, key, budget_usd="0.001", hold_tokens=2_000), 201)
    first = record(functions, key, used(1_000), used(100, 50))
    left = 1_000_000 - 1_100 * IN - 50 * OUT
    assert first["run"] == {
        "remaining_usd": usd_string(left),
        "remaining_tokens": 2_000 - 1_150,
        "over": False,
    }
    second = record(functions, key, used(850))
    assert second["run"] == {
        "remaining_usd": usd_string(left - 850 * IN),
        "remaining_tokens": 0,
        "over": False,
    }
    third = record(functions, key, used(1))
    assert third["run"] == {"remaining_usd": usd_string(left - 851 * IN), "remaining_tokens": 0, "over": True}
    ended = succeeded(end(functions, key))
    assert ended["used"] == {"usd": usd_string(1_951 * IN + 50 * OUT), "tokens": 2_001}
    assert ended["over"] == {"usd": "0.00", "tokens": 1}


def test_recording_tells_of_a_run_only_if_all_events_are_of_it(functions: Functions, key: str) -> None:
    succeeded(admit(functions, key, hold_tokens=2_000), 201)
    assert record(functions, key, used(1), used(1, run_id="run-2"))["run"] is None
    assert record(functions, key, used(1), used(1, run_id=None))["run"] is None
    assert record(functions, key, used(1, run_id=None))["run"] is None
    assert functions.record(key, used(1))["run"] is None
    again = [record(functions, key, used(1, id="a"))["run"] for _ in range(2)]
    assert again == 2 * [{"remaining_usd": None, "remaining_tokens": 2_000 - 4, "over": False}]
    nothing = {"remaining_usd": None, "remaining_tokens": None, "over": False}
    assert record(functions, key, used(1, run_id="never-admitted"))["run"] == nothing


def test_a_platform_key_is_told_what_the_run_of_a_tenant_has_left(functions: Functions, key: str) -> None:
    platform = functions.create_platform_key()
    succeeded(admit(functions, key, hold_tokens=2_000), 201)
    assert record(functions, platform, used(1, tenant_id="acme"))["run"]["remaining_tokens"] == 1_999


def test_a_run_that_is_no_longer_kept_has_nothing_left(functions: Functions, key: str) -> None:
    functions.record(key, used(1, id="a"))
    process_memory()._usage["acme"].run_ids.clear()
    answer = record(functions, key, used(1, id="a"))
    assert (answer["duplicates"], answer["run"]) == (1, None)


def test_an_unknown_price_makes_the_rest_unknown_and_stops_extensions_and_children(
    functions: Functions, key: str
) -> None:
    succeeded(admit(functions, key, budget_usd="1.00", hold_tokens=5_000), 201)
    assert record(functions, key, used(1, model="gpt-99"))["run"] == {
        "remaining_usd": None,
        "remaining_tokens": 4_999,
        "over": False,
    }
    problem = refused(extend(functions, key, budget_usd="2.00"), 402, "price_unknown")
    assert problem["scope"] == "run:run-1"
    child = admit(functions, key, "child", parent_run_id="run-1", budget_usd="0.10")
    assert refused(child, 402, "price_unknown")["scope"] == "run:run-1"


def test_an_extension_names_the_new_total_and_twice_is_once(functions: Functions, key: str) -> None:
    succeeded(admit(functions, key, budget_usd="1.00"), 201)
    for _ in range(2):
        extended = succeeded(extend(functions, key, budget_usd="3.00", ttl_seconds=7_200))
        assert extended["hold"] == {"usd": "3.00", "tokens": None, "expires_at": "2026-11-20T14:00:00Z"}
        assert extended["status"]["cost_held_usd"] == "3.00"


def test_a_total_below_what_is_used_is_refused(functions: Functions, key: str) -> None:
    succeeded(admit(functions, key, hold_tokens=100), 201)
    record(functions, key, used(60))
    problem = refused(extend(functions, key, hold_tokens=59), 422, "below_drawn")
    assert [(each["field"], each["code"]) for each in problem["errors"]] == [("hold_tokens", "below_drawn")]
    assert succeeded(extend(functions, key, hold_tokens=60))["hold"]["tokens"] == 60


def test_a_hold_that_has_expired_cannot_be_extended(functions: Functions, clock: Clock, key: str) -> None:
    made = succeeded(admit(functions, key, hold_tokens=400_000, ttl_seconds=60), 201)
    clock.pass_by(timedelta(seconds=89))
    refused(admit(functions, key, "next", hold_tokens=400_000), 402, "token_limit_exceeded")
    clock.pass_by(timedelta(seconds=1))
    refused(extend(functions, key, ttl_seconds=60), 409, "hold_expired")
    succeeded(admit(functions, key, "next", hold_tokens=400_000), 201)
    assert made["hold"]["expires_at"] == "2026-11-20T12:01:00Z"
    assert succeeded(end(functions, key))["status"] == "completed"


def test_the_end_frees_what_was_not_used_and_twice_is_the_same(
    functions: Functions, clock: Clock, key: str
) -> None:
    succeeded(admit(functions, key, hold_tokens=400_000), 201)
    record(functions, key, used(1_000))
    first = succeeded(end(functions, key, status="failed", error="Bearer abcdef0123456789"))
    clock.pass_by(timedelta(minutes=1))
    assert succeeded(end(functions, key)) == first
    assert (first["status"], first["ended_at"]) == ("failed", "2026-11-20T12:00:00Z")
    assert functions.check(key)["status"]["tokens_remaining"] == 500_000 - 1_000
    refused(extend(functions, key, hold_tokens=5), 409, "run_ended")


def test_the_id_of_a_run_may_have_slashes(functions: Functions, key: str) -> None:
    succeeded(admit(functions, key, "team/7/end", hold_tokens=5), 201)
    assert succeeded(extend(functions, key, "team/7/end", hold_tokens=6))["run_id"] == "team/7/end"
    assert succeeded(end(functions, key, "team%2F7%2Fend"))["run_id"] == "team/7/end"


def test_a_child_holds_within_its_parent(functions: Functions, key: str) -> None:
    succeeded(admit(functions, key, "root", budget_usd="1.00", own_usd="0.40"), 201)
    child = succeeded(admit(functions, key, "child", parent_run_id="root", budget_usd="0.50"), 201)
    assert child["status"]["cost_held_usd"] == "1.00"
    problem = refused(
        admit(functions, key, "second", parent_run_id="root", budget_usd="0.11"),
        402,
        "parent_budget_exceeded",
    )
    expected = {"scope": "run:root", "metric": "cost", "limit": "1.00", "asked": "0.11"}
    assert expected.items() <= problem.items()
    none_of_this = admit(functions, key, "third", parent_run_id="root", hold_tokens=5)
    assert refused(none_of_this, 402, "parent_budget_exceeded")["metric"] == "tokens"
    succeeded(admit(functions, key, "second", parent_run_id="root", budget_usd="0.10"), 201)
    succeeded(end(functions, key, "root"))
    refused(extend(functions, key, "child", budget_usd="0.60"), 409, "run_ended")
    refused(admit(functions, key, "late", parent_run_id="root"), 409, "parent_ended")


def test_a_parent_of_another_tenant_is_unknown(functions: Functions, key: str) -> None:
    bolt = functions.create_tenant("bolt")
    succeeded(admit(functions, bolt, "theirs", budget_usd=5), 201)
    missing = refused(admit(functions, key, parent_run_id="nobody"), 422, "unknown_parent")
    theirs = refused(admit(functions, key, parent_run_id="theirs"), 422, "unknown_parent")
    assert str(theirs).replace("theirs", "nobody") == str(missing)


def test_a_run_has_at_most_eight_above_it(functions: Functions, key: str) -> None:
    succeeded(admit(functions, key, "run-0"), 201)
    for depth in range(8):
        succeeded(admit(functions, key, f"run-{depth + 1}", parent_run_id=f"run-{depth}"), 201)
    refused(admit(functions, key, "run-9", parent_run_id="run-8"), 422, "tree_too_deep")


def test_a_child_expires_no_later_than_its_parent(functions: Functions, key: str) -> None:
    succeeded(admit(functions, key, "root", ttl_seconds=60), 201)
    child = succeeded(admit(functions, key, "child", parent_run_id="root", ttl_seconds=3_600), 201)
    assert child["hold"]["expires_at"] == "2026-11-20T12:01:00Z"
