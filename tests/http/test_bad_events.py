"""Every malformed event: refused with a problem that names field and value, without losing a valid one."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.http.serving import Functions, bearer, refused

CASES = Path(__file__).with_name("cases")
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
_REPEATED = re.compile(r"<(\d+) (.+?)>", re.DOTALL)


def cases(group: str) -> list[Any]:
    return [
        pytest.param(case, id=case["name"])
        for case in json.loads((CASES / f"{group}.json").read_text("utf-8"))
    ]


def written_out(text: str) -> str:
    """Expand `<4 x>` in a case to `xxxx`."""
    return _REPEATED.sub(lambda match: match[2] * int(match[1]), text)


def event_text(case: dict[str, Any]) -> str:
    """Return the case's event as text, because some cases are not valid JSON."""
    name = case.get("set", case["field"])
    fields = {field: json.dumps(value) for field, value in {**CALL, **case.get("and", {})}.items()}
    fields.pop(name, None)
    if case["json"] is not None:
        fields[name] = written_out(case["json"])
    return "{" + ", ".join(f'"{field}": {text}' for field, text in fields.items()) + "}"


@pytest.mark.parametrize("case", cases("bad_fields"))
def test_an_invalid_field_is_reported_with_its_value_and_loses_no_valid_event(
    case: dict[str, Any], functions: Functions, key: str
) -> None:
    body = f"[{event_text(case)}, {json.dumps({**CALL, 'id': 'good'})}]"
    answer = functions.record_usage.post(
        "/v1/events", data=body, content_type="application/json", headers=bearer(key)
    )
    content = answer.get_json()
    assert answer.status_code == 200, content
    assert (content["accepted"], content["ids"]) == (1, ["good"])
    (rejected,) = content["rejected"]
    assert (rejected["index"], rejected["field"], rejected["code"]) == (0, case["field"], case["code"])
    assert case["says"] in rejected["message"]
    assert [event["id"] for event in functions.events(key)] == ["good"]


@pytest.mark.parametrize("case", cases("bad_fields"))
def test_a_single_invalid_event_is_a_problem_that_names_the_field(
    case: dict[str, Any], functions: Functions, key: str
) -> None:
    answer = functions.record_usage.post(
        "/v1/events", data=event_text(case), content_type="application/json", headers=bearer(key)
    )
    document = refused(answer, 422, "invalid_input")
    assert (document["errors"][0]["field"], document["errors"][0]["code"]) == (case["field"], case["code"])
    assert case["says"] in document["detail"]
    assert functions.events(key) == []


@pytest.mark.parametrize("case", cases("bad_bodies"))
def test_a_malformed_body_is_a_problem_that_names_the_position(
    case: dict[str, Any], functions: Functions, key: str
) -> None:
    body = base64.b64decode(case["base64"]) if "base64" in case else written_out(case["body"]).encode()
    answer = functions.record_usage.post(
        "/v1/events", data=body, content_type=case.get("type", "application/json"), headers=bearer(key)
    )
    document = refused(answer, case["status"], case["code"])
    assert case["says"] in document["detail"]
    assert case.get("field") == (document["errors"][0]["field"] if "errors" in document else None)
    assert functions.events(key) == []


def test_an_invalid_event_in_a_cloudevents_batch_loses_no_valid_one(functions: Functions, key: str) -> None:
    envelope = {"specversion": "1.0", "source": "agents", "type": "usage", "data": CALL}
    answer = functions.record_usage.post(
        "/v1/events",
        data=json.dumps([{**envelope, "id": "1"}, envelope, 5]),
        content_type="application/cloudevents-batch+json",
        headers=bearer(key),
    )
    content = answer.get_json()
    assert content["ids"] == ["1"]
    assert [(problem["index"], problem["field"]) for problem in content["rejected"]] == [
        (1, "id"),
        (2, "event"),
    ]
