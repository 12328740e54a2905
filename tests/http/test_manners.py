"""What HTTP lets a caller ask for: content types, gzip, a byte order mark, ETags, and pages of other origins."""

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest

from tests.http.serving import Functions, bearer, refused, succeeded

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
USAGE = "/api/v1/tenants/acme/usage"
SERIES = f"{USAGE}/series"
ORIGIN = "https://app.example.com"


def headers(key: str, **others: str) -> dict[str, str]:
    return bearer(key) | {name.replace("_", "-"): value for name, value in others.items()}


@pytest.fixture
def functions(set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch) -> Functions:
    """All functions, for pages of one more origin."""
    monkeypatch.setenv("GWI_CORS_ORIGINS", f"{ORIGIN}, https://other.example.com")
    return set_up()


@pytest.mark.parametrize("content_type", ["application/x-ndjson", "application/jsonl; charset=utf-8"])
def test_an_event_a_line_is_recorded(content_type: str, functions: Functions, key: str) -> None:
    body = "\ufeff" + "\r\n".join(json.dumps(CALL | {"id": f"e{number}"}) for number in range(3)) + "\n\n"
    answer = functions.record_usage.post(
        "/v1/events", data=body.encode(), headers=bearer(key), content_type=content_type
    )
    assert succeeded(answer)["ids"] == ["e0", "e1", "e2"]


def test_a_line_that_is_not_json_is_reported_and_the_others_are_recorded(
    functions: Functions, key: str
) -> None:
    body = f"{json.dumps(CALL)}\n{{\n{json.dumps(CALL)}\n"
    answer = functions.record_usage.post(
        "/v1/events", data=body, headers=bearer(key), content_type="application/x-ndjson"
    )
    content = succeeded(answer)
    assert content["accepted"] == 2
    assert [(each["index"], each["code"]) for each in content["rejected"]] == [(1, "malformed_json")]


@pytest.mark.parametrize(
    ("lines", "status", "code"), [(501, 413, "too_many_events"), (0, 422, "invalid_input")]
)
def test_too_many_lines_and_none_are_refused(
    lines: int, status: int, code: str, functions: Functions, key: str
) -> None:
    body = "\n".join([json.dumps(CALL)] * lines)
    answer = functions.record_usage.post(
        "/v1/events", data=body, headers=bearer(key), content_type="application/x-ndjson"
    )
    assert answer.status_code == status
    assert refused(answer, status)["code"] == code


def test_a_byte_order_mark_is_ignored(functions: Functions, key: str) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(CALL).encode()
    answer = functions.record_usage.post(
        "/v1/events", data=body, headers=bearer(key), content_type="application/json"
    )
    assert succeeded(answer)["accepted"] == 1


def test_a_larger_answer_is_encoded_for_who_accepts_it(functions: Functions, key: str) -> None:
    plain = functions.usage_api.get(SERIES, headers=headers(key))
    packed = functions.usage_api.get(SERIES, headers=headers(key, Accept_Encoding="br, gzip"))
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 5
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "br"])
def test_nobody_else_gets_it(accepted: str, functions: Functions, key: str) -> None:
    answer = functions.usage_api.get(SERIES, headers=headers(key, Accept_Encoding=accepted))
    assert "Content-Encoding" not in answer.headers


def test_small_answers_and_answers_that_may_hold_a_secret_are_not(functions: Functions, key: str) -> None:
    small = functions.usage_api.get("/api/v1/health", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in small.headers
    ids = [CALL | {"id": f"a-long-name-of-an-event-{number}"} for number in range(99)]
    answer = functions.record_usage.post("/v1/events", json=ids, headers=headers(key, Accept_Encoding="gzip"))
    assert len(answer.data) > 1024
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("path", [USAGE, f"{SERIES}?from=2026-11-01&to=2026-11-20"])
def test_who_has_the_same_answer_gets_no_body(path: str, functions: Functions, key: str) -> None:
    functions.record(key, CALL)
    first = functions.usage_api.get(path, headers=headers(key))
    functions.clock.pass_by(timedelta(seconds=30))
    again = functions.usage_api.get(path, headers=headers(key, If_None_Match=first.headers["ETag"]))
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


def test_new_usage_is_another_answer(functions: Functions, key: str) -> None:
    first = functions.usage_api.get(USAGE, headers=headers(key))
    functions.record(key, CALL)
    again = functions.usage_api.get(USAGE, headers=headers(key, If_None_Match=first.headers["ETag"]))
    assert succeeded(again)["aggregate"]["total_llm_calls"] == 1
    assert again.headers["ETag"] != first.headers["ETag"]


def test_an_etag_is_no_key(functions: Functions, key: str) -> None:
    first = functions.usage_api.get(USAGE, headers=headers(key))
    etag = {"If-None-Match": first.headers["ETag"]}
    refused(functions.usage_api.get(USAGE, headers=etag), 401, "not_authenticated")


@pytest.mark.parametrize("accepted", ["application/json", "*/*", "application/*", "text/html, */*;q=0.1", ""])
def test_json_is_answered_to_who_accepts_it(accepted: str, functions: Functions, key: str) -> None:
    assert (
        functions.usage_api.get(USAGE, headers=headers(key, Accept=accepted)).mimetype == "application/json"
    )


@pytest.mark.parametrize("accepted", ["text/html", "application/xml", "application/json;q=0"])
def test_who_accepts_nothing_that_there_is_is_refused(accepted: str, functions: Functions, key: str) -> None:
    refused(functions.usage_api.get(USAGE, headers=headers(key, Accept=accepted)), 406, "not_acceptable")


def test_csv_is_answered_to_who_prefers_it(functions: Functions, key: str) -> None:
    def get(accepted: str, query: str = "") -> str | None:
        return functions.usage_api.get(f"{SERIES}{query}", headers=headers(key, Accept=accepted)).mimetype

    assert get("text/csv") == get("text/csv, application/json;q=0.5") == "text/csv"
    assert get("application/json, text/csv") == get("*/*") == "application/json"
    assert get("text/csv, */*;q=0.1", "?format=json") == "application/json"


def test_what_was_refused_is_not_recorded(functions: Functions, key: str) -> None:
    answer = functions.record_usage.post("/v1/events", json=CALL, headers=headers(key, Accept="text/html"))
    refused(answer, 406, "not_acceptable")
    assert functions.events(key) == []


def preflight(functions: Functions, path: str, origin: str, method: str = "GET") -> dict[str, str]:
    """Return the headers of the answer to a preflight request, or of its refusal."""
    client = functions.record_usage if path.startswith("/v1") else functions.usage_api
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    return dict(client.options(path, headers=asked).headers)


@pytest.mark.parametrize(("path", "method"), [(USAGE, "GET"), ("/v1/check", "POST")])
def test_a_page_of_a_configured_origin_may_read(path: str, method: str, functions: Functions) -> None:
    answer = preflight(functions, path, ORIGIN, method)
    assert answer["Access-Control-Allow-Origin"] == ORIGIN
    assert answer["Access-Control-Allow-Methods"] == method
    assert "Authorization" in answer["Access-Control-Allow-Headers"]
    assert "Origin" in answer["Vary"]


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        *product(
            [USAGE], ["https://evil.example.com", f"{ORIGIN}.evil.com", "null", "http://app.example.com"]
        ),
        *product(["/v1/events", "/api/v1/tenants/acme/api-keys", "/api/v1/tenants"], [ORIGIN]),
    ],
)
def test_no_other_page_and_nothing_else(path: str, origin: str, functions: Functions) -> None:
    assert "Access-Control-Allow-Methods" not in preflight(functions, path, origin)


def test_a_key_that_only_reads_works_in_a_page(functions: Functions, key: str) -> None:
    reading = functions.create_key("usage:read", "limits:read")
    answer = functions.usage_api.get(USAGE, headers=headers(reading, Origin=ORIGIN))
    assert succeeded(answer)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "RateLimit-Remaining" in answer.headers["Access-Control-Expose-Headers"]


def test_a_key_that_may_change_something_does_not(functions: Functions, key: str) -> None:
    answer = functions.usage_api.get(USAGE, headers=headers(key, Origin=ORIGIN))
    refused(answer, 403, "key_not_for_browsers")
    # The page can read why.
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    platform = functions.create_platform_key()
    refused(
        functions.usage_api.get(USAGE, headers=headers(platform, Origin=ORIGIN)),
        403,
        "key_not_for_browsers",
    )


def test_servers_and_other_origins_are_as_before(functions: Functions, key: str) -> None:
    for others in ({}, {"Origin": "https://evil.example.com"}):
        answer = functions.usage_api.get(USAGE, headers=headers(key, **others))
        assert succeeded(answer)
        assert "Access-Control-Allow-Origin" not in answer.headers
