"""A run's response tells what it holds, what it has left, what it is over, and how it was ended."""

from datetime import timedelta

from tests.http.run_calls import admit, end, record, used
from tests.http.serving import Clock, Functions, Json, succeeded

RUNS = "/tenants/acme/runs"
NOTHING: Json = dict.fromkeys(("hold", "remaining_usd", "remaining_tokens", "over", "ended_at", "error"))


def budget_of(functions: Functions, key: str, run_id: str = "run-1") -> Json:
    run = functions.read(key, f"{RUNS}/{run_id}")
    return {name: run[name] for name in NOTHING}


def test_a_run_that_only_events_name_has_no_budget(functions: Functions, key: str) -> None:
    record(functions, key, used(100))
    assert budget_of(functions, key) == NOTHING


def test_a_run_has_what_it_holds_and_what_is_left(functions: Functions, key: str) -> None:
    succeeded(admit(functions, key, budget_usd="2.50", hold_tokens=1_000, own_usd="0.50"), 201)
    record(functions, key, used(100))
    assert budget_of(functions, key) == {
        "hold": {
            "usd": "2.50",
            "tokens": 1_000,
            "own_usd": "0.50",
            "own_tokens": 0,
            "expires_at": "2026-11-20T13:00:00Z",
        },
        "remaining_usd": "2.49996",
        "remaining_tokens": 900,
        "over": {"usd": "0.00", "tokens": 0},
        "ended_at": None,
        "error": None,
    }


def test_an_end_releases_the_rest_and_what_comes_later_is_over(
    functions: Functions, clock: Clock, key: str
) -> None:
    succeeded(admit(functions, key, hold_tokens=1_000), 201)
    record(functions, key, used(100))
    clock.pass_by(timedelta(minutes=1))
    succeeded(end(functions, key, status="failed", error="TimeoutError with sk-proj-" + "a" * 40))
    after = budget_of(functions, key)
    assert (after["remaining_tokens"], after["over"]["tokens"]) == (0, 0)
    assert after["ended_at"] == "2026-11-20T12:01:00Z"
    assert after["error"].startswith("TimeoutError with ")
    assert "aaaa" not in after["error"]
    record(functions, key, used(30))
    assert budget_of(functions, key)["over"] == {"usd": "0.00", "tokens": 30}


def test_a_hold_that_has_expired_has_nothing_left(functions: Functions, clock: Clock, key: str) -> None:
    succeeded(admit(functions, key, budget_usd="1.00"), 201)
    clock.pass_by(timedelta(hours=2))
    assert budget_of(functions, key)["remaining_usd"] == "0.00"


def test_what_children_hold_is_not_left_on_the_page_and_unknown_in_a_list(
    functions: Functions, key: str
) -> None:
    succeeded(admit(functions, key, "top", budget_usd="2.00"), 201)
    succeeded(admit(functions, key, "child", parent_run_id="top", budget_usd="0.50"), 201)
    assert budget_of(functions, key, "top")["remaining_usd"] == "1.50"
    tree = functions.read(key, f"{RUNS}/top/tree")["runs"]
    assert [(each["run"]["id"], each["run"]["remaining_usd"]) for each in tree] == [
        ("top", "1.50"),
        ("child", "0.50"),
    ]
    listed = {run["id"]: run["remaining_usd"] for run in functions.read(key, RUNS)["runs"]}
    assert listed == {"top": None, "child": "0.50"}


def test_a_call_without_a_price_leaves_the_rest_unknown(functions: Functions, key: str) -> None:
    succeeded(admit(functions, key, budget_usd="2.00", hold_tokens=500), 201)
    record(functions, key, used(100, provider="nobody", model="x"))
    left = budget_of(functions, key)
    assert (left["remaining_usd"], left["remaining_tokens"]) == (None, 400)
