"""Golden behaviours of runs with a hold, through the deployed functions: H1 to H6."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.people.audit import Change
from shared.domain.prices.money import NANOUSD_PER_USD
from shared.stores import process_memory
from shared.usecases.people.manage_limits import set_limits
from tests.golden.test_cost_limit import UNPRICED, costing
from tests.http.serving import Clock, Functions, Json, bearer, refused, succeeded

MEMBERS = ("used", "held", "limit")


def post(functions: Functions, key: str, path: str, body: Json) -> TestResponse:
    """Ask from a client of its own, so that many can ask at once."""
    client = functions.record_usage.application.test_client()
    return client.post(f"/v1/runs{path}", json=body, headers=bearer(key))


def admit(functions: Functions, key: str, run_id: str, **body: Any) -> TestResponse:
    return post(functions, key, "", {"run_id": run_id, **body})


def extend(functions: Functions, key: str, run_id: str, **body: Any) -> TestResponse:
    return post(functions, key, f"/{run_id}/extend", body)


def end(functions: Functions, key: str, run_id: str) -> TestResponse:
    return post(functions, key, f"/{run_id}/end", {"status": "completed"})


def limit(functions: Functions, **limits: int) -> None:
    """Set limits of the tenant, which may ask as often as it likes."""
    limits = {"requests_per_minute": MAX_LIMIT, **limits}
    set_limits(process_memory(), "acme", limits, Change("admin:ada", functions.clock.now))


def tokens(amount: int, run_id: str) -> Json:
    return {**UNPRICED, "tokens": {"total_tokens": amount}, "run_id": run_id}


@pytest.mark.parametrize(
    ("limits", "hold", "code"),
    [
        ({"tokens": 10 * 100 + 99}, {"hold_tokens": 100}, "token_limit_exceeded"),
        ({"cost_nanousd": 10 * NANOUSD_PER_USD}, {"budget_usd": "1.00"}, "cost_limit_reached"),
        ({"runs": 10}, {}, "run_limit_reached"),
    ],
)
def test_h1_exactly_as_many_runs_are_admitted_as_fit_however_many_ask_at_once(
    limits: dict[str, int], hold: Json, code: str, functions: Functions, key: str
) -> None:
    limit(functions, **limits)
    instances = [functions, functions.another()]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: admit(instances[n % 2], key, f"run-{n}", **hold), range(50)))
    assert [answer.status_code for answer in answers].count(201) == 10
    assert {refused(answer, 402)["code"] for answer in answers if answer.status_code != 201} == {code}


def test_h2_what_is_held_and_not_used_comes_back_at_the_end(functions: Functions, key: str) -> None:
    limit(functions, tokens=1_000)
    succeeded(admit(functions, key, "first", hold_tokens=1_000), 201)
    functions.record(key, tokens(300, "first"))
    refused(admit(functions, key, "second", hold_tokens=1), 402, "token_limit_reached")
    assert succeeded(end(functions, key, "first"))["used"]["tokens"] == 300
    refused(admit(functions, key, "second", hold_tokens=1_000 - 300 + 1), 402, "token_limit_exceeded")
    succeeded(admit(functions, key, "second", hold_tokens=1_000 - 300), 201)


def test_h2_what_is_held_and_not_used_comes_back_after_expiry(
    functions: Functions, clock: Clock, key: str
) -> None:
    limit(functions, cost_nanousd=10 * NANOUSD_PER_USD)
    succeeded(admit(functions, key, "first", budget_usd="10.00", ttl_seconds=600), 201)
    functions.record(key, costing("4.00", run_id="first"))
    clock.pass_by(timedelta(seconds=600 + 29))
    problem = refused(admit(functions, key, "second", budget_usd="6.00"), 402, "cost_limit_reached")
    assert [problem[member] for member in MEMBERS] == ["4.00", "6.00", "10.00"]
    clock.pass_by(timedelta(seconds=1))
    succeeded(admit(functions, key, "second", budget_usd="6.00"), 201)


def test_h3_a_child_draws_from_its_parent(functions: Functions, key: str) -> None:
    limit(functions, cost_nanousd=10 * NANOUSD_PER_USD)
    succeeded(admit(functions, key, "parent", budget_usd="10.00", own_usd="1.00"), 201)
    family = {"parent_run_id": "parent"}
    succeeded(admit(functions, key, "child", budget_usd="5.00", **family), 201)
    assert functions.check(key)["status"]["cost_held_usd"] == "10.00", "that of the child is a part of it"
    too_much = admit(functions, key, "second", budget_usd="4.01", **family)
    assert refused(too_much, 402, "parent_budget_exceeded")["scope"] == "run:parent"
    functions.record(key, costing("3.00", run_id="child"))
    succeeded(end(functions, key, "child"))
    refused(admit(functions, key, "second", budget_usd="6.01", **family), 402, "parent_budget_exceeded")
    succeeded(admit(functions, key, "second", budget_usd="6.00", **family), 201)
    succeeded(end(functions, key, "parent"))
    refused(extend(functions, key, "second", budget_usd="6.50"), 409, "run_ended")
    succeeded(admit(functions, key, "next", budget_usd="7.00"), 201)


def test_h4_admitting_extending_and_ending_twice_is_the_same_as_once(
    functions: Functions, clock: Clock, key: str
) -> None:
    limit(functions, tokens=1_000, runs=1)
    first = succeeded(admit(functions, key, "run", hold_tokens=400), 201)
    clock.pass_by(timedelta(seconds=5))
    assert succeeded(admit(functions.another(), key, "run", hold_tokens=400)) == first
    for _ in range(2):
        extended = succeeded(extend(functions, key, "run", hold_tokens=600))
        assert (extended["hold"]["tokens"], extended["status"]["tokens_held"]) == (600, 600)
    functions.record(key, tokens(100, "run"))
    ended = succeeded(end(functions, key, "run"))
    clock.pass_by(timedelta(seconds=5))
    assert succeeded(end(functions.another(), key, "run")) == ended
    status = functions.check(key)["status"]
    assert (status["runs_used"], status["tokens_used"], status["tokens_held"]) == (1, 100, 0)


def test_h5_recording_is_never_refused_for_a_budget(functions: Functions, key: str) -> None:
    limit(functions, tokens=500)
    succeeded(admit(functions, key, "run", hold_tokens=500), 201)
    recorded = functions.record(key, tokens(400, "run"), tokens(400, "run"))
    assert (recorded["accepted"], recorded["rejected"]) == (2, [])
    ended = succeeded(end(functions, key, "run"))
    assert (ended["used"]["tokens"], ended["over"]["tokens"]) == (800, 800 - 500)
    assert functions.record(key, tokens(1, "run"))["accepted"] == 1
    assert functions.check(key)["status"]["tokens_used"] == 800 + 1, "it counts in full"


def test_h5_recording_costs_what_it_did(functions: Functions, key: str) -> None:
    """Still one call of the store, which is one commit on Firestore, and no reading of what is held."""
    functions.record(key, tokens(1, "warm-up"))
    without = calls_of_recording(functions, key, "plain")
    succeeded(admit(functions, key, "held", hold_tokens=500, user_id="ann"), 201)
    assert calls_of_recording(functions, key, "held") == without == ["record"]


def calls_of_recording(functions: Functions, key: str, run_id: str) -> list[str]:
    """Return the calls to the store that recording an event makes."""
    store, calls = process_memory(), list[str]()

    def noting(name: str, method: Any) -> Any:
        def noted(*args: Any, **named: Any) -> Any:
            calls.append(name)
            return method(*args, **named)

        return noted

    with pytest.MonkeyPatch.context() as patch:
        for name in ("record", "read", "save_admission", "count_runs", "find_run"):
            patch.setattr(store, name, noting(name, getattr(store, name)))
        functions.record(key, tokens(1, run_id))
    return calls


def test_h6_a_run_of_an_unknown_price_is_refused_or_held_at_a_ceiling(functions: Functions, key: str) -> None:
    planned = {"calls": 2, "max_input_tokens": 1_000, "max_output_tokens": 100}
    unknown = {**planned, "provider": "home", "model": "grown"}
    refused(admit(functions, key, "run", estimate=unknown), 402, "price_unknown")
    succeeded(admit(functions, key, "run", budget_usd="5.00"), 201)
    known = {**planned, "provider": "openai", "model": "gpt-4.1-mini"}
    held = succeeded(admit(functions, key, "planned", estimate=known), 201)["hold"]
    # $0.40 and $1.60 a million.
    assert held["usd"] == "0.00112"


def test_h6_a_run_with_unpriced_calls_has_no_remainder_to_promise(functions: Functions, key: str) -> None:
    succeeded(admit(functions, key, "run", budget_usd="5.00"), 201)
    recorded = succeeded(functions.post_events(key, [tokens(10, "run")], "/v1/events?status=true"))
    assert recorded["run"] == {"remaining_usd": None, "remaining_tokens": None, "over": False}
    refused(extend(functions, key, "run", budget_usd="6.00"), 402, "price_unknown")
    refused(admit(functions, key, "child", parent_run_id="run", budget_usd="1.00"), 402, "price_unknown")
    assert functions.check(key, run_id="run")["code"] == "price_unknown"
