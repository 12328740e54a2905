"""Golden behaviours of what an operator decides by hand: M31 and B41, through the deployed functions."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.limits.grants import Grant
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.people.audit import Change
from shared.stores import process_memory
from shared.usecases.people.manage_grants import GrantRequest, give_grant, revoke_grant
from shared.usecases.people.manage_limits import set_limits
from tests.http.serving import Clock, Functions, Json, succeeded
from tests.http.stripe_caller import SECRET, SUBSCRIPTION, event, send
from tests.plans import PLANS

DAY = timedelta(days=1)
FREE, STARTER, PROFESSIONAL = 50_000, 500_000, 2_000_000


def by_operator(functions: Functions) -> Change:
    return Change("admin:ada", functions.clock.now, "pilot")


def give(functions: Functions, **request: Any) -> Grant:
    plan = {"plan": PLANS.find(request["plan"])} if "plan" in request else {}
    return give_grant(process_memory(), "acme", GrantRequest(**{**request, **plan}), by_operator(functions))


def allows_exactly(functions: Functions, key: str, tokens: int) -> bool:
    return (
        functions.check(key, tokens=tokens)["allowed"] is True
        and functions.check(key, tokens=tokens + 1)["allowed"] is False
    )


def limits(functions: Functions, key: str) -> Json:
    limits: Json = functions.read(key, "/tenants/acme/usage")["limits"]
    return limits


@pytest.fixture
def sold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the functions verify webhooks."""
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", SECRET)


def test_m31_limits_that_an_operator_sets_beat_the_plan_until_they_are_taken_back(
    functions: Functions,
) -> None:
    key, other = functions.create_tenant(plan="starter"), functions.another()
    store, change = process_memory(), by_operator(functions)
    before = limits(functions, key)
    for tokens in (75_000, 600_000, 1):
        set_limits(store, "acme", {"tokens": tokens}, change)
        assert allows_exactly(other, key, tokens)
        assert limits(other, key) == before | {
            "tokens": tokens,
            "soft_tokens": -(-tokens * 80 // 100),
            "hard_tokens": tokens,
        }
    set_limits(store, "acme", {"tokens": 0, "requests_per_minute": 7}, change)
    assert other.check(key, tokens=1)["allowed"] is False
    assert limits(other, key)["requests_per_minute"] == 7
    set_limits(store, "acme", {"tokens": None, "requests_per_minute": None}, change)
    assert limits(functions, key) == before


def test_m31_an_unlimited_tenant_is_allowed_whatever_it_asks_for(functions: Functions) -> None:
    key = functions.create_tenant(plan="free")
    set_limits(process_memory(), "acme", {"tokens": MAX_LIMIT, "runs": MAX_LIMIT}, by_operator(functions))
    assert functions.check(key, tokens=MAX_LIMIT - 1, runs=1_000_000)["allowed"] is True
    give(functions, tokens=MAX_LIMIT)
    assert limits(functions, key)["tokens"] == MAX_LIMIT, "no reader of JSON has to round it"


def test_b41_a_grant_survives_a_subscription_from_its_start_to_its_end_and_the_better_holds(
    functions: Functions, sold: None
) -> None:
    key = functions.create_tenant(plan="free")
    give(functions, plan="professional")
    reports: list[tuple[str, dict[str, Any], int]] = [
        ("created", {}, PROFESSIONAL),
        ("updated", {"status": "past_due"}, PROFESSIONAL),
        ("updated", {"status": "paused"}, PROFESSIONAL),
        ("deleted", {"status": "canceled"}, PROFESSIONAL),
    ]
    for number, (what, changes, tokens) in enumerate(reports):
        sent = event(f"customer.subscription.{what}", SUBSCRIPTION | changes, f"evt_{number}")
        assert succeeded(send(functions, sent)) == {"outcome": "applied"}
        assert allows_exactly(functions, key, tokens), what
    assert functions.read(key, "/tenants/acme/usage")["billing"]["plan"] == "free"


def test_b41_a_plan_gives_the_larger_of_both_for_tokens_and_for_runs(
    functions: Functions, sold: None
) -> None:
    key = functions.create_tenant(plan="free")
    give(functions, tokens=30_000)
    give(functions, runs=5)
    small = give(functions, plan="free")
    sent = event("customer.subscription.created", SUBSCRIPTION)
    assert succeeded(send(functions, sent)) == {"outcome": "applied"}
    assert allows_exactly(functions, key, STARTER + 30_000)
    assert limits(functions, key)["runs"] == 100 + 5
    large = give(functions, plan="professional")
    assert allows_exactly(functions, key, PROFESSIONAL + 30_000)
    assert limits(functions, key)["runs"] == 500 + 5
    for each in (large, small):
        revoke_grant(process_memory(), "acme", each.id, by_operator(functions))
    assert allows_exactly(functions, key, STARTER + 30_000)


def test_b41_granted_tokens_are_added_in_each_period_until_they_end(
    functions: Functions, clock: Clock
) -> None:
    key = functions.create_tenant(plan="free")
    until = clock.now + 40 * DAY
    grant = give(functions, tokens=10_000, until=until)
    shown = {"id": grant.id, "plan": None, "tokens": 10_000, "runs": None, "until": "2026-12-30T12:00:00Z"}
    before = functions.read(key, "/tenants/acme/usage")
    assert before["limits"]["grants"] == [shown], "without the reason, which is for the audit log"
    assert before["status"]["period_resets_at"] == "2026-12-01T00:00:00Z", "a grant begins no period"
    for days in (0, 15, 24):
        clock.pass_by(days * DAY)
        assert allows_exactly(functions, key, FREE + 10_000)
    clock.pass_by(DAY)
    assert clock.now == until
    assert allows_exactly(functions, key, FREE)
    assert limits(functions, key)["grants"] == []
