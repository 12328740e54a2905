"""The text of streams, as it is sent and as recordings keep it: cut anywhere, with any line ends, or broken."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.metering.responses.errors import ExtractionError
from shared.domain.metering.responses.stream_events import events_of
from shared.domain.metering.responses.streams import assemble
from tests.domain.metering.responses.stream_fixtures import CHAT, EACH_STREAM, STREAMS, Events, chunk, sse


def in_many_lines(events: Events) -> str:
    """Return server-sent events whose data is spread over lines, with each other field and a comment."""
    fields = ": a comment\nevent: any\nid: 7\nretry: 100\n"
    data = (
        "".join(f"data: {line}\n" for line in json.dumps(event, indent=1).split("\n")) for event in events
    )
    return "".join(f"{fields}{each}\n" for each in data)


TEXTS: dict[str, Callable[[Events], str]] = {
    "sse": sse,
    "sse without blank lines": lambda events: re.sub("\n+", "\n", sse(events)),
    "sse in many lines": in_many_lines,
    "array": json.dumps,
    "array in many lines": lambda events: json.dumps(events, indent=2),
    "a line each": lambda events: "".join(f"{json.dumps(event)}\n" for event in events),
    "concatenated": lambda events: "".join(map(json.dumps, events)),
}


@EACH_STREAM
@pytest.mark.parametrize("text_of", TEXTS.values(), ids=TEXTS)
def test_each_way_to_write_a_stream_says_the_same(
    provider: str, known: str, events: Events, text_of: Callable[[Events], str]
) -> None:
    text = text_of(events)
    expected = assemble(events, known)
    assert expected.is_finished
    for line_end in ("\n", "\r\n", "\r"):
        assert assemble("\ufeff" + text.replace("\n", line_end), None) == expected


@given(st.sampled_from(sorted(STREAMS)), st.sampled_from(sorted(TEXTS)), st.data())
def test_a_cut_is_no_error_and_no_end(name: str, way: str, data: st.DataObject) -> None:
    _, known, events = STREAMS[name]
    text = TEXTS[way](events).replace("\n", data.draw(st.sampled_from(["\n", "\r\n", "\r"])))
    stream = assemble(text[: data.draw(st.integers(0, len(text)))], None)
    assert stream.format in (known, None)
    if stream.is_finished:
        assert stream == assemble(events, None)


@given(st.text(alphabet='{}[]",:\\ \r\n0adtenv-', max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for each in (text, "data: " + text, '{"choices": []}\n' + text):
        with suppress(ExtractionError):
            assert not assemble(each, None).is_finished


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("data: {broken\n\ndata: {}\n\n", 1),
        ("data: {}\n\ndata: {broken\n\n", 2),
        ("data: {}\ndata: {broken\ndata: {}\n", 2),
        ("data: {broken\ndata: {}\ndata: {}\n", 1),
        ("event: any\ndata: {}\n\ndata: nothing\n\ndata: {}\n\n", 2),
        ('{"choices": []}\n{broken\n{}\n', 2),
        ('{"choices": []}\nbroken\n{}\n', 2),
        ('[{"choices": []},\n 7]', 2),
        ('data: {"choices": []}\n\ndata: [{}]\n\n', 2),
        ("<html>\n<body>Bad gateway</body>\n</html>\n", 1),
        ("Internal Server Error", 1),
    ],
)
def test_broken_text_is_refused_with_the_number_of_its_event(text: str, number: int) -> None:
    with pytest.raises(ExtractionError, match=rf"^event {number} is .+, not an object$") as refusal:
        assemble(text, None)
    assert (refusal.value.code, refusal.value.path) == ("malformed_stream", f"[{number}]")


@pytest.mark.parametrize("depth", [300, 900, 5_000, 200_000])
@pytest.mark.parametrize("form", ["data: %s\n\n", "%s\n", "[%s]", '{"event": "x", "data": %s}'])
def test_deep_nesting_is_refused(depth: int, form: str) -> None:
    for text in (
        '{"candidates": ' + "[" * depth + "]" * depth + "}",
        '{"choices": [], "usage": ' + '{"a": ' * depth + "1" + "}" * depth + "}",
    ):
        with pytest.raises(ExtractionError) as refusal:
            assemble(form % text, None)
        assert refusal.value.code == "malformed_stream"


def test_deep_nesting_of_parsed_events_is_refused() -> None:
    value: Any = 1
    for _ in range(50_000):
        value = [value]
    with pytest.raises(ExtractionError, match="event 2 is nested more than 200 levels deep"):
        assemble([{}, {"usageMetadata": value}], None)


def test_a_number_too_long_to_parse_is_refused() -> None:
    for form in ("data: %s\n\n", "%s\n"):
        with pytest.raises(ExtractionError, match="event 1 is"):
            assemble(form % ('{"choices": [], "created": ' + "9" * 5_000 + "}"), None)


def test_events_without_data_say_nothing() -> None:
    silent = 'event: ping\ndata:\n\nevent: ping\ndata: {}\n\ndata\n\nevent: ping\ndata: {"time": 1}\n\n'
    assert events_of(silent) == ([], False, False)
    assert assemble(silent + sse(CHAT), None) == assemble(CHAT, None)


def test_the_name_of_an_event_shows_an_error() -> None:
    expected = assemble(CHAT, None)._replace(is_finished=False)
    assert assemble(sse(CHAT) + 'event: error\ndata: {"detail": "gone"}\n\n', None) == expected
    assert assemble(sse(CHAT) + "event: error\ndata: gone\n\n", None) == expected
    assert assemble([*CHAT, {"event": "error", "data": {"detail": "gone"}}], None) == expected


def test_envelopes_are_opened() -> None:
    expected = assemble(CHAT, None)
    named = {"event": None, "id": None, "retry": None}
    assert assemble([{"data": event, **named} for event in CHAT], None) == expected
    assert assemble([{"type": "chunk", "chunk": event, "snapshot": {}} for event in CHAT], None) == expected
    assert assemble([*CHAT[:2], {"data": "[DONE]"}], None).is_finished


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        sse([chunk("y" * 40)] * 20_000),
        json.dumps([chunk("y" * 40)] * 20_000, indent=1),
        "data: {}\n" * 450_000,
        "data: [\n" * 450_000,
        "\r" * (4 << 20),
        "data: " + "[" * (4 << 20),
        '{"a": "' + "\\" * (4 << 20),
        "{}" * (2 << 20),
    ],
    ids=["events", "array", "no blank lines", "one event", "blank", "brackets", "escapes", "empty objects"],
)
def test_four_mebibytes_are_read_once(text: str) -> None:
    with suppress(ExtractionError):
        assert not assemble(text, None).is_finished
