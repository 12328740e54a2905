"""P1, P2, P3, P5: one key for all tenants of a platform, within its scopes; each crossing is reported."""

import json

import pytest
from werkzeug.test import TestResponse

from shared.domain.people.audit import Change
from shared.domain.people.keys import PLATFORM_SCOPES
from shared.stores import process_memory
from shared.usecases.people.authenticate import CACHE_FOR
from shared.usecases.people.manage_tenants import set_suspension
from tests.http.serving import Functions, Json, bearer, refused, succeeded

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
TOKENS = {"tokens": {"input_tokens": 100, "output_tokens": 20}}


@pytest.fixture
def platform_key(functions: Functions) -> str:
    """A key with all scopes of a platform with the tenants acme, bolt and cora."""
    for tenant_id in ("acme", "bolt", "cora"):
        functions.create_tenant(tenant_id)
    return functions.create_platform_key()


def check(functions: Functions, key: str, tenant_id: str) -> TestResponse:
    headers = {**bearer(key), "GWI-Tenant": tenant_id}
    return functions.record_usage.post("/v1/check", json={}, headers=headers)


def suspend(functions: Functions, tenant_id: str, *, suspended: bool) -> None:
    set_suspension(
        process_memory(), tenant_id, suspended=suspended, change=Change("admin:op", functions.clock.now)
    )
    functions.clock.pass_by(CACHE_FOR)


def log_lines(capsys: pytest.CaptureFixture[str]) -> list[Json]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_p1_a_platform_key_records_for_any_tenant(functions: Functions, platform_key: str) -> None:
    functions.record(
        platform_key, *({**CALL, **TOKENS, "tenant_id": each} for each in ("acme", "bolt", "bolt"))
    )
    assert functions.usage(platform_key, "acme")["total_tokens"]["total"] == 100 + 20
    assert functions.usage(platform_key, "bolt")["total_tokens"]["total"] == 2 * (100 + 20)
    assert functions.usage(platform_key, "cora")["total_llm_calls"] == 0


@pytest.mark.parametrize("scope", PLATFORM_SCOPES)
def test_p1_within_its_scopes_only(scope: str, functions: Functions, platform_key: str) -> None:
    key = functions.create_platform_key(scope)  # type: ignore[arg-type]  # one of the scopes
    recorded = functions.post_events(key, [{**CALL, "tenant_id": "acme"}])
    checked, read = check(functions, key, "acme"), functions.get(key, "/tenants/acme/usage")
    for answer, needed in ((recorded, "usage:write"), (checked, "limits:read"), (read, "usage:read")):
        if scope == needed:
            succeeded(answer)
        else:
            assert needed in refused(answer, 403, "missing_scope")["detail"]


def test_p2_a_batch_of_many_tenants_answers_by_index(functions: Functions, platform_key: str) -> None:
    events: list[Json] = [
        {**CALL, "tenant_id": "acme", "id": "a"},
        {**CALL, "tenant_id": "nobody", "id": "b"},
        {**CALL, "tenant_id": "bolt", "id": "a"},
        {"tenant_id": "cora", "category": "llm", "provider": "openai", "id": "d"},
        {**CALL, "id": "e"},
        {**CALL, "tenant_id": "acme", "id": "a", "latency_ms": 5},
        {**CALL, "tenant_id": "bolt", "id": "a"},
        {**CALL, "tenant_id": "cora", "id": "h"},
    ]
    answer = functions.record(platform_key, *events)
    assert (answer["accepted"], answer["duplicates"]) == (3, 1)
    assert answer["ids"] == ["a", "a", "a", "h"]
    assert [(each["index"], each["code"]) for each in answer["rejected"]] == [
        (1, "unknown_tenant"),
        (3, "missing"),
        (4, "tenant_required"),
        (5, "id_conflict"),
    ]
    assert [event["id"] for event in functions.events(platform_key, "bolt")] == ["a"]


def test_p3_a_suspended_tenant_records_and_reads_nothing_and_what_it_had_is_kept(
    functions: Functions, platform_key: str
) -> None:
    own = functions.create_key(tenant_id="bolt")
    functions.record(platform_key, {**CALL, **TOKENS, "tenant_id": "bolt", "id": "before"})
    suspend(functions, "bolt", suspended=True)
    answer = functions.record(
        platform_key,
        {**CALL, "tenant_id": "bolt", "id": "refused"},
        {**CALL, "tenant_id": "acme", "id": "good"},
    )
    assert answer["ids"] == ["good"]
    assert [(each["index"], each["code"]) for each in answer["rejected"]] == [(0, "tenant_suspended")]
    refused(check(functions, platform_key, "bolt"), 403, "tenant_suspended")
    refused(functions.post_events(own, [CALL]), 403, "tenant_suspended")
    refused(functions.get(own, "/tenants/bolt/usage"), 403, "tenant_suspended")
    suspend(functions, "bolt", suspended=False)
    assert [event["id"] for event in functions.events(own, "bolt")] == ["before"]
    assert functions.usage(own, "bolt")["total_tokens"]["total"] == 100 + 20


def test_p3_an_ended_tenant_records_nothing_either_and_what_it_had_is_kept(
    functions: Functions, platform_key: str
) -> None:
    functions.record(platform_key, {**CALL, "tenant_id": "bolt", "id": "before"})
    succeeded(functions.send("POST", platform_key, "/tenants/bolt/end", {"reason": "contract ended"}))
    functions.clock.pass_by(CACHE_FOR)
    events = [{**CALL, "tenant_id": each, "id": "after"} for each in ("bolt", "acme")]
    answer = functions.record(platform_key, *events)
    assert [(each["index"], each["code"]) for each in answer["rejected"]] == [(0, "tenant_ended")]
    refused(check(functions, platform_key, "bolt"), 403, "tenant_ended")
    assert [event["id"] for event in functions.events(platform_key, "bolt")] == ["before"]


def test_p5_each_change_across_a_wall_is_in_the_audit_of_the_tenant(
    functions: Functions, platform_key: str
) -> None:
    succeeded(functions.send("PUT", platform_key, "/tenants/acme/time-zone", {"time_zone": "Europe/Berlin"}))
    key = {"label": "agent", "scopes": ["usage:write"]}
    succeeded(functions.send("POST", platform_key, "/tenants/acme/api-keys", key), 201)
    entries = functions.read(platform_key, "/tenants/acme/audit")["entries"]
    by_platform = [each["action"] for each in entries if each["actor"] == f"platform:{platform_key[:23]}"]
    assert by_platform == ["key.created", "time_zone.changed"]


def test_p5_each_crossing_is_in_the_log_without_a_secret_or_the_name_of_a_tenant(
    functions: Functions, platform_key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own = functions.create_key(tenant_id="acme")
    capsys.readouterr()
    functions.record(own, CALL)
    functions.record(
        platform_key, *({**CALL, "tenant_id": each} for each in ("acme", "bolt", "acme", "nobody"))
    )
    succeeded(check(functions, platform_key, "acme"))
    functions.read(platform_key, "/tenants/acme/usage")
    refused(functions.send("PUT", platform_key, "/tenants/acme/time-zone", {"time_zone": "Mars"}), 422)
    alone, mixed, *rest = lines = log_lines(capsys)
    assert "crossings" not in alone
    assert mixed["crossings"] == 2
    assert alone["tenant"] in mixed["tenant"]
    assert [(each["crossings"], each["tenant"]) for each in rest] == 3 * [(1, alone["tenant"])]
    assert {each["caller"] for each in (mixed, *rest)} == {f"platform:{platform_key[:23]}"}
    text = json.dumps(lines)
    assert not any(word in text for word in (platform_key, "acme", "bolt", "nobody"))
