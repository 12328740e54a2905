"""OTLP over HTTP: the events, tenants, providers and runs that spans become."""

import gzip
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Unavailable
from shared.domain.limits.rates import CEILING_FACTOR
from shared.stores import process_memory
from tests.http.exporting import JSON, PROTOBUF, event_ids, export, exported, refusal
from tests.http.serving import Functions, Json, bearer, succeeded
from tests.otlp import CALL, NOON_NS, PATH, TRACE, Sent, as_json, as_protobuf, call

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
    assert event_ids(functions, key) == [call(1).event_id]


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
    assert event_ids(functions, key) == [call(1).event_id]


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
    assert event_ids(functions, keys["acme"]) == [call(1).event_id]
    assert event_ids(functions, keys["bolt"], "bolt") == [call(2).event_id]
    assert export(functions, platform, call(5), tenant="bolt").status_code == 200
    assert len(event_ids(functions, keys["bolt"], "bolt")) == 2


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
    """A rejected span is never sent again, so an exporter must be asked to repeat all of them."""
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
