"""Recording and checking with platform keys over HTTP: many tenants in one request, and the answer to each."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Unavailable
from shared.domain.limits.rates import CEILING_FACTOR
from shared.domain.people.audit import Change
from shared.domain.people.keys import key_id
from shared.stores import process_memory
from shared.usecases.people.authenticate import CACHE_FOR
from shared.usecases.people.manage_tenants import set_suspension
from tests.http.serving import Functions, Json, bearer, refused, succeeded

CALL: Json = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
FREE_CEILING = 10 * CEILING_FACTOR


@pytest.fixture
def key(functions: Functions) -> str:
    """A platform key with all scopes, where acme and bolt are tenants."""
    return with_tenants(functions)


def with_tenants(functions: Functions) -> str:
    functions.create_tenant("acme")
    functions.create_tenant("bolt", plan="free")
    return functions.create_platform_key()


def call(tenant_id: str | None, **fields: object) -> Json:
    named = {"tenant_id": tenant_id} if tenant_id else {}
    return {**CALL, **named, **fields}


def post(
    functions: Functions, key: str, events: object, tenant_id: str | None = None, query: str = ""
) -> TestResponse:
    headers = bearer(key) | ({"GWI-Tenant": tenant_id} if tenant_id else {})
    return functions.record_usage.post(f"/v1/events{query}", json=events, headers=headers)


def ids(functions: Functions, key: str, tenant_id: str) -> list[str]:
    return sorted(event["id"] for event in functions.events(key, tenant_id))


def codes(problems: list[Json]) -> list[tuple[int, str, str]]:
    return [(each["index"], each["field"], each["code"]) for each in problems]


def break_recording(monkeypatch: pytest.MonkeyPatch, *tenant_ids: str) -> None:
    store, record = process_memory(), MemoryStore.record

    def failing(tenant_id: str, *rest: object) -> object:
        if tenant_id in tenant_ids:
            raise Unavailable("Firestore does not answer", retry_after_seconds=3)
        return record(store, tenant_id, *rest)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(store, "record", failing)


def test_the_header_names_the_tenant_of_all_events(functions: Functions, key: str) -> None:
    answer = succeeded(
        post(functions, key, [call(None, id="a"), call("acme", id="b"), call("bolt", id="c")], "acme")
    )
    assert answer["ids"] == ["a", "b"]
    assert codes(answer["rejected"]) == [(2, "tenant_id", "tenant_mismatch")]
    assert ids(functions, key, "acme") == ["a", "b"]
    assert ids(functions, key, "bolt") == []


@pytest.mark.parametrize("as_cloudevent", ["structured", "batch", "binary"])
def test_a_cloudevent_names_its_tenant_in_its_data_or_in_the_header(
    as_cloudevent: str, functions: Functions, key: str
) -> None:
    attributes = {"specversion": "1.0", "source": "s", "type": "t"}

    def send(number: int, data: Json, headers: dict[str, str]) -> TestResponse:
        own = attributes | {"id": str(number)}
        headers |= bearer(key)
        if as_cloudevent == "binary":
            headers |= {f"ce-{name}": value for name, value in own.items()}
            return functions.record_usage.post("/v1/events", json=data, headers=headers)
        event = {**own, "data": data}
        body, kind = (
            (event, "cloudevents") if as_cloudevent == "structured" else ([event], "cloudevents-batch")
        )
        return functions.record_usage.post(
            "/v1/events", data=json.dumps(body), content_type=f"application/{kind}+json", headers=headers
        )

    assert succeeded(send(1, call("acme"), {}))["accepted"] == 1
    assert succeeded(send(2, call(None), {"GWI-Tenant": "acme"}))["accepted"] == 1
    document = refused(send(3, call("bolt"), {"GWI-Tenant": "acme"}), 422)
    assert codes(document["errors"]) == [(0, "tenant_id", "tenant_mismatch")]
    assert ids(functions, key, "acme") == ["1", "2"]


def test_events_keep_the_platform_key_that_recorded_them(functions: Functions, key: str) -> None:
    succeeded(post(functions, key, [call("acme", id="a"), call("bolt", id="b")]))
    stored = [*functions.events(key, "acme"), *functions.events(key, "bolt")]
    assert [event["api_key"] for event in stored] == [key_id(key)] * 2


def test_nothing_of_a_request_that_names_no_tenant_is_recorded(functions: Functions, key: str) -> None:
    document = refused(post(functions, key, [call(None), call(None)]), 422, "invalid_input")
    assert codes(document["errors"]) == [
        (0, "tenant_id", "tenant_required"),
        (1, "tenant_id", "tenant_required"),
    ]
    assert "GWI-Tenant" in document["detail"]


def test_an_unknown_tenant_loses_no_event_of_another(functions: Functions, key: str) -> None:
    answer = succeeded(post(functions, key, [call("nobody"), call("acme", id="a"), call(65 * "x")]))
    assert answer["ids"] == ["a"]
    assert codes(answer["rejected"]) == [
        (0, "tenant_id", "unknown_tenant"),
        (2, "tenant_id", "unknown_tenant"),
    ]


def test_a_tenants_own_key_may_name_its_tenant_and_no_other(functions: Functions, key: str) -> None:
    own = functions.create_key(tenant_id="acme")
    assert succeeded(post(functions, own, call("acme"), "acme"))["accepted"] == 1
    refused(post(functions, own, call(None), "bolt"), 403, "foreign_tenant")
    document = refused(post(functions, own, call("bolt")), 422)
    assert codes(document["errors"]) == [(0, "tenant_id", "tenant_mismatch")]


def test_the_status_is_that_of_the_only_tenant_and_null_for_several(functions: Functions, key: str) -> None:
    tokens = {"tokens": {"input_tokens": 100, "output_tokens": 20}}
    one = succeeded(post(functions, key, [call("acme", **tokens)] * 2, query="?status=true"))
    assert (one["status"]["plan"], one["status"]["tokens_used"]) == ("starter", 2 * (100 + 20))
    assert (
        succeeded(post(functions, key, [call("acme"), call("bolt")], query="?status=true"))["status"] is None
    )
    partly = succeeded(post(functions, key, [call("acme"), call("nobody")], query="?status=true"))
    assert partly["status"] is None


def test_a_tenant_that_was_not_recorded_is_reported_and_the_others_are_accepted(
    functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_recording(monkeypatch, "bolt")
    events = [call("bolt", id="1"), call("acme", id="2"), call("bolt", id="3")]
    answer = succeeded(post(functions, key, events))
    assert (answer["accepted"], answer["ids"]) == (1, ["2"])
    assert codes(answer["rejected"]) == [(0, "tenant_id", "not_recorded"), (2, "tenant_id", "not_recorded")]
    monkeypatch.undo()
    again = succeeded(post(functions, key, events))
    assert (again["accepted"], again["duplicates"], again["ids"]) == (2, 1, ["1", "2", "3"])


def test_503_only_if_nothing_was_recorded(
    functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_recording(monkeypatch, "acme", "bolt")
    answer = post(functions, key, [call("acme"), call("bolt"), call("nobody"), {"bad": 1}])
    refused(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "3"


def test_each_tenant_has_its_own_rate_and_one_beyond_it_is_reported(functions: Functions, key: str) -> None:
    first = post(functions, key, [call("acme"), call("bolt"), call("bolt")])
    assert first.headers["RateLimit-Remaining"] == str(FREE_CEILING - 1), "of the tenant with the fewest left"
    for _ in range(FREE_CEILING - 1):
        succeeded(post(functions, key, [call("bolt")]))
    answer = succeeded(post(functions, key, [call("bolt"), call("acme", id="a"), call("bolt")]))
    assert answer["ids"] == ["a"]
    assert codes(answer["rejected"]) == [(0, "tenant_id", "rate_limited"), (2, "tenant_id", "rate_limited")]
    refused(post(functions, key, [call("bolt"), {"bad": 1}]), 422)
    everything = post(functions, key, [call("bolt"), call("bolt")])
    refused(everything, 429, "rate_limited")
    functions.clock.pass_by(timedelta(seconds=int(everything.headers["Retry-After"])))
    assert succeeded(post(functions, key, [call("bolt")]))["accepted"] == 1


def test_a_check_names_an_existing_tenant_that_is_not_suspended(functions: Functions, key: str) -> None:
    def check(tenant_id: str) -> TestResponse:
        headers = {**bearer(key), "GWI-Tenant": tenant_id}
        return functions.record_usage.post("/v1/check", json={}, headers=headers)

    assert succeeded(check("acme"))["status"]["plan"] == "starter"
    refused(check("nobody"), 404, "unknown_tenant")
    refused(check(""), 422, "tenant_required")
    change = Change("test", functions.clock.now)
    set_suspension(process_memory(), "bolt", suspended=True, change=change)
    refused(check("bolt"), 403, "tenant_suspended")


def test_a_header_that_contradicts_the_path_is_refused(functions: Functions, key: str) -> None:
    for named, status in (("acme", 200), ("bolt", 422)):
        headers = {**bearer(key), "GWI-Tenant": named}
        answer = functions.usage_api.get("/api/v1/tenants/acme/usage", headers=headers)
        assert answer.status_code == status
    refused(answer, 422, "tenant_mismatch")


def test_unknown_tenants_are_created_where_that_is_configured(
    set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GWI_AUTO_TENANTS", "free")
    functions = set_up()
    key = with_tenants(functions)
    assert succeeded(post(functions, key, [call("new-customer", id="a"), call("acme")]))["accepted"] == 2
    page = functions.read(key, "/tenants/new-customer/usage")
    assert (page["tenant"]["name"], page["status"]["plan"]) == ("new-customer", "free")
    entries = functions.read(key, "/tenants/new-customer/audit")["entries"]
    assert [(each["actor"], each["action"]) for each in entries] == [
        (f"platform:{key[:23]}", "tenant.created")
    ]
    recording = functions.create_platform_key("usage:write")
    document = refused(post(functions, recording, [call("another")]), 422)
    assert codes(document["errors"]) == [(0, "tenant_id", "unknown_tenant")]


def test_while_metering_is_off_nothing_is_recorded_for_anybody(
    set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GWI_METERING_ENABLED", "0")
    functions = set_up()
    answer = succeeded(post(functions, with_tenants(functions), [call("acme"), call("nobody")]))
    assert (answer["metering_enabled"], answer["accepted"]) == (False, 0)


def test_in_the_steady_state_a_request_reads_nothing_and_costs_what_tenants_keys_do(
    functions_on_firestore: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    functions = functions_on_firestore
    tenants = [f"tenant-{number}" for number in range(12)]
    own = [functions.create_tenant(tenant_id) for tenant_id in tenants]
    key = functions.create_platform_key()
    for number in range(2):
        events = [call(each, id=f"{number}-{n}", run_id="run") for n in range(5) for each in tenants]
        capsys.readouterr()
        assert succeeded(post(functions, key, events))["accepted"] == 5 * 12
    (together,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (together["calls"], together["reads"], together["crossings"]) == (12, 0, 12)
    for each in own:
        functions.record(each, call(None))
    capsys.readouterr()
    for each in own:
        functions.record(each, *[call(None, run_id="run-2") for _ in range(5)])
    alone = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert together["writes"] == sum(line["writes"] for line in alone) == 12 * (5 + 2)
    functions.clock.pass_by(CACHE_FOR)
    capsys.readouterr()
    succeeded(post(functions, key, [call(each) for each in tenants]))
    (later,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert later["calls"] == 12 + 4, "a commit each; once a minute the key, the tenants, plans and prices"
