"""The log: one JSON line for a request, one more for a refusal, in the fields of Cloud Logging, nothing secret."""

import json
import logging

import pytest

from shared.logs import LOGGER, JsonLines, without_secrets
from shared.stores import process_memory
from shared.usecases.people.unknown_keys import UNKNOWN_KEYS_PER_MINUTE
from tests.http.serving import Functions, Json, bearer, refused

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "metadata": {"note": "body-text"}}
UNKNOWN = "gwi_test_" + 40 * "0"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def lines(capsys: pytest.CaptureFixture[str]) -> list[Json]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_request_is_one_line(functions: Functions, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    functions.record(key, CALL)
    (line,) = lines(capsys)
    assert line["severity"] == "INFO"
    assert (line["message"], line["route"], line["status"]) == ("POST /v1/events 200", "/v1/events", 200)
    assert line["milliseconds"] >= 0
    assert {"calls", "reads", "writes"} <= line.keys()
    assert len(line["tenant"]) == 12
    assert "acme" not in json.dumps(line)


def test_the_operations_on_firestore_are_counted(
    functions_on_firestore: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    key = functions_on_firestore.create_tenant()
    functions_on_firestore.record(key, CALL)
    capsys.readouterr()
    functions_on_firestore.record(key, CALL | {"run_id": "run-1"})
    functions_on_firestore.check(key)
    recorded, checked = lines(capsys)
    assert [recorded[name] for name in ("calls", "reads", "writes")] == [1, 0, 3]
    assert 1 <= checked["calls"] <= 2
    assert checked["writes"] == 0
    assert checked["reads"] > 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("X-Cloud-Trace-Context", f"{TRACE}/123;o=1"), ("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01")],
)
def test_a_line_names_the_trace_of_its_request(
    name: str, value: str, functions: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    functions.usage_api.get("/api/v1/plans", headers={name: value})
    (line,) = lines(capsys)
    assert line["logging.googleapis.com/trace"].endswith(f"/traces/{TRACE}")


@pytest.mark.parametrize(("token", "caller"), [(UNKNOWN, "key:gwi_test_00000"), ("x", "unknown")])
def test_a_refused_key_is_a_security_line_with_its_prefix(
    token: str, caller: str, functions: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    refused(functions.record_usage.post("/v1/check", json={}, headers=bearer(token)), 401)
    security, request = lines(capsys)
    assert security["severity"] == "WARNING"
    assert security["message"].startswith("security: ")
    assert (security["status"], security["code"], security["caller"]) == (401, "not_authenticated", caller)
    assert request["status"] == 401


def test_a_refused_member_is_a_security_line_with_the_id_of_the_account(
    functions: Functions, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    token = functions.sign_in("mia@example.com", "member")
    capsys.readouterr()
    refused(functions.send("GET", token, "/tenants/acme/api-keys"), 403)
    security, _ = lines(capsys)
    assert security["caller"].startswith("uid:")
    assert "@" not in json.dumps(security)


def test_a_traceback_is_one_entry_with_severity_error(
    functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise RuntimeError(f"cannot serve {key} of mia@example.com")

    monkeypatch.setattr(process_memory(), "read", fail)
    capsys.readouterr()
    refused(functions.record_usage.post("/v1/check", json={}, headers=bearer(key)), 500, "internal_error")
    error, request = lines(capsys)
    assert error["severity"] == request["severity"] == "ERROR"
    assert "Traceback" in error["message"]
    assert key not in error["message"]
    assert "@" not in error["message"]


def test_hundreds_of_unknown_keys_are_answered_429(functions: Functions) -> None:
    for number in range(UNKNOWN_KEYS_PER_MINUTE):
        functions.record_usage.post("/v1/check", json={}, headers=bearer(f"gwi_test_{number:040}"))
    headers = bearer("gwi_test_" + 40 * "9")
    answer = functions.record_usage.post("/v1/check", json={}, headers=headers)
    refused(answer, 429, "rate_limited")
    assert int(answer.headers["Retry-After"]) >= 1
    elsewhere = headers | {"X-Forwarded-For": "192.0.2.7, 192.0.2.9"}
    refused(functions.record_usage.post("/v1/check", json={}, headers=elsewhere), 401)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key gwi_live_abcde0123456789 failed", "key gwi_live_abcde… failed"),
        ("gwi_platform_test_abcde0123456789", "gwi_platform_test_abcde…"),
        ("sk_test_0123456789ab", "[hidden]"),
        ("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "Bearer [hidden]"),
        ("mail to <mia.doe+x@example.co.uk>", "mail to <[hidden]>"),
        ("ticks@my-project.iam.gserviceaccount.com", "ticks@my-project.iam.gserviceaccount.com"),
        ("mia@x.gserviceaccount.com.example.com", "[hidden]"),
        ("two events at 12:30 of gpt-4.1", "two events at 12:30 of gpt-4.1"),
    ],
)
def test_secrets_are_cut_out_of_whatever_is_logged(text: str, shown: str) -> None:
    assert without_secrets(text) == shown
    record = logging.LogRecord(LOGGER.name, logging.INFO, "", 0, text, None, None)
    assert json.loads(JsonLines("demo").format(record))["message"] == shown


def test_a_tick_says_how_late_folding_is_and_how_much_the_outbox_holds(
    functions: Functions, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    functions.record(key, CALL)
    capsys.readouterr()
    functions.tick()
    reported = {name: value for line in lines(capsys) for name, value in line.items()}
    assert (reported["fold_lag_seconds"], reported["outbox_due"]) == (0.0, 0)
