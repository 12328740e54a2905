"""OTLP over HTTP: spans that are rejected, requests that are refused, and how an exporter hears of it."""

import gzip
import json
from collections.abc import Callable

import pytest

from shared.domain.errors import Unavailable
from shared.domain.limits.rates import CEILING_FACTOR
from shared.stores import process_memory
from tests.http.exporting import JSON, PROTOBUF, event_ids, export, exported, refusal
from tests.http.serving import Functions, Json, bearer, succeeded
from tests.otlp import CALL, PATH, Sent, as_json, as_protobuf, call, span_json

YEAR_1970 = 1_000


# What is rejected, and reported


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
    assert event_ids(functions, key) == [call(1).event_id, call(2).event_id]


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
    assert (rejected, event_ids(functions, key)) == (1, [call(1).event_id])
    assert words in message


def test_a_span_with_10_000_attributes_is_recorded(functions: Functions, key: str) -> None:
    many = {f"app.attribute.{number}": "x" for number in range(10_000)}
    assert exported(functions, key, Sent(attributes={**many, **CALL})) == (0, "")
    assert functions.usage(key)["total_llm_calls"] == 1


def test_only_the_first_reasons_are_reported(functions: Functions, key: str) -> None:
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
    reported = succeeded(functions.record_usage.post(PATH, json=body, headers=bearer(key)))["partialSuccess"]
    assert reported["rejectedSpans"] == "1"
    assert (
        next(iter(broken)) in reported["errorMessage"]
        or "gen_ai.usage.input_tokens" in reported["errorMessage"]
    )
    assert event_ids(functions, key) == [call(1).event_id]


@pytest.mark.parametrize("number", ["١٢", "1_000", " 5", "+5", "٣"])
def test_a_number_as_text_has_plain_digits(number: str, functions: Functions, key: str) -> None:
    body = as_json([call(1)])
    body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["endTimeUnixNano"] = number
    reported = succeeded(functions.record_usage.post(PATH, json=body, headers=bearer(key)))["partialSuccess"]
    assert "endTimeUnixNano: must be nanoseconds since 1970" in reported["errorMessage"]


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


def test_spans_that_are_recorded_in_parts_are_told_apart(
    functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.http.metering.otlp_export.MAX_EVENTS", 2)
    bad = {"gen_ai__usage__input_tokens": -1}
    spans = [call(1, **bad), call(2), call(3), call(4, **bad), call(5)]
    rejected, message = exported(functions, key, *spans)
    assert rejected == 2
    assert [spans[index].event_id in message for index in range(5)] == [True, False, False, True, False]
    assert event_ids(functions, key) == [spans[index].event_id for index in (1, 2, 4)]


def test_too_many_spans_at_once_are_refused(
    functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.http.metering.otlp_export.MAX_SPAN_EVENTS", 2)
    status, code, message = refusal(export(functions, key, call(1), call(2), call(3)))
    assert (status, code) == (413, 8)
    assert "3 metered steps; the maximum is 2" in message
    assert event_ids(functions, key) == []


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/grpc"])
def test_another_content_type_is_refused_in_json(
    content_type: str | None, functions: Functions, key: str
) -> None:
    answer = functions.record_usage.post(PATH, data=b"x", content_type=content_type, headers=bearer(key))
    assert (answer.status_code, answer.mimetype) == (415, JSON)
    assert "application/x-protobuf or application/json" in answer.get_json()["message"]


def test_an_exporter_without_a_key_is_refused_in_its_own_format(functions: Functions) -> None:
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
    assert event_ids(functions, key) == []


def test_an_exporter_that_is_too_fast_learns_when_to_send_again(functions: Functions) -> None:
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
    assert event_ids(functions, key) == [call(1).event_id]


def test_where_metering_is_off_an_exporter_is_warned(
    set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GWI_METERING_ENABLED", "0")
    functions = set_up()
    key = functions.create_tenant()
    rejected, message = exported(functions, key, call(1))
    assert rejected == 0
    assert "metering is disabled" in message
    assert event_ids(functions, key) == []
