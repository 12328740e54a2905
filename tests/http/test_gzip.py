"""Gzip bodies: read once, bounded when unpacked, and refused when malformed."""

import gzip
import json
import tracemalloc

import pytest
from werkzeug.test import TestResponse

from shared.http.gzip_bodies import MAX_UNPACKED_BYTES
from tests.http.serving import Functions, bearer, refused, succeeded

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
PACKED = gzip.compress(json.dumps(CALL).encode())
BOM = b"\xef\xbb\xbf"


def post(
    functions: Functions, key: str, body: bytes, encoding: str = "gzip", path: str = "/v1/events"
) -> TestResponse:
    headers = {**bearer(key), "Content-Encoding": encoding}
    return functions.record_usage.post(path, data=body, content_type="application/json", headers=headers)


def packed_blanks(size: int) -> bytes:
    """Return a packed event of `size` bytes, nearly all of them blanks."""
    text = json.dumps(CALL).encode()
    return gzip.compress(b" " * (size - len(text)) + text)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
def test_a_gzip_body_is_read(encoding: str, functions: Functions, key: str) -> None:
    assert succeeded(post(functions, key, PACKED, encoding))["accepted"] == 1


def test_a_check_may_be_packed_too(functions: Functions, key: str) -> None:
    answer = succeeded(post(functions, key, gzip.compress(b'{"tokens": 10000000}'), path="/v1/check"))
    assert answer["allowed"] is False


def test_a_packed_cloudevent_is_read(functions: Functions, key: str) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data": CALL}
    answer = functions.record_usage.post(
        "/v1/events",
        data=gzip.compress(json.dumps(event).encode()),
        content_type="application/cloudevents+json",
        headers={**bearer(key), "Content-Encoding": "gzip"},
    )
    assert succeeded(answer)["ids"] == ["1"]


def test_a_body_of_8_mib_when_unpacked_is_read_and_one_byte_more_is_refused(
    functions: Functions, key: str
) -> None:
    assert succeeded(post(functions, key, packed_blanks(8 * 1024 * 1024)))["accepted"] == 1
    document = refused(post(functions, key, packed_blanks(8 * 1024 * 1024 + 1)), 413, "unpacked_too_large")
    assert f"the maximum is {8 * 1024 * 1024} bytes" in document["detail"]


def test_a_gzip_bomb_is_refused_without_being_unpacked(functions: Functions, key: str) -> None:
    bomb = gzip.compress(bytes(1024 * 1024 * 1024 // 4), compresslevel=1)
    assert len(bomb) < 4 * 1024 * 1024
    tracemalloc.start()
    refused(post(functions, key, bomb), 413, "unpacked_too_large")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * MAX_UNPACKED_BYTES + 3 * len(bomb) + 1024 * 1024
    assert functions.events(key) == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(PACKED[:-1], "ends too early", id="cut in its trailer"),
        pytest.param(PACKED[: len(PACKED) // 2], "ends too early", id="cut in the middle"),
        pytest.param(PACKED[:5], "ends too early", id="cut in its header"),
        pytest.param(json.dumps(CALL).encode(), "incorrect header check", id="no gzip"),
        pytest.param(BOM + PACKED, "incorrect header check", id="byte order mark before it"),
        pytest.param(PACKED[:-8] + bytes(8), "incorrect data check", id="wrong checksum"),
        pytest.param(PACKED + PACKED, "after its end", id="two in a row"),
        pytest.param(PACKED + b"\n", "after its end", id="a line break after it"),
    ],
)
def test_malformed_gzip_is_refused(body: bytes, says: str, functions: Functions, key: str) -> None:
    document = refused(post(functions, key, body), 400, "malformed_gzip")
    assert says in document["detail"]
    assert functions.events(key) == []


def test_a_byte_order_mark_inside_is_ignored(functions: Functions, key: str) -> None:
    succeeded(post(functions, key, gzip.compress(BOM + json.dumps(CALL).encode())))
    assert len(functions.events(key)) == 1


def test_a_body_that_is_packed_twice_is_not_json(functions: Functions, key: str) -> None:
    refused(post(functions, key, gzip.compress(PACKED)), 400, "malformed_json")


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip,gzip", "identity, gzip", "deflate", "zstd", "br"])
def test_other_encodings_and_two_of_them_are_refused(encoding: str, functions: Functions, key: str) -> None:
    document = refused(post(functions, key, PACKED, encoding), 415, "unsupported_media_type")
    assert "gzip it once" in document["detail"]


def test_two_headers_of_encodings_are_refused(functions: Functions, key: str) -> None:
    headers = [*bearer(key).items(), ("Content-Encoding", "gzip"), ("Content-Encoding", "gzip")]
    answer = functions.record_usage.post(
        "/v1/events", data=PACKED, content_type="application/json", headers=headers
    )
    refused(answer, 415, "unsupported_media_type")
