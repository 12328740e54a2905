"""Responses of providers become plain data: the usage stays, the content does not leave the process."""

import json
from typing import Any

import pytest

from gwi_usage.responses import event_fields, without_content
from tests.conftest import NewMeter
from tests.service import Service

USAGE = {"prompt_tokens": 1200, "completion_tokens": 300, "total_tokens": 1500}
MESSAGE = {"role": "assistant", "content": "Dear Ann, your balance is 7."}
CHAT = {"object": "chat.completion", "model": "gpt-4.1", "choices": [{"message": MESSAGE}], "usage": USAGE}


class Dumped:
    """A response as pydantic models are."""

    def model_dump(self, **options: Any) -> dict[str, Any]:
        assert options == {"mode": "json", "warnings": False}
        return CHAT


@pytest.mark.parametrize("response", [CHAT, json.dumps(CHAT), json.dumps(CHAT).encode(), Dumped()])
def test_a_response_is_taken_in_every_form(response: object) -> None:
    fields = event_fields(response)
    assert (fields["model"], fields["response"]["usage"]) == ("gpt-4.1", USAGE)
    assert fields["response"]["choices"] == [{"message": {"role": "assistant", "content": "…"}}]


def test_a_stream_is_the_list_of_its_events() -> None:
    assert event_fields([Dumped(), {"usage": USAGE}])["response_stream"][1] == {"usage": USAGE}


def test_a_raw_stream_keeps_its_lines_and_their_usage() -> None:
    raw = f"event: done\ndata: {json.dumps({'text': 'secret', 'usage': USAGE})}\n\ndata: [DONE]\n"
    lines = event_fields(raw)["response_stream"].split("\n")
    assert lines[0] == "event: done"
    assert json.loads(lines[1].removeprefix("data: ")) == {"text": "…", "usage": USAGE}
    assert lines[2:] == ["", "data: [DONE]"]


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ({"text": "secret"}, {"text": "…"}),
        ({"text": ""}, {"text": ""}),
        ({"unknown": "x" * 300}, {"unknown": "…"}),
        ({"embedding": [0.5] * 1536}, {"embedding": []}),
        ({"input": {"name": "Ann", "of": ["Bob", 7]}}, {"input": {"name": "…", "of": ["…", 7]}}),
        ({"webSearchQueries": ["who is Ann", "who is Bob"]}, {"webSearchQueries": ["…", "…"]}),
        ({"input": 7, "output": {"tokens": 3}}, {"input": 7, "output": {"tokens": 3}}),
    ],
)
def test_content_is_left_out_and_the_structure_stays(value: object, left: object) -> None:
    assert without_content(value) == left


@pytest.mark.parametrize("response", [object(), None, [], [object()], "", 7])
def test_what_is_no_response_has_no_fields(response: object) -> None:
    assert event_fields(response) == {}


def test_a_response_of_an_unknown_shape_is_logged_and_the_call_is_recorded(
    new_meter: NewMeter, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    meter = new_meter()
    meter.track_response("openai", object(), model="gpt-4.1")
    meter.flush()
    assert "A response of openai cannot be read (object)" in caplog.text
    assert [(each["provider"], each["model"]) for each in service.events.values()] == [("openai", "gpt-4.1")]
