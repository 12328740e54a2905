"""The usage page over HTTP: limits, days, a forecast, what to listen to, and other periods."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.billing.subscription_states import SubscriptionState
from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.limits.limits import LimitOverrides
from shared.domain.people.audit import AuditEntry
from shared.domain.people.keys import ApiKey
from shared.domain.people.tenants import BillingSummary, Tenant
from shared.stores import process_memory
from tests.http.serving import Clock, Functions, Json, bearer, refused, token_sums

PATH = "/tenants/acme/usage"
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "cost_usd_estimate": "0.10"}


def call(ts: str, tokens: int = 100, **fields: Any) -> Json:
    return {**CALL, "ts": ts, "tokens": {"input_tokens": tokens, "output_tokens": 0}, **fields}


def page(functions: Functions, key: str, query: str = "") -> Json:
    return functions.read(key, f"{PATH}?{query}" if query else PATH)


def two_days(functions: Functions, key: str) -> None:
    functions.record(
        key,
        call("2026-11-17T23:59:59Z", 1_000, run_id="a"),
        call("2026-11-20T09:00:00Z", 2_000, run_id="b"),
        call("2026-11-20T10:00:00Z", 500, provider="azure", run_id="b"),
    )


def test_the_tenant_its_limits_and_the_callers_role_are_shown(functions: Functions, key: str) -> None:
    answer = page(functions, key)
    assert answer["tenant"] == {"id": "acme", "name": "Acme", "role": None, "time_zone": "UTC"}
    assert answer["limits"] == {
        "tokens": 500_000,
        "runs": 100,
        "requests_per_minute": 30,
        "soft_percent": 80,
        "hard_percent": 100,
        "soft_tokens": 500_000 * 80 // 100,
        "hard_tokens": 500_000,
        "soft_runs": 100 * 80 // 100,
        "hard_runs": 100,
        "provider_cost_usd": None,
        "soft_provider_cost_usd": None,
        "hard_provider_cost_usd": None,
        "grants": [],
    }
    member = functions.sign_in("ada@example.com", "member")
    assert page(functions, member)["tenant"]["role"] == "member"


def tenant_on(plan: str, overrides: LimitOverrides, functions: Functions) -> str:
    """A key of a tenant `other`, which was granted something of its own."""
    made = Tenant(id="other", name="Other", plan=plan, created_at=functions.clock.now, overrides=overrides)
    return key_of(made, functions)


def key_of(made: Tenant, functions: Functions) -> str:
    """Create the tenant; give a key of it."""
    first = ApiKey(id="none", tenant_id="other", scopes=(), label="", prefix="", created_at=made.created_at)
    audit = AuditEntry(
        tenant_id="other",
        at=made.created_at,
        actor="test",
        action="tenant.created",
        before=None,
        after=made.plan,
        reason="",
    )
    functions.container("usage_api").directory.create_tenant(made, first, audit)
    return functions.create_key(tenant_id="other")


def test_the_limits_are_those_after_overrides(functions: Functions) -> None:
    key = tenant_on("starter", LimitOverrides(tokens=0, soft_percent=50), functions)
    limits = functions.read(key, "/tenants/other/usage")["limits"]
    assert (limits["tokens"], limits["runs"]) == (0, 100)
    assert (limits["soft_percent"], limits["hard_percent"]) == (50, 100)
    assert (limits["soft_tokens"], limits["hard_tokens"]) == (0, 0)
    assert (limits["soft_runs"], limits["hard_runs"]) == (100 * 50 // 100, 100)


def test_the_amount_that_warns_is_rounded_up_and_the_one_that_blocks_down(functions: Functions) -> None:
    key = tenant_on(
        "starter", LimitOverrides(tokens=999, runs=7, soft_percent=50, hard_percent=95), functions
    )
    limits = functions.read(key, "/tenants/other/usage")["limits"]
    assert (limits["soft_tokens"], limits["hard_tokens"]) == (500, 949)  # of 499.5 and 949.05
    assert (limits["soft_runs"], limits["hard_runs"]) == (4, 6)  # of 3.5 and 6.65


PERIOD_END = datetime(2026, 11, 26, 9, 30, 20, tzinfo=UTC)


@pytest.mark.parametrize("status", SubscriptionState)
@pytest.mark.parametrize("ends_after_days", [None, -3, 0, 3])
def test_the_next_invoice_comes_when_the_billed_period_ends_unless_the_subscription_does(
    status: SubscriptionState, ends_after_days: int | None, functions: Functions
) -> None:
    ends_at = None if ends_after_days is None else PERIOD_END + timedelta(days=ends_after_days)
    summary = BillingSummary(status=status, interval="year", period_end=PERIOD_END, ends_at=ends_at)
    made = Tenant(id="other", name="Other", plan="starter", created_at=functions.clock.now, billing=summary)
    answer = functions.read(key_of(made, functions), "/tenants/other/usage")
    is_billed = status in ("active", "trialing", "past_due") and ends_after_days in (None, 3)
    assert answer["billing"]["next_invoice_at"] == ("2026-11-26T09:30:20Z" if is_billed else None)
    assert answer["billing"]["current_period_end"] == "2026-11-26T09:30:20Z"
    assert answer["status"]["period_resets_at"] == "2026-12-01T00:00:00Z"


def test_an_unknown_plan_has_neither_limits_nor_status_nor_instants(functions: Functions) -> None:
    key = tenant_on("gone", LimitOverrides(), functions)
    functions.record(key, call("2026-11-17T09:00:00Z"), call("2026-11-20T09:00:00Z"))
    answer = functions.read(key, "/tenants/other/usage")
    assert (answer["limits"], answer["status"]) == (None, None)
    assert answer["forecast"]["tokens"] == {"at_end": 800, "soft_reached_at": None, "reached_at": None}


def test_days_with_usage_are_listed_in_order_and_complete(functions: Functions, key: str) -> None:
    two_days(functions, key)
    before = page(functions, key)["daily"]
    assert [(day["date"], day["tokens"]["total"]) for day in before] == [
        ("2026-11-17", 1_000),
        ("2026-11-20", 2_000 + 500),
    ]
    assert before[1] == {
        "date": "2026-11-20",
        "calls": 2,
        "tool_calls": 0,
        "errors": 0,
        "unpriced_calls": 0,
        "incomplete_calls": 0,
        "latency_ms": 0,
        "tokens": token_sums(2_500, 0),
        "cost_usd": "0.20",
        "cost_status": "complete",
    }
    functions.tick()
    assert page(functions, key)["daily"] == before


def test_the_forecast_goes_on_at_the_pace_so_far(functions: Functions, key: str) -> None:
    two_days(functions, key)
    # From the first day with usage, 2.5 days so far and 14 in all.
    assert page(functions, key)["forecast"] == {
        "tokens": {"at_end": 3_500 * 14 * 24 // (3 * 24 + 12), "soft_reached_at": None, "reached_at": None},
        "runs": {"at_end": 2 * 14 * 24 // (3 * 24 + 12), "soft_reached_at": None, "reached_at": None},
        "cost_usd_at_end": "1.20",
        "cost_status": "complete",
        "cost_soft_reached_at": None,
        "cost_reached_at": None,
        "basis_days": 2,
        "reason": None,
    }


def test_the_forecast_says_when_the_limit_is_reached(functions: Functions, key: str, clock: Clock) -> None:
    functions.record(key, call("2026-11-17T00:00:00Z", 100_000), call("2026-11-19T00:00:00Z", 150_000))
    clock.now = datetime(2026, 11, 22, tzinfo=UTC)
    assert page(functions, key)["forecast"]["tokens"] == {
        "at_end": 50_000 * 14,
        "soft_reached_at": "2026-11-25T00:00:00Z",
        "reached_at": "2026-11-27T00:00:00Z",
    }


def test_of_one_day_nothing_is_foreseen(functions: Functions, key: str) -> None:
    functions.record(key, call("2026-11-20T09:00:00Z"))
    assert page(functions, key)["forecast"] == {
        "tokens": None,
        "runs": None,
        "cost_usd_at_end": None,
        "cost_status": None,
        "cost_soft_reached_at": None,
        "cost_reached_at": None,
        "basis_days": 1,
        "reason": "too_little_data",
    }


def counted_in(shards: int) -> None:
    """Spread what acme records from now on over so many counters a day."""
    store = process_memory()
    version = store.read("acme").version
    store.save_counter_settings("acme", CounterSettings(shards=shards), version)


def test_the_live_part_says_what_to_listen_to(functions: Functions, key: str) -> None:
    two_days(functions, key)
    functions.tick()
    assert page(functions, key)["live"] == {"counters": ["20261120.0"], "ask_every_s": None}
    today = page(functions, key, "from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z")["aggregate"]
    assert [(row["provider"], row["tokens"]["total"]) for row in today["series"]] == [
        ("azure", 500),
        ("openai", 2_000),
    ]


@pytest.mark.parametrize(
    ("shards", "counters", "ask_every_s"),
    [(2, ["20261120.0", "20261120.1"], None), (4, [f"20261120.{n}" for n in range(4)], None), (5, [], 5)],
)
def test_four_counters_are_listened_to_and_more_are_asked_about(
    shards: int, counters: list[str], ask_every_s: int | None, functions: Functions, key: str
) -> None:
    counted_in(shards)
    assert page(functions, key)["live"] == {"counters": counters, "ask_every_s": ask_every_s}


@pytest.mark.parametrize("is_folded", [False, True])
def test_the_page_is_as_of_the_instant_it_is_read(
    is_folded: bool, functions: Functions, key: str, clock: Clock
) -> None:
    functions.record(key, call("2026-11-20T09:00:00Z"))
    if is_folded:
        functions.tick()
    clock.now = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
    assert page(functions, key)["aggregate"]["updated_at"] == "2026-11-20T12:30:00Z"


def test_the_previous_period_has_sums_and_days_but_nothing_of_now(functions: Functions, key: str) -> None:
    functions.record(key, call("2026-10-31T23:00:00Z", 300, run_id="r"), call("2026-11-01T00:00:00Z", 7))
    functions.tick()
    answer = page(functions, key, "period=previous")
    aggregate = answer["aggregate"]
    assert (aggregate["period_start"], aggregate["period_end"]) == (
        "2026-10-01T00:00:00Z",
        "2026-11-01T00:00:00Z",
    )
    assert (aggregate["total_tokens"]["total"], aggregate["total_runs"]) == (300, 1)
    assert [day["date"] for day in answer["daily"]] == ["2026-10-31"]
    assert (answer["status"], answer["forecast"], answer["live"]) == (None, None, None)
    assert answer["limits"]["tokens"] == 500_000


def test_a_previous_period_without_usage_is_zero(functions: Functions, key: str) -> None:
    answer = page(functions, key, "period=previous")
    aggregate = answer["aggregate"]
    assert (aggregate["total_llm_calls"], aggregate["total_cost_usd"], aggregate["series"]) == (0, "0.00", [])
    assert answer["daily"] == []


def test_a_stranger_sees_no_period_of_the_tenant(functions: Functions, key: str) -> None:
    other = functions.create_tenant("globex")
    for query in ("", "?period=previous", "?from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z"):
        answer = functions.usage_api.get(f"/api/v1{PATH}{query}", headers=bearer(other))
        refused(answer, 403, "foreign_tenant")


def test_all_periods_are_read_from_firestore_too(functions_on_firestore: Functions) -> None:
    functions = functions_on_firestore
    key = functions.create_tenant()
    two_days(functions, key)
    functions.record(key, call("2026-10-31T23:00:00Z", 300))
    functions.tick()
    assert [day["date"] for day in page(functions, key)["daily"]] == ["2026-11-17", "2026-11-20"]
    assert page(functions, key, "period=previous")["aggregate"]["total_tokens"]["total"] == 300
    query = "from=2026-10-31T00:00:00Z&to=2026-11-18T00:00:00Z"
    assert page(functions, key, query)["aggregate"]["total_tokens"]["total"] == 300 + 1_000
