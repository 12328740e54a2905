"""The limit check over HTTP: requests that fit, reasons for denials, and no lag behind recording."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.domain.limits.plans import PlanVersion
from shared.domain.people.audit import AuditEntry
from shared.stores import process_memory
from tests.http.serving import Clock, Functions, bearer, succeeded

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
STARTER_TOKENS = 500_000


def used(tokens: int, **fields: object) -> dict[str, object]:
    return {**CALL, "tokens": {"total_tokens": tokens}, **fields}


def test_a_request_that_fits_is_allowed_with_the_status(functions: Functions, key: str) -> None:
    functions.record(key, used(10_000))
    answer = functions.check(key, tokens=490_000)
    assert (answer["allowed"], answer["code"], answer["reason"]) == (True, None, None)
    assert answer["status"]["tokens_remaining"] == STARTER_TOKENS - 10_000


def test_one_token_too_many_is_denied_with_the_reason(functions: Functions, key: str) -> None:
    functions.record(key, used(10_000))
    answer = functions.check(key, tokens=490_001)
    assert (answer["allowed"], answer["code"]) == (False, "token_limit_exceeded")
    assert answer["reason"] == (
        "Plan starter allows 500,000 tokens per period and 10,000 are used, so 490,001 more would not fit;"
        " it resets at 2026-12-01T00:00:00Z."
    )


def test_the_last_run_may_continue_but_no_other_may_begin(functions: Functions, key: str) -> None:
    functions.record(key, *({**CALL, "run_id": f"run-{number}"} for number in range(100)))
    assert functions.check(key, runs=1)["code"] == "run_limit_reached"
    assert functions.check(key, tokens=5)["allowed"] is True


def test_usage_is_seen_by_the_next_check_before_and_after_a_fold(
    functions: Functions, clock: Clock, key: str
) -> None:
    assert functions.check(key)["status"]["tokens_used"] == 0
    functions.record(key, used(300_000))
    assert functions.check(key)["status"]["tokens_used"] == 300_000
    assert functions.tick().status_code == 200
    clock.pass_by(timedelta(seconds=1))
    functions.record(key, used(200_000))
    answer = functions.check(key)
    assert answer["status"]["tokens_used"] == 300_000 + 200_000
    assert (answer["allowed"], answer["code"]) == (False, "token_limit_reached")


@pytest.mark.parametrize("body", [None, b"", b"{}", b'{"tokens": null, "runs": null}'])
def test_an_empty_check_is_whether_any_usage_is_left(
    body: bytes | None, functions: Functions, key: str
) -> None:
    headers = bearer(key) | ({"Content-Type": "application/json"} if body else {})
    assert succeeded(functions.record_usage.post("/v1/check", data=body, headers=headers))["allowed"] is True


def test_a_new_period_begins_without_usage(functions: Functions, clock: Clock, key: str) -> None:
    functions.record(key, used(STARTER_TOKENS))
    assert functions.check(key)["allowed"] is False
    clock.pass_by(timedelta(days=11))
    answer = functions.check(key)
    assert (answer["allowed"], answer["status"]["tokens_used"]) == (True, 0)
    assert answer["status"]["period_start"] == "2026-12-01T00:00:00Z"


def change_plan(functions: Functions, plan: str) -> None:
    directory = functions.containers["record_usage"].directory
    entry = AuditEntry(
        tenant_id="acme",
        at=functions.clock.now,
        actor="test",
        action="plan.changed",
        before=None,
        after=plan,
        reason="",
    )
    directory.set_plan("acme", PlanVersion(plan, 1), entry)


def test_a_changed_plan_takes_effect_at_once(functions: Functions, key: str) -> None:
    functions.record(key, used(STARTER_TOKENS))
    assert functions.check(key, tokens=1)["allowed"] is False
    change_plan(functions, "professional")
    assert functions.check(key, tokens=1)["allowed"] is True


def test_a_plan_that_is_not_in_the_catalog_allows_nothing(functions: Functions, key: str) -> None:
    change_plan(functions, "platinum")
    answer = functions.check(key)
    assert (answer["allowed"], answer["code"], answer["status"]) == (False, "unknown_plan", None)
    usage = functions.read(key, "/tenants/acme/usage")
    assert usage["status"] is None
    assert (usage["billing"]["plan"], usage["billing"]["plan_name"]) == ("platinum", None)


@pytest.mark.parametrize(
    ("flag", "is_on"), [("1", True), ("true", True), ("0", False), ("", False), ("yes", False)]
)
def test_with_metering_disabled_nothing_is_recorded_and_everything_allowed(
    flag: str, is_on: bool, clock: Clock, monkeypatch: pytest.MonkeyPatch, set_up: Callable[[], Functions]
) -> None:
    monkeypatch.setenv("GWI_METERING_ENABLED", flag)
    functions = set_up()
    key = functions.create_tenant(plan="free")
    recorded = functions.record(key, used(900_000))
    assert (recorded["metering_enabled"], recorded["accepted"]) == (is_on, int(is_on))
    checked = functions.check(key, tokens=1)
    assert (checked["allowed"], checked["code"]) == (
        not is_on,
        "token_limit_reached" if is_on else "metering_disabled",
    )
    assert len(process_memory().list_events("acme", limit=5).items) == int(is_on)
