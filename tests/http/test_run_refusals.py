"""Runs that are refused: by which limit, and in which words."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from shared.domain.ledger.counter_settings import DEFAULT_COUNTER_SETTINGS
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.holds import Amounts, Hold, run_key
from shared.domain.limits.limits import LimitOverrides
from shared.domain.people.audit import Change
from shared.domain.people.keys import key_id
from shared.domain.prices.money import NANOUSD_PER_USD
from shared.ports import AdmissionChange
from shared.stores import process_memory
from tests.http.run_calls import admit, end, extend, record, used
from tests.http.serving import Functions, Json, refused, succeeded

IN, OUT = 400, 1_600
"""Nano-USD a token."""


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


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"parent_run_id": "root", "budget_usd": "0.61"},
            "Run root holds $1.00 and has $0.60 left for children, so $0.61 more would not fit.",
        ),
        (
            {"parent_run_id": "root", "hold_tokens": 5},
            "Run root holds no tokens, so its children cannot hold any.",
        ),
        ({"parent_run_id": "nobody"}, "no run 'nobody' was admitted"),
        ({"run_id": "root"}, "run 'root' was admitted with other content, which stays"),
        (
            {"workflow_id": "review"},
            "Budget once allows 1 run a day, and 1 is used; it resets at 2026-11-21T00:00:00Z.",
        ),
    ],
)
def test_a_refusal_says_in_a_sentence_what_does_not_fit(
    functions: Functions, key: str, body: Json, words: str
) -> None:
    owner = functions.sign_in("ada@example.com")
    budget = {"scope": {"workflow_id": "review"}, "runs": 1, "window": "day"}
    succeeded(functions.send("PUT", owner, "/tenants/acme/budgets/once", budget))
    functions.clock.pass_by(timedelta(minutes=2))
    succeeded(admit(functions, key, "root", budget_usd="1.00", own_usd="0.40"), 201)
    succeeded(admit(functions, key, "only", workflow_id="review"), 201)
    answer = admit(functions, key, **body)
    assert (answer.status_code >= 400, answer.get_json()["detail"]) == (True, words)


def fill(functions: Functions, holds: Mapping[str, Hold], *, tree_of: str | None = None) -> None:
    """Set aside what so many runs hold, at the store: one after the other would take a minute."""
    store, now = process_memory(), functions.clock.now
    read = store.read("acme", Wanted(holds=True)).documents.holds
    trees = {run_key(tree_of): holds} if tree_of else {}
    kept = {} if tree_of else holds
    change = AdmissionChange(now=now, settings=DEFAULT_COUNTER_SETTINGS, holds=kept, trees=trees)
    store.save_admission("acme", change, read)


def test_the_5_001st_open_run_is_refused_until_one_ends(functions: Functions, key: str) -> None:
    succeeded(admit(functions, key, "first"), 201)
    hold = Hold(amounts=Amounts(), expires_at=functions.clock.now + timedelta(hours=1))
    fill(functions, {run_key(f"other-{number}"): hold for number in range(4_999)})
    functions = functions.another()
    problem = refused(admit(functions, key), 409, "too_many_open_runs")
    assert problem["detail"] == "5,000 runs are open, the maximum: end one first"
    succeeded(admit(functions, key, "child", parent_run_id="first"), 201)
    succeeded(end(functions, key, "first"))
    succeeded(admit(functions, key), 201)


def test_the_1_001st_child_is_refused(functions: Functions, key: str) -> None:
    succeeded(admit(functions, key, "root"), 201)
    succeeded(admit(functions, key, "child", parent_run_id="root"), 201)
    hold = Hold(
        amounts=Amounts(), expires_at=functions.clock.now + timedelta(hours=1), parent=run_key("root")
    )
    fill(functions, {run_key(f"other-{number}"): hold for number in range(999)}, tree_of="root")
    functions = functions.another()
    problem = refused(admit(functions, key, parent_run_id="root"), 409, "too_many_children")
    assert "1,000 runs below its root" in problem["detail"]
    succeeded(admit(functions, key, "outside"), 201)
