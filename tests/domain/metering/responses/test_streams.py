"""Streams: assembled into the response that the provider sends without streaming, or said to be unfinished."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.metering.responses.errors import ExtractionError
from shared.domain.metering.responses.extraction import extract
from shared.domain.metering.responses.streams import assemble
from shared.domain.prices.catalog import resolve_provider
from shared.domain.prices.token_pools import TokenPools
from tests.domain.metering.responses.stream_fixtures import (
    ANTHROPIC,
    CHAT,
    EACH_STREAM,
    GEMINI,
    STREAMS,
    chunk,
    sse,
)


@EACH_STREAM
def test_a_whole_stream_is_read_like_a_response(
    provider: str, known: str, events: list[dict[str, Any]]
) -> None:
    stream = assemble(events, None)
    assert (stream.format, stream.is_finished) == (known, True)
    read = extract(stream.body, stream.format, resolve_provider(provider))
    assert (read.pools[:3], read.unread) == (TokenPools(100, 20, 120)[:3], ())


@EACH_STREAM
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_text_and_events_are_the_same_stream(
    provider: str, known: str, events: list[dict[str, Any]], line_end: str
) -> None:
    expected = assemble(events, None)
    assert assemble("\ufeff" + sse(events, line_end), None) == expected
    assert assemble("\n".join(json.dumps(event) for event in events), None) == expected
    assert assemble(json.dumps(events), known) == expected
    assert assemble([{"event": "x", "data": json.dumps(event)} for event in events], None) == expected


@EACH_STREAM
def test_a_stream_without_its_end_is_not_finished(
    provider: str, known: str, events: list[dict[str, Any]]
) -> None:
    for length in range(len(events) - (2 if known == "anthropic.messages" else 1) + 1):
        is_whole = length == len(events)
        assert assemble(events[:length], None).is_finished is is_whole


@given(st.sampled_from(sorted(STREAMS)), st.data())
def test_text_that_is_cut_anywhere_is_read_as_far_as_it_goes(name: str, data: st.DataObject) -> None:
    _, known, events = STREAMS[name]
    text = data.draw(st.sampled_from([sse(events), json.dumps(events), "\n".join(map(json.dumps, events))]))
    cut = text[: data.draw(st.integers(0, len(text)))]
    stream = assemble(cut, None)
    assert stream.format in (known, None)
    if stream.is_finished:
        assert stream == assemble(events, None)


def test_the_end_mark_ends_a_chat_that_states_no_usage() -> None:
    assert assemble("data: " + json.dumps(chunk("a")) + "\n\ndata: [DONE]\n\n", None).is_finished


def test_an_error_in_a_stream_is_no_end() -> None:
    failed = [*ANTHROPIC[:3], {"type": "error", "error": {"type": "overloaded_error"}}]
    assert not assemble(failed, None).is_finished
    assert not assemble([*CHAT, {"error": {"message": "gone"}}], None).is_finished


def test_paid_tools_of_a_stream_are_kept() -> None:
    block = {
        "type": "content_block_start",
        "content_block": {"type": "server_tool_use", "name": "code_execution"},
    }
    stream = assemble([*ANTHROPIC[:3], block, *ANTHROPIC[3:]], None)
    read = extract(stream.body, stream.format, resolve_provider("anthropic"))
    assert read.unread == ("content[SERVER_TOOL_USE].code_execution",)
    cited = chunk(choices=[{"index": 0, "delta": {"annotations": [{"type": "url_citation"}]}}])
    stream = assemble([cited, *CHAT], None)
    assert extract(stream.body, stream.format, resolve_provider("openai")).unread == (
        "choices.message.annotations",
    )


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        ([1], "malformed_stream"),
        ([None], "malformed_stream"),
        ([{"what": 1}], "malformed_stream"),
        (["not json"], "malformed_stream"),
        ("data: {broken\n\ndata: {}\n\n", "malformed_stream"),
        ("data: {broken\n\n", "malformed_stream"),
        ("data: 7\n\ndata: 8\n\ndata: 9\n\n", "malformed_stream"),
        ("{broken\n{}\n", "malformed_stream"),
        ([*CHAT, *GEMINI], "ambiguous_response"),
    ],
)
def test_what_is_no_stream_of_one_provider_is_refused(stream: Any, code: str) -> None:
    with pytest.raises(ExtractionError) as refusal:
        assemble(stream, None)
    assert refusal.value.code == code


def test_a_stream_of_another_format_than_is_named_is_refused_with_both() -> None:
    with pytest.raises(ExtractionError, match=r"of gemini, but response_format is openai\.chat"):
        assemble(GEMINI, "openai.chat")
    assert assemble(CHAT, "litellm").is_finished


@pytest.mark.parametrize("stream", [[], "", "   ", ": only a comment\n\n", [{}], [{"type": "ping"}]])
def test_a_stream_that_says_nothing_is_not_finished(stream: Any) -> None:
    assert assemble(stream, None) == ({}, None, False)


def test_a_long_stream_is_read_once() -> None:
    many = [chunk("x") for _ in range(100_000)]
    assert assemble([*many, *CHAT], None).is_finished
    assert assemble(sse([chunk("y" * 4_000) for _ in range(1_000)] + CHAT), None).is_finished
