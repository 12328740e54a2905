"""Golden behaviours of budgets, through the deployed functions: H7 to H9."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.errors import Unavailable
from shared.domain.notices.webhooks import Notice
from shared.stores import process_memory
from tests.golden.test_cost_limit import UNPRICED, costing
from tests.http.serving import Clock, Functions, Json, succeeded
from tests.outgoing_fixtures import entries_of, mails_of

MINUTE = timedelta(minutes=1)
PATH = "/tenants/acme/budgets"


@pytest.fixture
def owner(functions: Functions, key: str) -> str:
    """An owner of the tenant that has the key."""
    return functions.sign_in("ann@example.com")


def set_budget(functions: Functions, owner: str, budget_id: str, scope: Json, **fields: Any) -> Json:
    body = {"scope": scope, "window": "day", **fields}
    return succeeded(functions.send("PUT", owner, f"{PATH}/{budget_id}", body))


SCOPES = [
    ({"user_id": "ann"}, {"user_id": "ann"}, {"user_id": "bob"}),
    ({"workflow_id": "triage"}, {"workflow_id": "triage"}, {"workflow_id": "mail"}),
    (
        {"tag": {"name": "feature", "value": "search"}},
        {"tags": {"feature": "search"}},
        {"tags": {"feature": "chat"}},
    ),
    ({"user_id": "*"}, {"user_id": "ann"}, {"user_id": "bob"}),
    (
        {"tag": {"name": "feature", "value": "*"}},
        {"tags": {"feature": "search"}},
        {"tags": {"feature": "chat"}},
    ),
]


@pytest.mark.parametrize(("scope", "within", "outside"), SCOPES)
@pytest.mark.parametrize("window", ["day", "week", "month", "period", "total"])
def test_h8_a_budget_holds_for_its_scope_and_for_nothing_else(
    scope: Json,
    within: Json,
    outside: Json,
    window: str,
    functions: Functions,
    clock: Clock,
    key: str,
    owner: str,
) -> None:
    set_budget(functions, owner, "cap", scope, amount_usd="1.00", window=window)
    clock.pass_by(MINUTE)
    functions.record(key, costing("0.75", **within), costing("5.00", **outside), costing("7.00"))
    assert functions.check(key, cost_usd="0.25", **within)["allowed"] is True
    denied = functions.check(key, cost_usd="0.26", **within)
    assert (denied["allowed"], denied["code"], denied["budget"]["budget_id"]) == (
        False,
        "budget_exceeded",
        "cap",
    )
    assert (denied["budget"]["limit"], denied["budget"]["used"], denied["budget"]["left"]) == (
        "1.00",
        "0.75",
        "0.25",
    )
    assert functions.check(key, cost_usd="0.26")["allowed"] is True, "nobody's call is in no scope"


def test_h8_a_budget_of_a_key_holds_for_what_it_records(
    functions: Functions, clock: Clock, key: str, owner: str
) -> None:
    other = functions.create_key()
    named = functions.record(key, costing("0.01"))["ids"]
    key_id = next(each["api_key"] for each in functions.events(key) if each["id"] == named[0])
    set_budget(functions, owner, "cap", {"api_key": key_id}, amount_usd="1.00")
    clock.pass_by(MINUTE)
    functions.record(key, costing("1.00"))
    assert functions.check(key)["code"] == "budget_exceeded"
    assert functions.check(other)["allowed"] is True


def test_h8_a_budget_of_each_run_holds_for_each_of_them(
    functions: Functions, clock: Clock, key: str, owner: str
) -> None:
    set_budget(functions, owner, "run", {"tenant": True}, tokens=1_000, window="run")
    set_budget(functions, owner, "ann-run", {"user_id": "ann"}, tokens=500, window="run")
    clock.pass_by(MINUTE)
    call = {**UNPRICED, "tokens": {"total_tokens": 400}}
    functions.record(key, {**call, "run_id": "r1"}, {**call, "run_id": "r1", "user_id": "ann"})
    assert functions.check(key, tokens=200, run_id="r1")["allowed"] is True
    denied = functions.check(key, tokens=201, run_id="r1")
    assert (denied["code"], denied["budget"]["budget_id"]) == ("budget_exceeded", "run")
    assert denied["budget"]["used"] == "800"
    denied = functions.check(key, tokens=101, run_id="r1", user_id="ann")
    assert (denied["budget"]["budget_id"], denied["budget"]["used"]) == ("ann-run", "400")
    assert functions.check(key, tokens=500, run_id="r2", user_id="ann")["allowed"] is True


def test_h8_what_was_recorded_before_a_budget_began_does_not_count(
    functions: Functions, clock: Clock, key: str, owner: str
) -> None:
    functions.record(key, costing("0.50", user_id="ann"))
    shown = set_budget(functions, owner, "cap", {"user_id": "ann"}, amount_usd="1.00")
    assert shown["counts_from"] == (clock.now + MINUTE).isoformat().replace("+00:00", "Z")
    clock.pass_by(MINUTE)
    functions.record(key, costing("0.20", user_id="ann"))
    (use,) = functions.read(owner, f"{PATH}/cap")["uses"]
    assert (use["used"], use["percent"]) == ("0.20", 20.0)


def test_h8_a_tenants_own_budget_counts_all_of_the_window(functions: Functions, key: str, owner: str) -> None:
    functions.record(key, costing("0.50", user_id="ann"))
    shown = set_budget(functions, owner, "all", {"tenant": True}, amount_usd="0.50")
    assert (shown["counts_from"], shown["uses"][0]["used"]) == (None, "0.50")
    denied = functions.check(key)
    assert denied["code"] == "budget_exceeded"
    assert denied["reason"] == (
        "Budget all allows $0.50 a day, and $0.50 is used; it resets at 2026-11-21T00:00:00Z."
    )


def test_h8_a_window_that_has_ended_counts_no_longer(
    functions: Functions, clock: Clock, key: str, owner: str
) -> None:
    set_budget(functions, owner, "cap", {"user_id": "*"}, runs=2)
    clock.pass_by(MINUTE)
    functions.record(key, *({**UNPRICED, "run_id": f"r{each % 2}", "user_id": "ann"} for each in range(4)))
    assert functions.check(key, runs=1, user_id="ann")["code"] == "budget_exceeded"
    assert functions.check(key, tokens=1, user_id="ann")["allowed"] is True, "its last run may go on"
    assert functions.check(key, runs=1, user_id="bob")["allowed"] is True
    clock.pass_by(timedelta(days=1))
    assert functions.check(key, runs=1, user_id="ann")["allowed"] is True


def test_h8_a_budget_that_warns_allows_and_says_so(functions: Functions, key: str, owner: str) -> None:
    functions.record(key, costing("2.00"))
    set_budget(functions, owner, "soft", {"tenant": True}, amount_usd="1.00", on_reach="warn")
    asked = functions.check(key)
    assert (asked["allowed"], asked["code"], asked["budget"]) == (True, None, None)
    (warning,) = asked["warnings"]
    assert (warning["budget_id"], warning["percent"], warning["left"]) == ("soft", 200.0, "0.00")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "price_unknown"),
        ({"on_unknown_price": "block"}, "price_unknown"),
        ({"on_unknown_price": "ignore"}, None),
        ({"on_reach": "warn"}, None),
        ({"amount_usd": None, "tokens": 1_000}, None),
    ],
)
def test_h6_an_unknown_price_is_refused_unless_the_budget_ignores_it(
    fields: Json, code: str | None, functions: Functions, key: str, owner: str
) -> None:
    functions.record(key, UNPRICED)
    amounts = {"amount_usd": "1.00", **fields}
    set_budget(functions, owner, "cap", {"tenant": True}, **{k: v for k, v in amounts.items() if v})
    asked = functions.check(key)
    assert (asked["allowed"], asked["code"]) == (code is None, code)


def test_h7_a_threshold_of_a_budget_gives_one_alert_one_mail_and_one_webhook_in_each_window(
    functions: Functions, clock: Clock, key: str, owner: str
) -> None:
    set_budget(functions, owner, "each", {"user_id": "*"}, amount_usd="1.00", thresholds=[50, 100])
    clock.pass_by(MINUTE)
    functions.record(key, costing("1.20", user_id="ann"), costing("0.50", user_id="bob"), costing("9.00"))
    for _ in range(3):
        assert functions.tick(["acme"]).status_code == 200
        clock.pass_by(MINUTE)
        functions.record(key, costing("0.01", user_id="ann"))
    alerts = functions.read(owner, "/tenants/acme/alerts")["alerts"]
    reported = sorted(
        (each["budget"]["value"], each["threshold_percent"], each["used_usd"]) for each in alerts
    )
    assert reported == [("ann", 50, "1.20"), ("ann", 100, "1.20"), ("bob", 50, "0.50")]
    (mail,) = [mail for mail in mails_of(process_memory()) if mail.kind == "limit"]
    assert mail.paragraphs == (
        "Budget each for “ann”: $1.20 of $1.00 provider cost used (120 %).",
        "Budget each for “bob”: $0.50 of $1.00 provider cost used (50 %).",
    )
    assert sorted(notice.type for notice in notices()) == ["budget.reached", "budget.warning"]
    assert len({notice.message_id for notice in notices()}) == 2
    clock.pass_by(timedelta(days=1))
    functions.record(key, costing("0.50", user_id="bob"))
    assert functions.tick(["acme"]).status_code == 200
    owner = functions.sign_in("ann@example.com")
    assert len(functions.read(owner, "/tenants/acme/alerts")["alerts"]) == 4, "a new day, a new alert"


def notices() -> list[Notice]:
    return [entry.content for entry in entries_of(process_memory()) if isinstance(entry.content, Notice)]


@pytest.mark.parametrize(("policy", "is_allowed"), [(None, False), ("open", True), ("closed", False)])
def test_h9_when_usage_cannot_be_read_the_answer_says_so_and_follows_the_policy(
    policy: str | None,
    is_allowed: bool,
    functions: Functions,
    clock: Clock,
    key: str,
    owner: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if policy:
        succeeded(functions.send("PUT", owner, "/tenants/acme/on-unreadable", {"on_unreadable": policy}))
    decided = functions.check(key, tokens=1)
    assert (decided["allowed"], decided["decided"]) == (True, True)
    go_away(monkeypatch)
    # Keys are looked up again after a minute: those that were known still are, while the store is away.
    for _ in range(2):
        asked = functions.check(key, tokens=1)
        assert (asked["allowed"], asked["decided"], asked["code"]) == (is_allowed, False, "usage_unreadable")
        assert asked["status"] is None
        assert "cannot be read" in asked["reason"]
        clock.pass_by(timedelta(minutes=5))


def go_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store answer nothing any more."""

    def away(*_: object) -> None:
        raise Unavailable("the store is away")

    for method in ("read", "find_key", "find_tenant", "count_runs"):
        monkeypatch.setattr(process_memory(), method, away)


def test_h8_late_events_of_days_that_are_folded_count_at_once(
    functions: Functions, clock: Clock, key: str, owner: str
) -> None:
    set_budget(functions, owner, "cap", {"user_id": "ann"}, amount_usd="1.00", window="month")
    clock.pass_by(timedelta(days=2))
    functions.record(key, costing("0.25", user_id="ann"))
    assert functions.tick().status_code == 200
    clock.pass_by(timedelta(days=1))
    functions.record(key, costing("0.25", user_id="ann"))
    assert functions.tick().status_code == 200
    late = (clock.now - timedelta(days=2)).isoformat()
    functions.record(key, costing("0.40", user_id="ann", ts=late, run_id="late"))
    for asking in (functions, functions.another()):
        denied = asking.check(key, cost_usd="0.11", user_id="ann")
        assert (denied["code"], denied["budget"]["used"]) == ("budget_exceeded", "0.90")
        assert denied["status"]["cost_used_usd"] == "0.90"
        assert denied["status"]["runs_used"] == 1
    assert functions.tick().status_code == 200
    assert functions.check(key, cost_usd="0.10", user_id="ann")["allowed"] is True
