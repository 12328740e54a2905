"""Budgets over HTTP: bad input, versions, the audit log, and who may use which key."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.people.audit import Change
from shared.domain.people.keys import key_id
from shared.stores import process_memory
from shared.usecases.people.manage_keys import KeyRef, revoke_key
from tests.audit_trail import trail_of
from tests.http.serving import Clock, Functions, Json, refused, succeeded

PATH = "/tenants/acme/budgets"
DAILY: Json = {"scope": {"user_id": "*"}, "amount_usd": "5.00", "window": "day"}


@pytest.fixture
def owner(functions: Functions, key: str) -> str:
    return functions.sign_in("ann@example.com")


def put(functions: Functions, owner: str, budget_id: str = "daily", **changes: Any) -> Any:
    body = {name: value for name, value in {**DAILY, **changes}.items() if value is not ...}
    return functions.send("PUT", owner, f"{PATH}/{budget_id}", body)


def test_a_budget_is_returned_as_it_was_set_with_the_defaults(
    functions: Functions, clock: Clock, owner: str
) -> None:
    made = succeeded(put(functions, owner))
    assert made == {
        "id": "daily",
        "scope": {"user_id": "*"},
        "amount_usd": "5.00",
        "tokens": None,
        "runs": None,
        "window": "day",
        "on_reach": "block",
        "thresholds": [80, 100],
        "on_unknown_price": "block",
        "counts_from": "2026-11-20T12:01:00Z",
        "uses": [],
        "version": made["version"],
    }
    assert functions.read(owner, f"{PATH}/daily") == made
    assert functions.read(owner, PATH) == {"budgets": [made], "on_unreadable": "closed"}


@pytest.mark.parametrize("amount", [5, 0.25, "0.000000001", "1000000"])
def test_an_amount_is_a_number_or_its_text(functions: Functions, owner: str, amount: object) -> None:
    succeeded(put(functions, owner, amount_usd=amount))


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"amount_usd": 0}, "amount_usd", "greater than 0"),
        ({"amount_usd": "-1"}, "amount_usd", "greater than 0"),
        ({"amount_usd": 1e30}, "amount_usd", "1000000"),
        ({"amount_usd": "NaN"}, "amount_usd", "finite"),
        ({"amount_usd": "0.0000000001"}, "amount_usd", "9 decimal places"),
        ({"amount_usd": ..., "tokens": 0}, "tokens", "greater than or equal to 1"),
        ({"amount_usd": ..., "tokens": -1}, "tokens", "greater than or equal to 1"),
        ({"amount_usd": ..., "tokens": 10**30}, "tokens", "less than or equal"),
        ({"amount_usd": ..., "tokens": 1.5}, "tokens", "integer"),
        ({"amount_usd": ..., "runs": 10_001}, "runs", "must lie in 1 to 10,000"),
        ({"amount_usd": ...}, "body", "exactly one of amount_usd, tokens, runs"),
        ({"tokens": 5}, "body", "exactly one of amount_usd, tokens, runs"),
        ({"window": "fortnight"}, "window", "'run', 'day', 'week', 'month', 'period' or 'total'"),
        ({"window": ...}, "window", "required"),
        ({"amount_usd": ..., "runs": 5, "window": "run"}, "window", "a run is always one run"),
        ({"window": "run", "thresholds": [80]}, "thresholds", "raises no alerts"),
        ({"thresholds": [0]}, "thresholds", "greater than or equal to 1"),
        ({"thresholds": list(range(1, 12))}, "thresholds", "at most 10"),
        ({"scope": {}}, "scope", "exactly one of tenant, user_id"),
        ({"scope": {"team": "x"}}, "scope", "exactly one of tenant, user_id"),
        ({"scope": {"user_id": "a", "tenant": True}}, "scope", "exactly one of tenant, user_id"),
        ({"scope": "tenant"}, "scope", "exactly one of tenant, user_id"),
        ({"scope": {"tenant": False}}, "scope", "True"),
        ({"scope": {"user_id": "a\x00"}}, "scope", "pattern"),
        ({"scope": {"user_id": " "}}, "scope", "printable characters"),
        ({"scope": {"user_id": "x" * 10_240}}, "scope", "at most 256 characters"),
        ({"scope": {"tag": {"name": "<b>x</b>", "value": "v"}}}, "scope", "pattern"),
        ({"scope": {"tag": {"name": "feature", "value": "v" * 10_240}}}, "scope", "at most 128 characters"),
        ({"scope": {"tag": {"name": "feature"}}}, "scope", "required"),
        ({"scope": {"api_key": "f" * 64}}, "scope", "the tenant has no API key"),
        ({"on_reach": "explode"}, "on_reach", "'block' or 'warn'"),
        ({"on_unknown_price": "guess"}, "on_unknown_price", "'block' or 'ignore'"),
        ({"more": 1}, "more", "not permitted"),
    ],
)
def test_bad_input_is_refused_in_words_and_nothing_is_stored(
    functions: Functions, owner: str, changes: Json, place: str, words: str
) -> None:
    problem = refused(put(functions, owner, **changes), 422)
    (first, *_) = problem["errors"]
    assert first["field"].startswith(place), problem
    assert words in first["message"], problem
    assert len(problem["detail"]) < 500
    assert functions.read(owner, PATH)["budgets"] == []


@pytest.mark.parametrize("field", ["amount_usd", "tokens", "runs"])
def test_a_bad_amount_is_one_problem_of_its_own_field(functions: Functions, owner: str, field: str) -> None:
    changes: Json = {"amount_usd": ..., field: True}
    problem = refused(put(functions, owner, **changes), 422)
    assert [each["field"] for each in problem["errors"]] == [field]


@pytest.mark.parametrize("budget_id", ["A", "-a", "a" * 65, "a b", "<b>"])
def test_an_id_that_is_none_is_refused(functions: Functions, owner: str, budget_id: str) -> None:
    assert "lower-case letters" in refused(put(functions, owner, budget_id), 422, "invalid_input")["detail"]


def test_a_budget_of_a_revoked_key_is_refused(
    functions: Functions, clock: Clock, key: str, owner: str
) -> None:
    other = functions.create_key()
    succeeded(put(functions, owner, scope={"api_key": key_id(other)}))
    revoke_key(process_memory(), KeyRef("acme", key_id(other)), Change("test", clock.now))
    clock.pass_by(timedelta(seconds=1))
    refusal = refused(put(functions, owner, "again", scope={"api_key": key_id(other)}), 422)
    assert "was revoked" in refusal["detail"]


def test_a_budget_of_another_tenants_key_is_refused(functions: Functions, owner: str) -> None:
    foreign = functions.create_tenant("bolt")
    refusal = refused(put(functions, owner, scope={"api_key": key_id(foreign)}), 422)
    assert "the tenant has no API key" in refusal["detail"]


def test_the_fifty_first_budget_is_refused_and_a_changed_one_is_not(functions: Functions, owner: str) -> None:
    for number in range(50):
        succeeded(put(functions, owner, f"b{number}"))
    refusal = refused(put(functions, owner, "one-more"), 409, "too_many_budgets")
    assert refusal["detail"] == "tenant 'acme' has 50 budgets, the maximum: remove one first"
    succeeded(put(functions, owner, "b7", amount_usd="6.00"))
    assert functions.send("DELETE", owner, f"{PATH}/b8").status_code == 204
    succeeded(put(functions, owner, "one-more"))


def test_budgets_that_are_set_at_once_are_all_kept_and_never_more_than_fifty(
    functions: Functions, owner: str
) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: put(functions, owner, f"b{number}"), range(60)))
    made = [answer for answer in answers if answer.status_code == 200]
    assert len(functions.read(owner, PATH)["budgets"]) == len(made) == 50


def test_two_budgets_of_one_id_at_once_leave_one_of_them(functions: Functions, owner: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda usd: succeeded(put(functions, owner, amount_usd=usd)), ("1.00", "2.00"))
        )
    (kept,) = functions.read(owner, PATH)["budgets"]
    assert kept["amount_usd"] in {answer["amount_usd"] for answer in answers}
    assert [entry.action for entry in trail_of(process_memory())].count("budget.set") == 2


def test_a_change_of_a_version_that_somebody_else_has_changed_is_refused(
    functions: Functions, owner: str
) -> None:
    first = succeeded(put(functions, owner))["version"]
    second = succeeded(put(functions, owner, amount_usd="6.00", version=first))["version"]
    refused(put(functions, owner, amount_usd="7.00", version=first), 409, "changed_meanwhile")
    refused(put(functions, owner, "other", version=first), 409, "changed_meanwhile")
    refused(functions.send("DELETE", owner, f"{PATH}/daily?version={first}"), 409, "changed_meanwhile")
    assert functions.send("DELETE", owner, f"{PATH}/daily?version={second}").status_code == 204
    refused(functions.send("DELETE", owner, f"{PATH}/daily"), 404, "unknown_budget")
    refused(functions.get(owner, f"{PATH}/daily"), 404, "unknown_budget")


def test_each_change_is_in_the_audit_log_and_the_same_again_is_none(functions: Functions, owner: str) -> None:
    for _ in range(2):
        succeeded(put(functions, owner))
        succeeded(functions.send("PUT", owner, "/tenants/acme/on-unreadable", {"on_unreadable": "open"}))
    functions.send("DELETE", owner, f"{PATH}/daily")
    written = "daily: $5.00, day, user:*, block, unknown prices: block, alerts at 80, 100 %"
    entries = [(each.action, each.before, each.after) for each in trail_of(process_memory())]
    for entry in [
        ("budget.set", None, written),
        ("budget.removed", written, None),
        ("on_unreadable.changed", "closed", "open"),
    ]:
        assert entries.count(entry) == 1


def test_another_amount_goes_on_counting_and_another_scope_begins_again(
    functions: Functions, clock: Clock, owner: str
) -> None:
    first = succeeded(put(functions, owner))["counts_from"]
    clock.pass_by(timedelta(minutes=5))
    assert succeeded(put(functions, owner, amount_usd="6.00", window="week"))["counts_from"] == first
    assert succeeded(put(functions, owner, scope={"user_id": "ann"}))["counts_from"] > first


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"user_id": "x" * 257}, "user_id"),
        ({"run_id": ""}, "run_id"),
        ({"tags": {"A": "x"}}, "tags"),
        ({"tags": {str(chr(97 + each)): "x" for each in range(6)}}, "tags"),
        ({"cost_usd": -1}, "cost_usd"),
    ],
)
def test_a_check_for_a_bad_spender_is_refused(functions: Functions, key: str, body: Json, field: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    problem = refused(functions.record_usage.post("/v1/check", json=body, headers=headers), 422)
    assert problem["errors"][0]["field"].startswith(field)
