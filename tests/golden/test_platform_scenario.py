"""A platform at work: it creates its tenants by API, records with one key, moves five of them and suspends one."""

from datetime import timedelta

import pytest

from shared.usecases.people.authenticate import CACHE_FOR
from tests.http.serving import Functions, Json, bearer, refused, succeeded

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

    moved = TENANTS[-5:]
    for tenant_id in moved:
        change = {"plan": "starter", "reason": "grown beyond the pilot"}
        answer = succeeded(functions.send("PATCH", key, f"/tenants/{tenant_id}", change))
        assert answer["usage"]["usage_percent"] == tokens(tenant_id) * 100 / 500_000
    assert sorted(each["id"] for each in listed(functions, key, "plan=starter")) == moved
    assert listed(functions, key, "sort=usage")[0]["id"] == TENANTS[-6], "now the fullest"

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
