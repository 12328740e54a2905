"""Requests about runs that are wrong, each with its outcome: nothing is admitted, and the problem says why."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.domain.people.audit import Change
from shared.domain.people.keys import Scope
from shared.http.metering.run_models import EndBody
from shared.stores import process_memory
from shared.usecases.people.authenticate import CACHE_FOR
from shared.usecases.people.manage_tenants import set_suspension
from tests.http.run_calls import ask, end, extend
from tests.http.serving import Clock, Functions, Json, bearer, refused, succeeded

PLAN: Json = {"provider": "openai", "model": "gpt-4.1-mini", "calls": 20}
PLAN |= {"max_input_tokens": 8_000, "max_output_tokens": 1_000}
A_DAY_IN_SECONDS = 24 * 60 * 60


def admit(functions: Functions, key: str, **body: Any) -> TestResponse:
    """Admit a run with a budget, changed by `body`; `...` is a field that is left out."""
    content = {"run_id": "run-1", "budget_usd": "2.50", **body}
    return ask(functions, key, "", **{name: value for name, value in content.items() if value is not ...})


AMOUNTS = [
    *(
        ({"budget_usd": amount}, "budget_usd", words)
        for amount, words in (
            *[("-1", "greater than 0"), (-0.5, "greater than 0"), (0, "greater than 0"), ("0.00", "greater")],
            *[("1000000.01", "less than or equal to 1000000"), (1e30, "1000000"), ("NaN", "finite")],
            *[("0.0000000001", "9 decimal places"), (True, "decimal number"), ("much", "valid decimal")],
        )
    ),
    *(
        ({"hold_tokens": amount}, "hold_tokens", words)
        for amount, words in (
            *[(-1, "greater than or equal to 1"), (0, "greater than or equal to 1")],
            *[(2**53, "less than or equal to"), (10**30, "less than or equal to")],
            *[(1.5, "integer"), ("5", "integer"), (True, "integer")],
        )
    ),
    *(
        ({"ttl_seconds": seconds}, "ttl_seconds", words)
        for seconds, words in (
            *[(0, "greater than or equal to 1"), (-3_600, "greater than or equal to 1")],
            *[(A_DAY_IN_SECONDS + 1, "86400"), (365 * A_DAY_IN_SECONDS, "less than or equal to 86400")],
            *[(0.5, "integer"), ("3600", "integer")],
        )
    ),
]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        *AMOUNTS,
        ({"own_usd": 0}, "own_usd", "greater than 0"),
        ({"own_usd": "2.51"}, "own_usd", "more than the run holds"),
        ({"own_tokens": 1}, "own_tokens", "more than the run holds"),
        ({"own_tokens": 101, "hold_tokens": 100}, "own_tokens", "more than the run holds"),
        ({"budget_usd": ..., "own_usd": "0.01"}, "own_usd", "more than the run holds"),
        ({"estimate": PLAN}, "estimate", "name either the calls"),
        ({"budget_usd": ..., "hold_tokens": 5, "estimate": PLAN}, "estimate", "name either the calls"),
        ({"estimate": {**PLAN, "calls": 0}}, "estimate.calls", "greater than or equal to 1"),
        ({"estimate": {**PLAN, "calls": 10**6 + 1}}, "estimate.calls", "1000000"),
        ({"estimate": {**PLAN, "max_input_tokens": 0}}, "estimate.max_input_tokens", "greater than"),
        ({"estimate": {**PLAN, "max_output_tokens": -1}}, "estimate.max_output_tokens", "greater than"),
        ({"estimate": {**PLAN, "max_input_tokens": 10**30}}, "estimate.max_input_tokens", "1000000000"),
        ({"estimate": {**PLAN, "model": " "}}, "estimate.model", "at least 1 character"),
        ({"estimate": {**PLAN, "tokens": 1}}, "estimate.tokens", "not permitted"),
        ({"estimate": {"provider": "openai"}}, "estimate.model", "required"),
        ({"parent_run_id": ""}, "parent_run_id", "at least 1 character"),
        ({"run_id": ...}, "run_id", "required"),
        ({"run_id": None}, "run_id", "valid string"),
        ({"run_id": ""}, "run_id", "at least 1 character"),
        ({"run_id": 7}, "run_id", "valid string"),
        ({"run_id": "a\x00"}, "run_id", "pattern"),
        ({"run_id": "r" * 129}, "run_id", "at most 128 characters"),
        ({"user_id": "u" * 257}, "user_id", "at most 256 characters"),
        ({"workflow_id": "\n"}, "workflow_id", "pattern"),
        ({"tags": {"Feature": "x"}}, "tags.Feature", "pattern"),
        ({"tags": {f"t{number}": "x" for number in range(6)}}, "tags", "at most 5 items"),
        ({"budget": "2.50"}, "budget", "not permitted"),
    ],
)
def test_a_bad_request_admits_nothing_and_names_the_field(
    functions: Functions, key: str, body: Json, field: str, words: str
) -> None:
    problem = refused(admit(functions, key, **body), 422)
    assert problem["errors"][0]["field"].startswith(field), problem
    assert words in problem["errors"][0]["message"], problem
    assert len(problem["detail"]) < 500
    refused(end(functions, key), 404, "unknown_run")
    succeeded(admit(functions, key, hold_tokens=7), 201)


@pytest.mark.parametrize(("parent", "code"), [("run-1", "parent_cycle"), ("nobody", "unknown_parent")])
def test_a_run_cannot_be_below_itself_or_below_nothing(
    functions: Functions, key: str, parent: str, code: str
) -> None:
    problem = refused(admit(functions, key, parent_run_id=parent), 422)
    assert [(each["field"], each["code"]) for each in problem["errors"]] == [("parent_run_id", code)]
    refused(end(functions, key), 404, "unknown_run")


def test_the_largest_and_smallest_amounts_are_accepted(functions: Functions, key: str) -> None:
    shortest = succeeded(admit(functions, key, run_id="a", budget_usd="0.000000001", ttl_seconds=1), 201)
    longest = succeeded(admit(functions, key, run_id="b", budget_usd=1e6, ttl_seconds=A_DAY_IN_SECONDS), 201)
    assert shortest["hold"] == {
        "usd": "0.000000001",
        "tokens": None,
        "expires_at": "2026-11-20T12:00:01Z",
    }
    assert longest["hold"] == {"usd": "1000000.00", "tokens": None, "expires_at": "2026-11-21T12:00:00Z"}


def test_null_is_the_same_as_left_out(functions: Functions, key: str) -> None:
    nothing = dict.fromkeys(
        ("budget_usd", "hold_tokens", "ttl_seconds", "estimate", "own_usd", "own_tokens", "tags", "user_id")
    )
    made = succeeded(admit(functions, key, **nothing), 201)
    assert made["hold"] == {"usd": None, "tokens": None, "expires_at": "2026-11-20T13:00:00Z"}
    assert succeeded(admit(functions, key, budget_usd=...)) == made


def test_an_estimate_sets_aside_what_the_calls_cost_at_most(functions: Functions, key: str) -> None:
    made = succeeded(admit(functions, key, budget_usd=..., estimate=PLAN, own_usd="0.096"), 201)
    assert made["hold"] == {"usd": "0.096", "tokens": None, "expires_at": "2026-11-20T13:00:00Z"}
    above = admit(functions, key, run_id="b", budget_usd=..., estimate=PLAN, own_usd="0.0961")
    assert "more than the run holds" in refused(above, 422)["detail"]


def test_calls_that_cost_nothing_hold_nothing(functions: Functions, key: str) -> None:
    plan = {**PLAN, "provider": "ollama", "model": "llama3"}
    made = succeeded(admit(functions, key, budget_usd=..., estimate=plan), 201)
    assert made["hold"]["usd"] is None
    assert functions.check(key, run_id="run-1", cost_usd="0")["allowed"] is True


def test_an_estimate_beyond_what_a_run_may_hold_is_refused(functions: Functions, key: str) -> None:
    plan = {**PLAN, "calls": 10**6, "max_input_tokens": 10**7}
    problem = refused(admit(functions, key, budget_usd=..., estimate=plan), 422)
    assert [each["code"] for each in problem["errors"]] == ["hold_too_large"]
    assert "a run holds at most $1,000,000" in problem["detail"]


def test_an_estimate_without_a_price_is_402_and_leads_to_the_plans(functions: Functions, key: str) -> None:
    plan = {**PLAN, "model": "gpt-99"}
    problem = refused(admit(functions, key, budget_usd=..., estimate=plan), 402, "price_unknown")
    assert problem["detail"].startswith("The price of gpt-99 of openai is not known")
    assert (problem["title"], problem["scope"], problem["metric"]) == ("Payment required", "plan", "cost")
    assert problem["upgrade_url"] == "http://localhost:5173/t/acme/upgrade"
    refused(end(functions, key), 404, "unknown_run")


@pytest.mark.parametrize(("body", "field", "words"), AMOUNTS)
def test_a_bad_extension_names_the_field(
    functions: Functions, key: str, body: Json, field: str, words: str
) -> None:
    succeeded(admit(functions, key), 201)
    problem = refused(extend(functions, key, **body), 422)
    assert (problem["errors"][0]["field"], words in problem["detail"]) == (field, True)


@pytest.mark.parametrize("body", [{}, {"budget_usd": None, "hold_tokens": None, "ttl_seconds": None}])
def test_an_extension_of_nothing_is_refused(functions: Functions, key: str, body: Json) -> None:
    succeeded(admit(functions, key), 201)
    assert "at least one of" in refused(extend(functions, key, **body), 422)["detail"]


@pytest.mark.parametrize("name", ["estimate", "own_usd", "parent_run_id"])
def test_what_an_admission_has_decided_cannot_be_extended(functions: Functions, key: str, name: str) -> None:
    succeeded(admit(functions, key), 201)
    assert "not permitted" in refused(extend(functions, key, ttl_seconds=60, **{name: "1"}), 422)["detail"]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"status": "open"}, "status", "'completed' or 'failed'"),
        ({"status": None}, "status", "'completed' or 'failed'"),
        ({"error": 5}, "error", "valid string"),
        ({"error": "x" * 32_001}, "error", "at most 32000 characters"),
        ({"reason": "x"}, "reason", "not permitted"),
    ],
)
def test_a_bad_end_leaves_the_run_open(
    functions: Functions, key: str, body: Json, field: str, words: str
) -> None:
    succeeded(admit(functions, key), 201)
    problem = refused(end(functions, key, **body), 422)
    assert (problem["errors"][0]["field"], words in problem["detail"]) == (field, True)
    assert succeeded(end(functions, key))["status"] == "completed"


def test_an_error_is_kept_without_its_secrets_and_cut() -> None:
    secret = "gwi_live_" + 40 * "x"
    text = 990 * "e" + f" {secret} " + 1_000 * "e"
    error = EndBody(status="failed", error=text).end("run-1").error
    assert error == 990 * "e" + " [redacte…"
    assert EndBody(status="failed", error="").end("run-1").error is None


@pytest.mark.parametrize("route", [extend, end])
def test_a_run_that_was_not_admitted_and_that_of_another_tenant_look_alike(
    functions: Functions, key: str, route: Callable[..., TestResponse]
) -> None:
    bolt = functions.create_tenant("bolt")
    body = {"ttl_seconds": 60} if route is extend else {}
    missing = refused(route(functions, bolt, **body), 404, "unknown_run")
    succeeded(admit(functions, key), 201)
    assert refused(route(functions, bolt, **body), 404, "unknown_run") == missing


def test_a_platform_key_names_the_tenant_in_the_header(functions: Functions, key: str) -> None:
    platform = functions.create_platform_key("usage:write")
    assert "GWI-Tenant" in refused(admit(functions, platform), 422, "tenant_required")["detail"]
    headers = {**bearer(platform), "GWI-Tenant": "acme"}
    made = functions.record_usage.post("/v1/runs", json={"run_id": "run-1"}, headers=headers)
    succeeded(made, 201)
    assert succeeded(end(functions, key))["run_id"] == "run-1"


@pytest.mark.parametrize("scope", ["usage:read", "limits:read"])
def test_a_key_that_may_not_record_admits_nothing(functions: Functions, key: str, scope: Scope) -> None:
    refused(admit(functions, functions.create_key(scope)), 403, "missing_scope")


@pytest.mark.parametrize(("route", "body"), [(admit, {}), (extend, {"ttl_seconds": 60}), (end, {})])
def test_a_suspended_tenant_is_refused_as_for_recording(
    functions: Functions, clock: Clock, key: str, route: Callable[..., TestResponse], body: Json
) -> None:
    succeeded(admit(functions, key), 201)
    set_suspension(process_memory(), "acme", suspended=True, change=Change("test", clock.now))
    clock.pass_by(CACHE_FOR)
    refused(route(functions, key, **body), 403, "tenant_suspended")


def test_an_ended_tenant_admits_nothing(functions: Functions, key: str) -> None:
    platform = functions.create_platform_key()
    why = {"reason": "contract ended"}
    succeeded(functions.send("POST", platform, "/tenants/acme/end", why))
    late = functions.create_key()
    refused(admit(functions, late), 403, "tenant_ended")
    refused(extend(functions, late, ttl_seconds=60), 403, "tenant_ended")
    refused(end(functions, late), 403, "tenant_ended")


def test_runs_have_a_rate_of_their_own(functions: Functions, key: str) -> None:
    answers = [admit(functions, key) for _ in range(601)]
    assert [answers[at].headers["RateLimit-Remaining"] for at in (0, 599)] == ["599", "0"]
    refused(answers[600], 429, "rate_limited")
    assert answers[600].headers["Retry-After"] == "1"
    succeeded(functions.record_usage.post("/v1/check", json={}, headers=bearer(key)))
    functions.record(key, {"category": "tool", "provider": "a", "model": "b"})


def test_with_metering_disabled_every_run_is_admitted_and_nothing_is_held(
    monkeypatch: pytest.MonkeyPatch, set_up: Callable[[], Functions]
) -> None:
    monkeypatch.setenv("GWI_METERING_ENABLED", "0")
    functions = set_up()
    key = functions.create_tenant(plan="free")
    nothing = {"usd": None, "tokens": None, "expires_at": None}
    unmetered = {"run_id": "run-1", "hold": nothing, "status": None, "metering_enabled": False}
    assert succeeded(admit(functions, key, budget_usd=10**6), 201) == unmetered
    assert succeeded(extend(functions, key, budget_usd=1)) == unmetered
    assert succeeded(end(functions, key)) == {
        "run_id": "run-1",
        "status": "completed",
        "ended_at": "2026-11-20T12:00:00Z",
        "used": {"usd": "0.00", "tokens": 0},
        "over": {"usd": "0.00", "tokens": 0},
        "metering_enabled": False,
    }
    refused(admit(functions, key, budget_usd=-1), 422)
