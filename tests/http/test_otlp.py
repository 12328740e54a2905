"""OTLP over HTTP: what becomes of spans, what an exporter is told, and what it is refused."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from werkzeug.test import TestResponse

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Unavailable
from shared.domain.limits.rates import CEILING_FACTOR
from shared.stores import process_memory
from tests.http.serving import Functions, Json, bearer, succeeded
from tests.otlp import CALL, NOON_NS, PATH, TRACE, Sent, as_json, as_protobuf, call, span_json

JSON, PROTOBUF = "application/json", "application/x-protobuf"
YEAR_1970 = 1_000


def export(functions: Functions, key: str, *spans: Sent, tenant: str | None = None) -> TestResponse:
    headers = {**bearer(key), **({"GWI-Tenant": tenant} if tenant else {})}
    return functions.record_usage.post(PATH, data=as_protobuf(spans), content_type=PROTOBUF, headers=headers)


def exported(functions: Functions, key: str, *spans: Sent) -> tuple[int, str]:
    """Send spans in both encodings; return how many were rejected and why, which must be the same."""
    by_protobuf = export(functions, key, *spans)
    assert (by_protobuf.status_code, by_protobuf.mimetype) == (200, PROTOBUF)
    told = ExportTraceServiceResponse.FromString(by_protobuf.get_data()).partial_success
    by_json = succeeded(functions.record_usage.post(PATH, json=as_json(spans), headers=bearer(key)))
    partial = by_json.get("partialSuccess", {"rejectedSpans": "0", "errorMessage": ""})
    assert (str(told.rejected_spans), told.error_message) == (
        partial["rejectedSpans"],
        partial["errorMessage"],
    )
    return told.rejected_spans, told.error_message


def refusal(answer: TestResponse) -> tuple[int, int, str]:
    """Return the status and the google.rpc.Status of an answer in protobuf."""
    assert answer.mimetype == PROTOBUF
    told = Status.FromString(answer.get_data())
    return answer.status_code, told.code, told.message


def ids(functions: Functions, key: str, tenant_id: str = "acme") -> list[str]:
    return sorted(event["id"] for event in functions.events(key, tenant_id))


# Events


def test_a_span_is_one_event_in_either_encoding(functions: Functions, key: str) -> None:
    span = Sent(
        attributes={
            **CALL,
            "gen_ai.response.id": "chatcmpl-1",
            "gen_ai.response.model": "gpt-4.1-mini-2025-04-14",
            "gwi.user_id": 7,
            "gwi.workflow_id": "triage",
            "gwi.run_id": "run-1",
            "gwi.tags.feature": "search",
        }
    )
    assert exported(functions, key, span) == (0, "")
    (event,) = functions.events(key)
    assert (event["id"], event["ts"], event["latency_ms"]) == (span.event_id, "2026-11-20T12:00:00Z", 2_000)
    assert (event["provider"], event["model"]) == ("openai", "gpt-4.1-mini")
    assert event["served_model"] == "gpt-4.1-mini-2025-04-14"
    assert (event["user_id"], event["workflow_id"], event["run_id"]) == ("7", "triage", "run-1")
    assert (event["request_id"], event["tags"]) == ("chatcmpl-1", {"feature": "search"})
    assert (event["tokens"]["input_tokens"], event["tokens"]["output_tokens"]) == (1200, 300)


def test_spans_that_report_no_call_are_ignored_and_counted(
    functions: Functions, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spans = [
        call(1),
        Sent(span_id=f"{2:016x}", attributes={"http.request.method": "POST"}),
        Sent(span_id=f"{3:016x}", attributes={"gen_ai.operation.name": "create_agent"}),
        Sent(span_id=f"{4:016x}", attributes={**CALL, "logfire.span_type": "pending_span"}),
    ]
    capsys.readouterr()
    answer = export(functions, key, *spans)
    assert answer.get_data() == b"", "a full success is an empty message"
    assert answer.headers["GWI-Ignored-Spans"] == "3"
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["spans"], line["ignored_spans"]) == (4, 3)
    assert ids(functions, key) == [call(1).event_id]


@pytest.mark.parametrize("body", [b"", as_protobuf([])])
def test_a_request_without_spans_succeeds(body: bytes, functions: Functions, key: str) -> None:
    answer = functions.record_usage.post(PATH, data=body, content_type=PROTOBUF, headers=bearer(key))
    assert (answer.status_code, answer.get_data()) == (200, b"")
    empties: tuple[Json, ...] = ({}, {"resourceSpans": []}, {"resourceSpans": [{"scopeSpans": None}]})
    for empty in empties:
        assert succeeded(functions.record_usage.post(PATH, json=empty, headers=bearer(key))) == {}


def test_a_gzipped_request_is_read(functions: Functions, key: str) -> None:
    headers = {**bearer(key), "Content-Encoding": "gzip"}
    packed = gzip.compress(as_protobuf([call(1)]))
    answer = functions.record_usage.post(PATH, data=packed, content_type=PROTOBUF, headers=headers)
    assert answer.status_code == 200
    assert ids(functions, key) == [call(1).event_id]


@pytest.mark.parametrize("accepted", ["application/x-protobuf", "application/json", "*/*"])
def test_the_answer_has_the_encoding_of_the_request(accepted: str, functions: Functions, key: str) -> None:
    headers = {**bearer(key), "Accept": accepted}
    for content_type, body in ((PROTOBUF, as_protobuf([call(1)])), (JSON, json.dumps(as_json([call(1)])))):
        answer = functions.record_usage.post(PATH, data=body, content_type=content_type, headers=headers)
        assert (answer.status_code, answer.mimetype) == (200, content_type)
    headers["Accept"] = "text/html"
    answer = functions.record_usage.post(PATH, data=b"", content_type=PROTOBUF, headers=headers)
    assert refusal(answer)[:2] == (406, 3)


def test_the_same_ids_in_any_case_are_one_span(functions: Functions, key: str) -> None:
    span = Sent(span_id="abcdefabcdefabcd")
    upper = as_json([span])
    (body,) = upper["resourceSpans"][0]["scopeSpans"][0]["spans"]
    body |= {"traceId": span.trace_id.upper(), "spanId": span.span_id.upper()}
    assert exported(functions, key, span) == (0, "")
    assert succeeded(functions.record_usage.post(PATH, json=upper, headers=bearer(key))) == {}
    assert functions.usage(key)["total_llm_calls"] == 1


def test_a_span_that_arrives_beside_others_the_second_time_is_a_duplicate(
    functions: Functions, key: str
) -> None:
    boss = Sent(span_id="a" * 16, attributes={"gen_ai.operation.name": "invoke_agent"})
    helper = Sent(span_id="b" * 16, parent_id=boss.span_id, attributes=boss.attributes)
    inner = replace(call(1), parent_id=helper.span_id)
    assert exported(functions, key, inner) == (0, "")
    assert exported(functions, key, inner, helper, boss) == (0, "")
    assert functions.usage(key)["total_llm_calls"] == 1


def test_other_content_under_the_same_ids_is_rejected_and_the_first_stands(
    functions: Functions, key: str
) -> None:
    exported(functions, key, call(1))
    rejected, message = exported(functions, key, call(1, gen_ai__usage__input_tokens=9), call(2))
    assert rejected == 1
    assert message.startswith(f"1 of 2 spans were not recorded. {call(1).event_id}: ")
    assert "was already used" in message
    assert functions.usage(key)["total_tokens"]["input"] == 2 * 1200


# What is rejected, and told


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"gen_ai.usage.input_tokens": -3}, "gen_ai.usage.input_tokens"),
        ({"gen_ai.usage.input_tokens": "many"}, "gen_ai.usage.input_tokens"),
        ({"gen_ai.usage.input_tokens": [1, 2]}, "gen_ai.usage.input_tokens"),
        ({"gen_ai.usage.input_tokens": 1.5}, "gen_ai.usage.input_tokens"),
        ({"gen_ai.usage.input_tokens": True}, "gen_ai.usage.input_tokens"),
        ({"gen_ai.usage.cache_read.input_tokens": 1201}, "gen_ai.usage.cache_read.input_tokens"),
        ({"gen_ai.usage.total_tokens": 1}, "total_tokens"),
        ({"gen_ai.provider.name": ""}, "gen_ai.provider.name"),
        ({"gen_ai.request.model": ["a"]}, "gen_ai.request.model"),
        ({"gwi.user_id": 257 * "x"}, "gwi.user_id"),
        ({"gwi.run_id": 129 * "x"}, "gwi.run_id"),
        ({"gwi.tenant_id": "bolt"}, "bolt"),
        ({f"gwi.tags.t{number}": "x" for number in range(6)}, "gwi.tags"),
        ({f"gwi.tags.t{number}": "x" for number in range(1_000)}, "more than 100"),
        ({f"gen_ai.usage.x{number}": 1 for number in range(10_000)}, "usage has more than"),
    ],
)
def test_a_bad_span_is_rejected_by_the_name_of_its_attribute_and_loses_no_other(
    attributes: Json, words: str, functions: Functions, key: str
) -> None:
    bad = Sent(attributes={**CALL, **attributes})
    rejected, message = exported(functions, key, call(1), bad, call(2))
    assert rejected == 1
    assert message.startswith(f"1 of 3 spans were not recorded. {bad.event_id}: ")
    assert words in message
    assert ids(functions, key) == [call(1).event_id, call(2).event_id]


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (Sent(end_ns=YEAR_1970, start_ns=0), "endTimeUnixNano 1970-01-01"),
        (Sent(end_ns=0, start_ns=0), "endTimeUnixNano 1970-01-01"),
        (Sent(end_ns=2**63), "endTimeUnixNano 2262-04-11"),
        (Sent(trace_id=32 * "0"), "traceId: must be 16 bytes that are not all zero"),
        (Sent(span_id=16 * "0"), "spanId: must be 8 bytes that are not all zero"),
        (Sent(trace_id="abcd"), "traceId: must be 16 bytes"),
        (Sent(span_id=""), "spanId: must be 8 bytes"),
    ],
)
def test_a_span_with_impossible_ids_or_times_is_rejected(
    span: Sent, words: str, functions: Functions, key: str
) -> None:
    rejected, message = exported(functions, key, span, call(1))
    assert (rejected, ids(functions, key)) == (1, [call(1).event_id])
    assert words in message


def test_a_span_with_10_000_attributes_is_recorded(functions: Functions, key: str) -> None:
    many = {f"app.attribute.{number}": "x" for number in range(10_000)}
    assert exported(functions, key, Sent(attributes={**many, **CALL})) == (0, "")
    assert functions.usage(key)["total_llm_calls"] == 1


def test_only_the_first_reasons_are_told(functions: Functions, key: str) -> None:
    rejected, message = exported(
        functions, key, *(call(number, gen_ai__usage__input_tokens=-1) for number in range(1, 151))
    )
    assert rejected == 150
    assert message.startswith("150 of 150 spans were not recorded. ")
    assert message.count("gen_ai.usage.input_tokens") == 3


@pytest.mark.parametrize(
    "broken",
    [
        {"traceId": 5},
        {"spanId": None},
        {"startTimeUnixNano": "soon"},
        {"startTimeUnixNano": -1},
        {"endTimeUnixNano": str(2**64)},
        {"endTimeUnixNano": 1.5},
        {"endTimeUnixNano": []},
        {"attributes": {}},
        {"attributes": [5]},
        {"attributes": [None]},
        {"attributes": [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": "x"}}]},
        {"attributes": [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": str(2**63)}}]},
        {"attributes": [{"key": "gen_ai.usage.input_tokens", "value": 5}]},
        {"status": 2},
    ],
)
def test_a_span_of_wrong_types_in_json_is_rejected_alone(
    broken: Json, functions: Functions, key: str
) -> None:
    body = as_json([call(1)])
    body["resourceSpans"][0]["scopeSpans"][0]["spans"].append({**span_json(call(2)), **broken})
    told = succeeded(functions.record_usage.post(PATH, json=body, headers=bearer(key)))["partialSuccess"]
    assert told["rejectedSpans"] == "1"
    assert next(iter(broken)) in told["errorMessage"] or "gen_ai.usage.input_tokens" in told["errorMessage"]
    assert ids(functions, key) == [call(1).event_id]


@pytest.mark.parametrize("number", ["١٢", "1_000", " 5", "+5", "٣"])
def test_a_number_as_text_has_plain_digits(number: str, functions: Functions, key: str) -> None:
    body = as_json([call(1)])
    body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["endTimeUnixNano"] = number
    told = succeeded(functions.record_usage.post(PATH, json=body, headers=bearer(key)))["partialSuccess"]
    assert "endTimeUnixNano: must be nanoseconds since 1970" in told["errorMessage"]


# What is refused as a whole: a google.rpc.Status in the content type of the request


@pytest.mark.parametrize(
    "body",
    [
        [],
        "spans",
        5,
        None,
        {"resourceSpans": {}},
        {"resourceSpans": [5]},
        {"resourceSpans": [None]},
        {"resourceSpans": [{"scopeSpans": [None]}]},
        {"resourceSpans": [{"resource": 5}]},
    ],
)
def test_a_body_that_is_no_request_in_json_is_refused(body: object, functions: Functions, key: str) -> None:
    answer = functions.record_usage.post(PATH, data=json.dumps(body), content_type=JSON, headers=bearer(key))
    assert answer.status_code in (400, 422)
    assert answer.mimetype == JSON
    assert answer.get_json()["code"] == 3
    assert answer.get_json()["message"]


def test_a_body_that_is_no_protobuf_is_refused(functions: Functions, key: str) -> None:
    answer = functions.record_usage.post(PATH, data=b"\xff" * 20, content_type=PROTOBUF, headers=bearer(key))
    status, code, message = refusal(answer)
    assert (status, code) == (400, 3)
    assert "malformed_protobuf" in message


def test_20_mib_unpacked_are_refused(functions: Functions, key: str) -> None:
    packed = gzip.compress(bytes(20 * 1024 * 1024))
    headers = {**bearer(key), "Content-Encoding": "gzip"}
    answer = functions.record_usage.post(PATH, data=packed, content_type=PROTOBUF, headers=headers)
    status, code, message = refusal(answer)
    assert (status, code) == (413, 8)
    assert "the maximum is 8388608 bytes (unpacked_too_large)" in message


def test_too_many_spans_at_once_are_refused(
    functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.http.metering.otlp_export.MAX_SPAN_EVENTS", 2)
    status, code, message = refusal(export(functions, key, call(1), call(2), call(3)))
    assert (status, code) == (413, 8)
    assert "3 metered steps; the maximum is 2" in message
    assert ids(functions, key) == []


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/grpc"])
def test_another_content_type_is_refused_in_json(
    content_type: str | None, functions: Functions, key: str
) -> None:
    answer = functions.record_usage.post(PATH, data=b"x", content_type=content_type, headers=bearer(key))
    assert (answer.status_code, answer.mimetype) == (415, JSON)
    assert "application/x-protobuf or application/json" in answer.get_json()["message"]


def test_an_exporter_without_a_key_is_told_in_its_own_format(functions: Functions) -> None:
    answer = functions.record_usage.post(PATH, data=as_protobuf([call(1)]), content_type=PROTOBUF)
    status, code, message = refusal(answer)
    assert (status, code) == (401, 16)
    assert "not_authenticated" in message
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    by_json = functions.record_usage.post(PATH, json={}, headers=bearer("gwi_test_x"))
    assert (by_json.status_code, by_json.get_json()["code"]) == (401, 16)


def test_a_key_that_may_not_record_is_refused(functions: Functions, key: str) -> None:
    reading = functions.create_key("usage:read")
    assert refusal(export(functions, reading, call(1)))[:2] == (403, 7)
    assert ids(functions, key) == []


def test_an_exporter_that_is_too_fast_is_told_when_to_send_again(functions: Functions) -> None:
    key = functions.create_tenant("free", plan="free")
    for number in range(1, 10 * CEILING_FACTOR + 1):
        assert export(functions, key, call(number)).status_code == 200
    answer = export(functions, key, call(1))
    assert refusal(answer)[:2] == (429, 8)
    assert int(answer.headers["Retry-After"]) > 0


def test_while_the_store_is_away_nothing_is_acknowledged(
    functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Unavailable("Firestore does not answer", retry_after_seconds=3)

    with monkeypatch.context() as patch:
        patch.setattr(process_memory(), "record", fail)
        answer = export(functions, key, call(1))
    assert refusal(answer)[:2] == (503, 14)
    assert answer.headers["Retry-After"] == "3"
    assert exported(functions, key, call(1)) == (0, "")
    assert ids(functions, key) == [call(1).event_id]


def test_where_metering_is_off_an_exporter_is_warned(
    set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GWI_METERING_ENABLED", "0")
    functions = set_up()
    key = functions.create_tenant()
    rejected, message = exported(functions, key, call(1))
    assert rejected == 0
    assert "metering is disabled" in message
    assert ids(functions, key) == []


# Platform keys


def test_spans_of_many_tenants_are_recorded_for_each(functions: Functions) -> None:
    keys = {name: functions.create_tenant(name) for name in ("acme", "bolt")}
    platform = functions.create_platform_key()
    spans = [
        call(1, gwi__tenant_id="acme"),
        call(2, gwi__tenant_id="bolt"),
        call(3, gwi__tenant_id="nobody"),
        call(4),
    ]
    rejected, message = exported(functions, platform, *spans)
    assert rejected == 2
    assert "gwi.tenant_id: name the tenant" in message
    assert "nobody" in message
    assert ids(functions, keys["acme"]) == [call(1).event_id]
    assert ids(functions, keys["bolt"], "bolt") == [call(2).event_id]
    assert export(functions, platform, call(5), tenant="bolt").status_code == 200
    assert len(ids(functions, keys["bolt"], "bolt")) == 2


def test_the_resource_may_name_the_tenant_of_its_spans(functions: Functions) -> None:
    key, platform = functions.create_tenant(), functions.create_platform_key()
    body = as_json(
        [call(1), call(2, gwi__user_id="ann")], {"gwi.tenant_id": "acme", "gwi.user_id": "service"}
    )
    assert succeeded(functions.record_usage.post(PATH, json=body, headers=bearer(platform))) == {}
    assert sorted(event["user_id"] for event in functions.events(key)) == ["ann", "service"]


def test_what_one_tenant_could_not_store_is_sent_again_and_counts_once_for_the_others(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rejected span is never sent again, so an exporter must be told to repeat all of them."""
    keys = {name: functions.create_tenant(name) for name in ("acme", "bolt")}
    platform, spans = (
        functions.create_platform_key(),
        [
            call(1, gwi__tenant_id="acme"),
            call(2, gwi__tenant_id="bolt"),
        ],
    )
    store, record = process_memory(), MemoryStore.record

    def failing_for_bolt(tenant_id: str, *rest: object) -> object:
        if tenant_id == "bolt":
            raise Unavailable("Firestore does not answer")
        return record(store, tenant_id, *rest)  # type: ignore[arg-type]  # handed on

    with monkeypatch.context() as patch:
        patch.setattr(store, "record", failing_for_bolt)
        answer = export(functions, platform, *spans)
    assert refusal(answer)[:2] == (503, 14)
    assert "Retry-After" in answer.headers
    assert exported(functions, platform, *spans) == (0, "")
    for name, key in keys.items():
        assert functions.usage(key, name)["total_llm_calls"] == 1


def test_a_tenant_beyond_its_rate_makes_the_exporter_wait(functions: Functions) -> None:
    functions.create_tenant("acme")
    functions.create_tenant("free", plan="free")
    platform = functions.create_platform_key()
    spans = [call(1, gwi__tenant_id="acme"), call(2, gwi__tenant_id="free")]
    for _ in range(10 * CEILING_FACTOR):
        assert export(functions, platform, *spans).status_code == 200
    assert refusal(export(functions, platform, *spans))[:2] == (429, 8)
    functions.clock.pass_by(timedelta(minutes=1))
    assert export(functions, platform, *spans).status_code == 200


# Providers


@pytest.mark.parametrize(
    ("name", "model", "listed"),
    [
        ("openai", "gpt-4o", "openai"),
        ("az.ai.openai", "gpt-4o", "azure"),
        ("azure.ai.openai", "gpt-4o", "azure"),
        ("az.ai.inference", "gpt-4o", "azure"),
        ("azure.ai.inference", "gpt-4o", "azure"),
        ("aws.bedrock", "anthropic.claude-3-5-sonnet-20241022-v2:0", "aws"),
        ("AWS", "anthropic.claude-3-5-sonnet-20241022-v2:0", "aws"),
        ("gcp.vertex_ai", "gemini-2.5-flash", "google"),
        ("gcp.gemini", "gemini-2.5-flash", "google"),
        ("gcp.gen_ai", "gemini-2.5-flash", "google"),
        ("vertex_ai", "gemini-2.5-flash", "google"),
        ("gemini", "gemini-2.5-flash", "google"),
        ("google.ai.studio", "gemini-2.5-flash", "google"),
        ("anthropic", "claude-sonnet-4-20250514", "anthropic"),
        ("mistral_ai", "mistral-large-latest", "mistral"),
        ("x_ai", "grok-3", "x-ai"),
        ("xai", "grok-3", "x-ai"),
        ("deepseek", "deepseek-chat", "deepseek"),
        ("cohere", "command-r-plus", "cohere"),
        ("groq", "llama-3.3-70b-versatile", "groq"),
        ("perplexity", "sonar", "perplexity"),
    ],
)
@pytest.mark.parametrize("attribute", ["gen_ai.provider.name", "gen_ai.system"])
def test_the_names_of_the_conventions_are_the_catalogs_providers(
    attribute: str, name: str, model: str, listed: str, functions: Functions, key: str
) -> None:
    attributes = {key: value for key, value in CALL.items() if key != "gen_ai.provider.name"}
    span = Sent(attributes={**attributes, attribute: name, "gen_ai.request.model": model})
    assert exported(functions, key, span) == (0, "")
    (event,) = functions.events(key)
    assert (event["provider"], event["series"]["provider"]) == (name, listed)
    assert event["cost_status"] == "exact"


def test_an_unknown_provider_stays_as_sent_and_unpriced(functions: Functions, key: str) -> None:
    span = call(1, gen_ai__provider__name="ibm.watsonx.ai", gen_ai__request__model="granite-99")
    assert exported(functions, key, span) == (0, "")
    (event,) = functions.events(key)
    assert (event["provider"], event["cost_status"]) == ("ibm.watsonx.ai", "unknown")
    assert functions.usage(key)["unpriced_calls"] == 1


def test_an_estimate_of_a_library_prices_nothing(functions: Functions, key: str) -> None:
    span = call(
        1,
        gen_ai__usage__cost=0.0,
        gen_ai__request__model="never-heard-of",
        gen_ai__provider__name="openrouter",
    )
    assert exported(functions, key, span) == (0, "")
    assert functions.events(key)[0]["cost_status"] == "unknown"


def test_a_count_that_nothing_reads_makes_the_cost_incomplete(functions: Functions, key: str) -> None:
    assert exported(functions, key, call(1, gen_ai__usage__video__input_tokens=5)) == (0, "")
    (event,) = functions.events(key)
    assert (event["cost_status"], event["unread"]) == ("incomplete", ["gen_ai.usage.video.input_tokens"])


# Runs


def agent(number: int, parent: Sent | None = None, **attributes: object) -> Sent:
    return Sent(
        span_id=f"{number:016x}",
        parent_id=parent.span_id if parent else "",
        attributes={"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": f"agent-{number}"},
        start_ns=NOON_NS - (20 - number) * 10**9,
        **attributes,  # type: ignore[arg-type]  # fields of Sent
    )


def runs_of(functions: Functions, key: str) -> dict[str, Json]:
    return {run["id"]: run for run in functions.read(key, "/tenants/acme/runs")["runs"]}


def test_a_trace_is_a_run_and_an_agent_below_another_a_child_run(functions: Functions, key: str) -> None:
    boss = agent(1)
    tool = Sent(
        span_id=f"{2:016x}",
        parent_id=boss.span_id,
        attributes={"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "delegate"},
    )
    helper = agent(3, tool, is_error=True)
    spans = [
        replace(call(4), parent_id=helper.span_id),
        helper,
        tool,
        replace(call(5), parent_id=boss.span_id),
        boss,
    ]
    assert exported(functions, key, *spans) == (0, "")
    runs, child = runs_of(functions, key), f"{TRACE}.{helper.span_id}"
    assert runs.keys() == {TRACE, child}
    assert [(runs[each]["status"], runs[each]["calls"]) for each in (TRACE, child)] == [
        ("completed", 1),
        ("failed", 1),
    ]
    assert (runs[TRACE]["tool_calls"], runs[child]["parent_run_id"]) == (1, TRACE)
    assert runs[TRACE]["began_at"] == "2026-11-20T11:59:41Z"
    (finished,) = [each for each in functions.events(key) if each["id"] == boss.event_id]
    assert (finished["category"], finished["provider"], finished["model"]) == ("other", "agent", "agent-1")


def test_an_agent_repeats_the_usage_of_its_calls_which_counts_once(functions: Functions, key: str) -> None:
    boss = replace(agent(1), attributes={**CALL, "gen_ai.operation.name": "invoke_agent"})
    assert exported(functions, key, boss, replace(call(2), parent_id=boss.span_id)) == (0, "")
    usage = functions.usage(key)
    assert (usage["total_llm_calls"], usage["total_tokens"]["input"]) == (1, 1200)


def test_a_failed_call_is_an_error_without_a_cost(functions: Functions, key: str) -> None:
    attributes = {name: value for name, value in CALL.items() if not name.startswith("gen_ai.usage.")}
    assert exported(functions, key, Sent(attributes=attributes, is_error=True)) == (0, "")
    usage = functions.usage(key)
    assert (usage["total_llm_calls"], usage["unpriced_calls"]) == (1, 0)
    assert functions.events(key)[0]["status"] == "error"
