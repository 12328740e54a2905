"""Failures that must never happen in metering; each has happened in a similar system."""

from datetime import timedelta

import pytest

from shared.domain.people.audit import Change
from shared.stores import process_memory
from shared.usecases.people.manage_tenants import set_plan
from tests.http.serving import Clock, Functions, refused, succeeded, unfolded
from tests.plans import PROFESSIONAL

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
FREE_TOKENS = 50_000
PLANS = ["free", "starter", "professional", "enterprise"]


@pytest.mark.parametrize("tick_every", [1, 7, 1000])
def test_a_limit_never_trusts_a_cached_month(tick_every: int, functions: Functions, clock: Clock) -> None:
    """Let an agent check before each call, at two instances in turn: it never exceeds its plan."""
    key = functions.create_tenant(plan="free")
    instances = [functions, functions.another()]
    used = 0
    for number in range(100):
        if instances[number % 2].check(key, tokens=1_000)["allowed"]:
            instances[(number + 1) % 2].record(key, {**CALL, "tokens": {"total_tokens": 1_000}})
            used += 1_000
        if number % tick_every == 0:
            functions.tick(["acme"])
        clock.pass_by(timedelta(seconds=20))
    assert used == FREE_TOKENS


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["usage", "usage/series", "runs", "events"])
def test_a_read_only_caller_never_overwrites_an_aggregate(
    method: str, path: str, functions: Functions, key: str
) -> None:
    functions.record(key, {**CALL, "id": "a"})
    functions.tick()
    before = functions.usage(key)
    reader = functions.create_key("usage:read")
    headers = {"Authorization": f"Bearer {reader}", "X-HTTP-Method-Override": method}
    answer = functions.usage_api.open(
        f"/api/v1/tenants/acme/{path}", method=method, json={"total_llm_calls": 0}, headers=headers
    )
    refused(answer, 405, "method_not_allowed")
    refused(functions.post_events(reader, CALL), 403, "missing_scope")
    assert functions.usage(key) == before


def test_reading_never_writes(functions: Functions, clock: Clock, key: str) -> None:
    functions.record(key, {**CALL, "id": "a", "run_id": "run-1"})
    for path in ("usage", "usage/series", "runs", "runs/run-1", "events"):
        functions.read(key, f"/tenants/acme/{path}")
    functions.check(key)
    assert unfolded() == ["acme"]
    clock.pass_by(timedelta(minutes=1))
    folded = functions.read(None, "/health")
    assert folded["fold_lag_seconds"] > 0


def test_a_plan_set_in_one_process_is_known_to_the_next(functions: Functions) -> None:
    key = functions.create_tenant(plan="free")
    other_instance = functions.another()
    assert other_instance.check(key, tokens=FREE_TOKENS + 1)["allowed"] is False
    directory = functions.containers["record_usage"].directory
    set_plan(directory, "acme", PROFESSIONAL, Change("test", functions.clock.now))
    assert other_instance.check(key, tokens=FREE_TOKENS + 1)["allowed"] is True
    assert other_instance.read(key, "/tenants/acme/usage")["billing"]["plan"] == "professional"


@pytest.mark.parametrize("plan", PLANS)
def test_the_shown_catalog_is_the_enforced_one(plan: str, functions: Functions) -> None:
    key = functions.create_tenant(plan=plan)
    (shown,) = [each for each in functions.read(None, "/plans")["plans"] if each["id"] == plan]
    assert (
        functions.check(key, tokens=shown["tokens_per_period"], runs=shown["runs_per_period"])["allowed"]
        is True
    )
    assert functions.check(key, tokens=shown["tokens_per_period"] + 1)["allowed"] is False
    assert functions.check(key, runs=shown["runs_per_period"] + 1)["allowed"] is False


def test_a_response_never_contains_a_stack_trace(
    functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise RuntimeError("password=hunter2 in /srv/shared/secret.py")

    for method in ("record", "read", "list_events", "most_overdue"):
        monkeypatch.setattr(process_memory(), method, fail)
    answers = [
        functions.post_events(key, CALL),
        functions.get(key, "/tenants/acme/usage"),
        functions.get(key, "/tenants/acme/events"),
        functions.get(None, "/health"),
    ]
    for answer in answers:
        refused(answer, 500, "internal_error")
        text = answer.get_data(as_text=True)
        assert not any(word in text for word in ("Traceback", "hunter2", "RuntimeError", ".py"))
    assert "hunter2" in caplog.text


@pytest.mark.parametrize(
    "header",
    [
        *(
            "X-Debug-User",
            "X-Debug-Token",
            "X-Tenant-Id",
            "X-User-Id",
            "X-Forwarded-User",
            "X-Api-Key",
            "Cookie",
        ),
        *(
            "X-Goog-Authenticated-User-Email",
            "X-Goog-Iap-Jwt-Assertion",
            "X-Forwarded-Authorization",
            "X-Test",
        ),
    ],
)
def test_no_header_but_the_key_authenticates(header: str, functions: Functions, key: str) -> None:
    headers = {header: "acme", "Host": "localhost", "X-Forwarded-For": "127.0.0.1"}
    refused(functions.record_usage.post("/v1/events", json=CALL, headers=headers), 401, "not_authenticated")
    refused(functions.usage_api.get("/api/v1/tenants/acme/usage", headers=headers), 401, "not_authenticated")
    keyed = {header: "globex", "Authorization": f"Bearer {key}"}
    answer = functions.usage_api.get("/api/v1/tenants/acme/usage", headers=keyed)
    assert succeeded(answer)["aggregate"]["tenant_id"] == "acme"


def test_no_response_redirects_to_a_callers_address(functions: Functions, key: str) -> None:
    for path in ("/api/v1/plans", "//evil.example/api/v1/plans", "/api/v1/tenants/acme/usage/"):
        for name in ("next", "return_url", "redirect", "url"):
            answer = functions.usage_api.get(
                f"{path}?{name}=https://evil.example", headers={"Host": "evil.example"}
            )
            assert "Location" not in answer.headers
