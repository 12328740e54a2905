"""A platform at work: it creates tenants, records with one key, changes a plan by file, moves five, suspends one."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from shared.adapters.default_plans import PATH
from shared.domain.limits.plan_file import parse_plans
from shared.domain.people.audit import Change
from shared.usecases.billing.migrate_plan import Migration, PlanMigrator
from shared.usecases.people.authenticate import CACHE_FOR
from shared.usecases.people.manage_tenants import known_plan
from tests.http.serving import Functions, Json, bearer, refused, succeeded

PLANS = PATH.read_text("utf-8")
TENANTS = [f"customer-{number:02}" for number in range(20)]
CALL: Json = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}


@pytest.fixture
def key(functions: Functions) -> str:
    """The platform's one key."""
    return functions.create_platform_key(
        "usage:write", "usage:read", "limits:read", "tenants:write", "keys:write"
    )


def tokens(tenant_id: str) -> int:
    """Return what a tenant uses: 1,000 tokens for each place in the list."""
    return 1_000 * (1 + TENANTS.index(tenant_id))


def listed(functions: Functions, key: str, query: str = "") -> list[Json]:
    rows: list[Json] = functions.read(key, f"/tenants?limit=50&{query}")["tenants"]
    return rows


def apply_plans(functions: Functions, text: str) -> None:
    """Do what `admin plans apply FILE` does."""
    change = Change("admin:op", functions.clock.now, "larger free plan")
    functions.container("usage_api").plan_manager.replace(parse_plans(text), change)


def migrate(functions: Functions, tenant_ids: Sequence[str]) -> None:
    """Do what `admin tenant migrate-plan --plan free --tenant … --apply` does."""
    container, change = functions.container("usage_api"), Change("admin:op", functions.clock.now, "pilot")
    migrator = PlanMigrator(
        container.billing, container.plan_manager.catalogs, container.ledger, container.thresholds.policy_of
    )
    plan = known_plan(container.plan_manager.read(), "free")
    for move in list(migrator.find_moves(Migration(plan, None, frozenset(tenant_ids)), change.at)):
        migrator.apply(move, change)


def test_a_platform_runs_twenty_tenants_with_one_key(functions: Functions, key: str) -> None:
    for tenant_id in TENANTS:
        body = {"id": tenant_id, "plan": "free", "metadata": {"segment": "pilot"}}
        succeeded(functions.send("POST", key, "/tenants", body), 201)
        succeeded(functions.send("POST", key, "/tenants", body), 200)
    assert [each["id"] for each in listed(functions, key, "sort=name")] == TENANTS

    calls = [
        {
            **CALL,
            "id": "first",
            "tenant_id": each,
            "tokens": {"input_tokens": tokens(each), "output_tokens": 0},
        }
        for each in TENANTS
    ]
    assert functions.record(key, *calls)["accepted"] == len(TENANTS)
    assert functions.record(key, *calls)["duplicates"] == len(TENANTS)
    assert functions.tick().status_code == 200
    most_used = listed(functions, key, "sort=usage")
    assert [each["id"] for each in most_used] == TENANTS[::-1]
    assert most_used[0]["usage"]["usage_percent"] == 20_000 * 100 / 50_000

    apply_plans(functions, PLANS.replace("tokens = 50_000", "tokens = 80_000"))
    functions.clock.pass_by(timedelta(minutes=1))
    assert {each["plan_version"] for each in listed(functions, key)} == {1}, (
        "a change reaches nobody by itself"
    )
    moved = TENANTS[-5:]
    migrate(functions, moved)
    versions = {each["id"]: each["plan_version"] for each in listed(functions, key)}
    assert versions == {each: 2 if each in moved else 1 for each in TENANTS}
    for tenant_id, limit in ((moved[0], 80_000), (TENANTS[0], 50_000)):
        shown = functions.read(key, f"/tenants/{tenant_id}")
        assert shown["limits"]["tokens"] == limit
        assert shown["usage"]["usage_percent"] == tokens(tenant_id) * 100 / limit
    functions.tell({"job": "reconcile"})
    assert listed(functions, key, "sort=usage")[0]["id"] == TENANTS[-6], "now the fullest"

    grown = TENANTS[5]
    change = {"plan": "starter", "reason": "grown beyond the pilot"}
    answer = succeeded(functions.send("PATCH", key, f"/tenants/{grown}", change))
    assert answer["usage"]["usage_percent"] == tokens(grown) * 100 / 500_000
    assert [each["id"] for each in listed(functions, key, "plan=starter")] == [grown]

    late = TENANTS[0]
    succeeded(functions.send("POST", key, f"/tenants/{late}/suspend", {"reason": "invoice 7 is unpaid"}))
    functions.clock.pass_by(CACHE_FOR)
    again = [{**each, "id": "second"} for each in calls]
    answer = functions.record(key, *again)
    assert answer["accepted"] == len(TENANTS) - 1
    assert [(each["index"], each["code"]) for each in answer["rejected"]] == [(0, "tenant_suspended")]
    assert [each["id"] for each in listed(functions, key, "status=suspended")] == [late]
    assert functions.usage(key, late)["total_tokens"]["total"] == tokens(late), "what it had is kept"

    made = succeeded(
        functions.send("POST", key, f"/tenants/{late}/api-keys", {"label": "a", "scopes": ["usage:read"]}),
        201,
    )
    refused(functions.get(made["secret"], f"/tenants/{late}/usage"), 403, "tenant_suspended")
    succeeded(functions.send("POST", key, f"/tenants/{late}/resume", {"reason": "paid"}))
    functions.clock.pass_by(timedelta(minutes=1))
    assert functions.record(key, again[0])["accepted"] == 1
    trail = functions.read(key, f"/tenants/{late}/audit")["entries"]
    assert [each["action"] for each in trail[:2]] == ["tenant.resumed", "key.created"]
    assert {each["actor"].partition(":")[0] for each in trail} == {"platform"}
    headers = {**bearer(key), "GWI-Tenant": late}
    assert succeeded(functions.record_usage.post("/v1/check", json={}, headers=headers))["allowed"]
