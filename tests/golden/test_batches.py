"""Golden behaviour T8: whatever is wrong with one event of a batch, the others are recorded."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.http.serving import Functions, bearer, succeeded
from tests.http.test_bad_events import written_out

CASES = json.loads(Path(__file__).with_name("cases").joinpath("batches.json").read_text("utf-8"))
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
PLACES = {"first": 0, "between": 1, "last": 2}
ENVELOPES = {
    "array": ("application/json", b"[", b"]"),
    "batch": ("application/json", b'{"events": [', b"]}"),
    "cloudevents": ("application/cloudevents-batch+json", b"[", b"]"),
}


def bad_event(case: dict[str, Any]) -> bytes:
    return base64.b64decode(case["base64"]) if "base64" in case else written_out(case["json"]).encode()


def good_event(event_id: str, envelope: str) -> bytes:
    if envelope != "cloudevents":
        return json.dumps({**CALL, "id": event_id}).encode()
    attributes = {"specversion": "1.0", "source": "/agents", "type": "usage"}
    return json.dumps({**attributes, "id": event_id, "data": CALL}).encode()


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("case", [pytest.param(case, id=f"T8-{case['name']}") for case in CASES])
def test_whatever_is_wrong_with_one_event_of_a_batch_the_others_are_recorded(
    case: dict[str, Any], place: str, envelope: str, functions: Functions, key: str
) -> None:
    items = [good_event(event_id, envelope) for event_id in ("a", "b")]
    items.insert(PLACES[place], bad_event(case))
    content_type, start, end = ENVELOPES[envelope]
    answer = functions.record_usage.post(
        "/v1/events",
        data=start + b", ".join(items) + end,
        content_type=content_type,
        headers=bearer(key),
    )
    content = succeeded(answer)
    assert (content["accepted"], content["ids"]) == (2, ["a", "b"])
    assert {problem["index"] for problem in content["rejected"]} == {PLACES[place]}
    first = content["rejected"][0]
    if envelope != "cloudevents":
        assert (first["field"], first["code"]) == (case["field"], case["code"])
    assert {event["id"] for event in functions.events(key)} == {"a", "b"}


def test_t8_several_bad_events_of_a_packed_batch_are_each_reported(functions: Functions, key: str) -> None:
    items = [good_event("a", "array"), *(bad_event(case) for case in CASES), good_event("b", "array")]
    answer = functions.record_usage.post(
        "/v1/events",
        data=gzip.compress(b"[" + b",".join(items) + b"]"),
        content_type="application/json",
        headers={**bearer(key), "Content-Encoding": "gzip"},
    )
    content = succeeded(answer)
    assert content["ids"] == ["a", "b"]
    assert {problem["index"] for problem in content["rejected"]} == set(range(1, len(CASES) + 1))


def test_t8_metadata_beyond_its_limit_is_cut_and_the_event_says_so(functions: Functions, key: str) -> None:
    notes = {"team": "search", "note": "x" * 300_000}
    answer = functions.record(key, {**CALL, "id": "a", "metadata": notes}, {**CALL, "id": "b"})
    assert (answer["accepted"], answer["rejected"]) == (2, [])
    stored = {event["id"]: event for event in functions.events(key)}
    assert (stored["a"]["metadata_cut"], stored["b"]["metadata_cut"]) == (True, False)
    assert stored["a"]["metadata"]["team"] == "search"
    assert len(json.dumps(stored["a"]["metadata"], separators=(",", ":"))) == 256 * 1024
    assert functions.record(key, {**CALL, "id": "a", "metadata": notes})["duplicates"] == 1
