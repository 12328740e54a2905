"""Corrections over HTTP: what they change everywhere, who may make them, and bad input."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.http.people import trail
from tests.http.serving import Functions, Json, bearer, refused, succeeded

CALL: Json = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "id": "e1"}
TOKENS: Json = {"input_tokens": 100, "output_tokens": 20}
EVENTS = "/tenants/acme/events"
WHY = {"reason": "a load test"}


@pytest.fixture
def owner(functions: Functions, key: str) -> str:
    return functions.sign_in("ann@example.com")


def record(functions: Functions, key: str, **fields: Any) -> None:
    functions.record(key, CALL | {"tokens": TOKENS, "run_id": "r1", "user_id": "bob"} | fields)


def act(functions: Functions, token: str, action: str, body: Json = WHY, event_id: str = "e1") -> Any:
    return functions.send("POST", token, f"{EVENTS}/{event_id}/{action}", body)


def tokens(functions: Functions, key: str) -> Any:
    return functions.usage(key)["total_tokens"]["total"]


def test_a_void_event_is_shown_with_its_reason_and_counts_nowhere(
    functions: Functions, key: str, owner: str
) -> None:
    record(functions, key)
    record(functions, key, id="e2")
    cost = functions.read(key, f"{EVENTS}/e1")["cost_usd"]
    before = functions.usage(key)
    shown = succeeded(act(functions, owner, "void"))
    assert shown["correction"] == {
        "state": "voided",
        "reason": "a load test",
        "by": "member:ann@example.com",
        "at": "2026-11-20T12:00:00Z",
        "replaced_by": None,
        "replaces": None,
    }
    assert (shown["cost_usd"], shown["tokens"]["total_tokens"]) == (cost, 120)
    assert functions.read(key, f"{EVENTS}/e1") == shown
    listed = {each["id"]: each["correction"] for each in functions.read(owner, EVENTS)["events"]}
    assert listed == {"e1": shown["correction"], "e2": None}
    after = functions.usage(key)
    assert [each["total_tokens"]["total"] for each in (before, after)] == [240, 120]
    assert after["total_cost_usd"] == cost
    run = functions.read(key, "/tenants/acme/runs/r1")
    assert (run["calls"], run["cost_usd"], run["user_id"]) == (1, cost, "bob")
    explained = functions.read(owner, "/tenants/acme/usage/explain")
    assert (explained["sum"]["cost_usd"], len(explained["events"])) == (cost, 2)
    assert trail()[-1:] == [("member:ann@example.com", "event.voided", None, "e1", "a load test")]


def test_a_void_is_taken_back(functions: Functions, key: str, owner: str) -> None:
    record(functions, key)
    before = functions.usage(key)
    succeeded(act(functions, owner, "void"))
    shown = succeeded(act(functions, owner, "unvoid", {"reason": "it was real"}))
    assert (shown["correction"]["state"], shown["correction"]["reason"]) == ("unvoided", "it was real")
    assert functions.usage(key) == before


def test_an_amendment_replaces_the_event_in_its_hour(functions: Functions, key: str, owner: str) -> None:
    record(functions, key)
    functions.clock.pass_by(timedelta(minutes=40))
    event = {**CALL, "tokens": {"input_tokens": 7, "output_tokens": 2}, "run_id": "r1"}
    new = succeeded(act(functions, owner, "amend", {**WHY, "event": event}))
    old = functions.read(key, f"{EVENTS}/e1")
    assert (old["correction"]["state"], old["correction"]["replaced_by"]) == ("amended", new["id"])
    assert (new["correction"]["state"], new["correction"]["replaces"]) == ("amendment", "e1")
    assert (new["ts"], new["api_key"]) == (old["ts"], old["api_key"])
    assert functions.read(key, f"{EVENTS}/{new['id']}") == new
    assert tokens(functions, key) == 7 + 2
    refused(act(functions, owner, "unvoid"), 409, "already_amended")
    succeeded(act(functions, owner, "void", event_id=new["id"]))
    assert tokens(functions, key) == 0


def test_an_event_that_is_36_days_old_is_adjusted_today(functions: Functions, key: str, owner: str) -> None:
    record(functions, key)
    functions.clock.pass_by(timedelta(days=36))
    owner = functions.sign_in("ann@example.com")
    record(functions, key, id="e2")
    record(functions, key, id="e3")
    succeeded(act(functions, owner, "void"))
    assert tokens(functions, key) == 2 * 120 - 120
    newest = functions.read(key, f"{EVENTS}?limit=3")["events"]
    (adjustment,) = [each for each in newest if each["adjusts"]]
    assert (adjustment["adjusts"], adjustment["tokens"]["total_tokens"]) == ("e1", -120)
    assert adjustment["ts"].startswith("2026-12-26")
    explained = functions.read(key, "/tenants/acme/usage/explain")["sum"]
    assert (explained["tokens"]["total"], explained["calls"]) == (120, 1)
    refused(act(functions, owner, "void", event_id=adjustment["id"]), 409, "is_adjustment")


@pytest.mark.parametrize(
    ("before", "action", "code"),
    [
        (["void"], "void", "already_voided"),
        ([], "unvoid", "not_voided"),
        (["void", "unvoid"], "unvoid", "not_voided"),
    ],
)
def test_a_correction_that_does_not_fit_the_state_is_a_conflict(
    before: list[str], action: str, code: str, functions: Functions, key: str, owner: str
) -> None:
    record(functions, key)
    for each in before:
        succeeded(act(functions, owner, each))
    refused(act(functions, owner, action), 409, code)


@pytest.mark.parametrize("action", ["void", "unvoid", "amend"])
def test_an_event_of_another_tenant_does_not_exist(
    action: str, functions: Functions, key: str, owner: str
) -> None:
    record(functions, functions.create_tenant("bolt"))
    body = WHY | ({"event": CALL} if action == "amend" else {})
    refused(act(functions, owner, action, body), 404, "not_found")


@pytest.mark.parametrize(
    ("event", "field", "code"),
    [
        ({"id": "e9"}, "id", "id_mismatch"),
        ({"tenant_id": "bolt"}, "tenant_id", "tenant_mismatch"),
        ({"ts": "2026-10-01T00:00:00Z"}, "ts", "ts_too_old"),
        ({"run_id": "r", "parent_run_id": "r"}, "parent_run_id", "own_parent"),
    ],
)
def test_an_amendment_that_cannot_be_recorded_changes_nothing(
    event: Json, field: str, code: str, functions: Functions, key: str, owner: str
) -> None:
    record(functions, key)
    before = functions.usage(key)
    problem = refused(act(functions, owner, "amend", {**WHY, "event": CALL | event}), 422, code)
    assert [(each["field"], each["code"]) for each in problem["errors"]] == [(field, code)]
    assert functions.usage(key) == before
    assert functions.read(key, f"{EVENTS}/e1")["correction"] is None


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 501}, {"reason": 5}])
def test_a_correction_needs_a_reason(body: Json, functions: Functions, key: str, owner: str) -> None:
    record(functions, key)
    problem = refused(act(functions, owner, "void", body), 422)
    assert [each["field"] for each in problem["errors"]] == ["reason"]


def test_of_two_people_at_once_one_corrects_the_event(functions: Functions, key: str, owner: str) -> None:
    record(functions, key)
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda _: act(functions, owner, "void"), range(8)))
    codes = sorted(response.get_json().get("code", "done") for response in responses)
    assert codes == 7 * ["already_voided"] + ["done"]
    assert tokens(functions, key) == 0


def test_a_platform_key_corrects_an_event_of_any_tenant(functions: Functions, key: str) -> None:
    record(functions, key)
    platform = functions.create_platform_key("tenants:write")
    shown = succeeded(act(functions, platform, "void"))
    assert shown["correction"]["by"].startswith("platform:gwi_platform_")


@pytest.mark.parametrize("role", ["member"])
def test_a_member_and_a_key_cannot_correct(role: Any, functions: Functions, key: str) -> None:
    record(functions, key)
    refused(act(functions, functions.sign_in("cy@example.com", role), "void"), 403)
    refused(act(functions, key, "void"), 403)


def test_a_cloudevent_is_corrected_by_its_source_and_id(functions: Functions, key: str, owner: str) -> None:
    data = {name: value for name, value in CALL.items() if name != "id"}
    envelope = {"specversion": "1.0", "id": "c1", "source": "/agents", "type": "usage", "data": data}
    kind = {"content_type": "application/cloudevents+json", "headers": bearer(key)}
    succeeded(functions.record_usage.post("/v1/events", data=json.dumps(envelope), **kind))
    refused(functions.send("POST", owner, f"{EVENTS}/c1/void", WHY), 404)
    shown = succeeded(functions.send("POST", owner, f"{EVENTS}/c1/void?source=/agents", WHY))
    assert shown["correction"]["state"] == "voided"
