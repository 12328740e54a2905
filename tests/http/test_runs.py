"""Runs over HTTP, from their admission to their end: what they hold, what they have left, and their trees."""

from datetime import timedelta

from shared.domain.people.audit import Change
from shared.domain.prices.money import usd_string
from shared.domain.prices.price_file import parse_prices
from shared.stores import process_memory
from shared.usecases.prices.manage_prices import change_prices, replacement
from tests.http.run_calls import admit, end, extend, record, used
from tests.http.serving import Clock, Functions, Json, refused, succeeded

IN, OUT = 400, 1_600
"""Nano-USD a token."""


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


def test_recording_reports_a_run_only_if_all_events_are_of_it(functions: Functions, key: str) -> None:
    succeeded(admit(functions, key, hold_tokens=2_000), 201)
    assert record(functions, key, used(1), used(1, run_id="run-2"))["run"] is None
    assert record(functions, key, used(1), used(1, run_id=None))["run"] is None
    assert record(functions, key, used(1, run_id=None))["run"] is None
    assert functions.record(key, used(1))["run"] is None
    again = [record(functions, key, used(1, id="a"))["run"] for _ in range(2)]
    assert again == 2 * [{"remaining_usd": None, "remaining_tokens": 2_000 - 4, "over": False}]
    nothing = {"remaining_usd": None, "remaining_tokens": None, "over": False}
    assert record(functions, key, used(1, run_id="never-admitted"))["run"] == nothing


def test_a_platform_key_learns_what_the_run_of_a_tenant_has_left(functions: Functions, key: str) -> None:
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
    words = "hold_tokens: 59 is less than 60, which is used, kept, or held by children"
    assert problem["detail"] == words
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
