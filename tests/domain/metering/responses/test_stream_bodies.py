"""The bodies of assembled streams: what costs is kept, the last word counts, and a null takes nothing back."""

from contextlib import suppress
from typing import Any

import pytest

from shared.domain.metering.responses.errors import ExtractionError
from shared.domain.metering.responses.extraction import Extracted, extract
from shared.domain.metering.responses.formats import FORMATS
from shared.domain.metering.responses.streams import AssembledStream, assemble
from shared.domain.prices.catalog import resolve_provider
from tests.domain.metering.responses.stream_fixtures import (
    ANTHROPIC,
    BEDROCK,
    CHAT,
    CHAT_USAGE,
    COHERE,
    EACH_STREAM,
    GEMINI,
    INTERACTION,
    OLLAMA,
    RESPONSES,
    Events,
    chunk,
)

WRONG_VALUES: tuple[Any, ...] = (7, "text", [[]], [7], {"usage": 7}, True)


def read(stream: AssembledStream, provider: str) -> Extracted:
    return extract(stream.body, stream.format, resolve_provider(provider))


# Every format


@EACH_STREAM
def test_the_name_of_a_format_is_in_its_table(provider: str, known: str, events: Events) -> None:
    assert assemble(events, known).format in FORMATS


@EACH_STREAM
def test_nulls_everywhere_change_nothing(provider: str, known: str, events: Events) -> None:
    fields = ("type", "event_type", "choices", "candidates", "usageMetadata", "error", "usage", "metadata")
    others = ("messageStop", "interaction", "done", "x_groq", "response", "message", "delta", "generation")
    nulls = dict.fromkeys((*fields, *others))
    padded = [nulls, *({**nulls, **event} for event in events), nulls]
    assert assemble(padded, None) == assemble(events, None)


@EACH_STREAM
def test_a_ping_between_events_and_a_second_end_change_nothing(
    provider: str, known: str, events: Events
) -> None:
    pings: Events = [{"type": "ping"}, {"type": "keepalive", "sequence_number": 3}, {}]
    expected = assemble(events, None)
    for position in range(len(events) + 1):
        assert assemble([*events[:position], *pings, *events[position:]], None) == expected
    assert assemble([*events, events[-1]], None) == expected


@EACH_STREAM
def test_an_error_is_no_end_for_any_format(provider: str, known: str, events: Events) -> None:
    errors: Events = [
        {"type": "error", "code": "server_error", "message": "gone"},
        {"event_type": "error", "error": {"code": 503}},
        {"error": "model runner has stopped"},
        {"internalServerException": {"message": "gone"}},
    ]
    for error in errors:
        stream = assemble([*events, error], None)
        assert stream == assemble(events, None)._replace(is_finished=False)


@EACH_STREAM
def test_values_of_wrong_types_raise_nothing_else(provider: str, known: str, events: Events) -> None:
    for number, event in enumerate(events):
        for field in event:
            for wrong in WRONG_VALUES:
                with suppress(ExtractionError):
                    assemble([*events[:number], {**event, field: wrong}, *events[number + 1 :]], None)


def test_an_unknown_event_is_named_by_ten_short_keys() -> None:
    event = {f"{number}" * 200: 1 for number in range(10, 40)}
    with pytest.raises(ExtractionError) as refusal:
        assemble([event], None)
    assert str(refusal.value).count("…") == 10
    assert len(str(refusal.value)) < 10 * (80 + 2) + 60


@pytest.mark.timeout(60)
@EACH_STREAM
def test_twenty_thousand_events_are_read_once(provider: str, known: str, events: Events) -> None:
    stream = assemble([*([events[0]] * 10_000), *([events[-2]] * 10_000), events[-1]], None)
    assert stream.format == known
    assert read(stream, provider) == read(assemble(events, None), provider)


# Chat completions


def test_a_chat_ends_when_each_choice_has_its_reason_and_the_usage_is_known() -> None:
    second = chunk(choices=[{"index": 1, "delta": {}, "finish_reason": None}])
    usage = chunk(choices=[], usage=CHAT_USAGE)
    assert not assemble([second, chunk(finish="stop"), usage], None).is_finished
    ended = chunk(choices=[{"index": 1, "delta": {}, "finish_reason": "length"}])
    assert assemble([second, chunk(finish="stop"), ended, usage], None).is_finished
    assert not assemble([chunk(finish="stop")], None).is_finished
    assert not assemble([usage], None).is_finished


def test_the_last_usage_of_a_chat_counts() -> None:
    growing = [chunk("a", usage={**CHAT_USAGE, "completion_tokens": 10 * part}) for part in (1, 2)]
    stream = assemble([*growing, chunk(finish="stop", usage={**CHAT_USAGE, "completion_tokens": 30})], None)
    assert stream.body["usage"]["completion_tokens"] == 30
    assert stream.is_finished


def test_an_empty_word_takes_nothing_back() -> None:
    """Azure's filter results come in chunks without a model."""
    filtered: dict[str, Any] = {
        "choices": [],
        "model": "",
        "object": "",
        "service_tier": None,
        "prompt_filter_results": [{}],
    }
    body = assemble([filtered, chunk(service_tier="flex"), *CHAT, filtered], None).body
    assert (body["model"], body["object"], body["service_tier"]) == ("gpt-5", "chat.completion", "flex")


def test_a_chunk_without_choices_is_of_a_chat() -> None:
    usage = {"object": "chat.completion.chunk", "choices": None, "usage": CHAT_USAGE}
    assert assemble([chunk(finish="stop"), usage], None).is_finished


def test_what_groq_says_beside_its_chunks_is_kept() -> None:
    chunks = [
        chunk("a", x_groq={"id": "req_1"}),
        chunk(finish="stop", x_groq={"id": "req_1", "usage": CHAT_USAGE}),
        chunk(choices=[], x_groq={"id": "req_1", "usage": None}),
    ]
    stream = assemble(chunks, None)
    assert stream.body["x_groq"] == {"id": "req_1", "usage": CHAT_USAGE}
    assert stream.is_finished
    broken = [*chunks, chunk(choices=[], x_groq={"error": "over capacity"})]
    assert not assemble(broken, None).is_finished
    assert assemble(broken, None).body["x_groq"]["error"] == "over capacity"


def test_a_provider_behind_a_gateway_that_breaks_off_is_no_end_but_its_usage_counts() -> None:
    broken = chunk(finish="error", usage={**CHAT_USAGE, "cost": 0.01}, error={"code": 502})
    for mark in ([], ["[DONE]"]):
        stream = assemble([chunk("a"), broken, *mark], None)
        assert (stream.is_finished, stream.body["usage"]["cost"]) == (False, 0.01)


def test_legacy_completions_keep_their_name() -> None:
    choice = {"index": 0, "text": "a", "finish_reason": "stop"}
    body = assemble([{"object": "text_completion", "choices": [choice], "usage": CHAT_USAGE}], None).body
    assert body["object"] == "text_completion"


def test_events_of_the_client_library_between_chunks_say_nothing() -> None:
    helper: Events = [
        {"type": "content.delta", "delta": "Hel", "snapshot": "Hel", "parsed": None},
        {"type": "content.done", "content": "Hello", "parsed": None},
    ]
    assert assemble([CHAT[0], *helper, *CHAT[1:]], None) == assemble(CHAT, None)


# OpenAI's responses


@pytest.mark.parametrize("end", ["completed", "incomplete", "failed"])
def test_the_last_snapshot_is_the_response(end: str) -> None:
    final = {"type": f"response.{end}", "response": {**RESPONSES[-1]["response"], "status": end}}
    stream = assemble([*RESPONSES[:-1], final], None)
    assert (stream.is_finished, stream.body["status"]) == (True, end)


def test_items_of_a_response_are_kept_where_no_last_snapshot_has_them() -> None:
    search = {"type": "response.output_item.done", "item": {"type": "web_search_call", "status": "completed"}}
    cut = assemble([RESPONSES[0], search], None)
    assert (cut.is_finished, cut.body["output"]) == (False, [search["item"]])
    assert read(assemble([search, RESPONSES[-1]], None), "openai").calls[0].other_units == {"web_searches": 1}
    said = {**RESPONSES[-1]["response"], "output": [{"type": "message"}]}
    final = {"type": "response.completed", "response": said}
    assert assemble([search, final], None).body["output"] == [{"type": "message"}]


def test_several_responses_in_a_row_are_refused() -> None:
    """The usage of the last would hide that of the others."""
    finals: Events = [{"type": "response.done", "response": {"id": each}} for each in ("resp_1", "resp_2")]
    starts: Events = [{"type": "message_start", "message": {"id": each}} for each in ("msg_1", "msg_2")]
    for events in (finals, starts):
        with pytest.raises(ExtractionError, match=r"of several responses: '\w+_1', '\w+_2'") as refusal:
            assemble(events, None)
        assert refusal.value.code == "ambiguous_response"


# Anthropic's messages


def test_usage_of_a_message_is_merged_field_by_field() -> None:
    started = {
        "input_tokens": 60,
        "cache_read_input_tokens": 40,
        "cache_creation_input_tokens": 7,
        "cache_creation": {"ephemeral_5m_input_tokens": 7, "ephemeral_1h_input_tokens": 0},
        "service_tier": "priority",
        "inference_geo": "us",
        "output_tokens": 1,
    }
    said = {
        "input_tokens": 65,
        "output_tokens": 20,
        "cache_read_input_tokens": None,
        "cache_creation": None,
        "server_tool_use": {"web_search_requests": 2},
        "iterations": [{"type": "message", "input_tokens": 65, "output_tokens": 20}],
        "speed": "fast",
    }
    events: Events = [
        {"type": "message_start", "message": {"model": "claude", "stop_reason": None, "usage": started}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "container": None}, "usage": said},
    ]
    stream = assemble(events, None)
    kept = {name: value for name, value in said.items() if value is not None}
    assert stream.body["usage"] == started | kept
    assert stream.is_finished, "a stop reason is an end"


def test_only_the_blocks_of_a_provider_s_tools_are_kept() -> None:
    blocks = [
        {"type": "text", "text": "Hello"},
        {"type": "tool_use", "name": "own", "input": {}},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"url": "…"}]},
    ]
    starts: Events = [{"type": "content_block_start", "content_block": block} for block in blocks]
    # A client helper repeats each block at its end.
    stops: Events = [{"type": "content_block_stop", "content_block": block} for block in blocks]
    body = assemble([ANTHROPIC[0], *starts, *stops, *ANTHROPIC[-2:]], None).body
    assert body["content"] == [
        {"type": "server_tool_use", "name": "web_search"},
        {"type": "web_search_tool_result", "name": None},
    ]


def test_events_of_anthropic_s_client_helper_say_nothing_new() -> None:
    helper: Events = [
        {"type": "text", "text": "Hel", "snapshot": "Hel"},
        {"type": "input_json", "partial_json": "{}", "snapshot": {}},
        {"type": "thinking", "thinking": "…", "snapshot": "…"},
    ]
    stop = {"type": "message_stop", "message": {"stop_reason": "end_turn", "usage": {"output_tokens": 20}}}
    assert assemble([ANTHROPIC[0], *helper, *ANTHROPIC[1:-1], stop], None) == assemble(ANTHROPIC, None)


def test_the_mark_of_openai_ends_no_message() -> None:
    """A gateway sends it after a stream that broke off, too."""
    assert not assemble([*ANTHROPIC[:-2], "[DONE]"], None).is_finished


def test_completions_state_usage_on_bedrock_only() -> None:
    events: Events = [
        {"type": "completion", "completion": "Hel", "stop_reason": None, "model": "claude-2"},
        {"type": "completion", "completion": "lo", "stop_reason": "stop_sequence", "model": "claude-2"},
    ]
    stream = assemble(events, None)
    assert stream.is_finished
    with pytest.raises(ExtractionError) as refusal:
        read(stream, "anthropic")
    assert refusal.value.code == "no_usage_in_response"
    metrics = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 100, "outputTokenCount": 20}}
    pools = read(assemble([*events[:-1], {**events[-1], **metrics}], None), "bedrock").pools
    assert pools[:3] == (100, 20, 120)


# Gemini and Google's interactions


def gemini(candidate: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"candidates": [candidate], "modelVersion": "gemini-3-pro", **more}


@pytest.mark.parametrize(
    ("grounding", "queries", "chunks"),
    [
        ("groundingMetadata", "webSearchQueries", "groundingChunks"),
        ("grounding_metadata", "web_search_queries", "grounding_chunks"),
    ],
)
def test_grounding_of_all_chunks_is_kept(grounding: str, queries: str, chunks: str) -> None:
    web, maps = {"web": {"uri": "a"}}, {"maps": {"uri": "b"}}
    usage = {"usageMetadata": GEMINI[-1]["usageMetadata"]}
    stream = assemble(
        [
            gemini({grounding: {queries: ["one"], chunks: [web]}}),
            gemini({grounding: {queries: ["one", "two"], chunks: [maps]}}),
            gemini({grounding: {}, "finishReason": "STOP"}, **usage),
        ],
        None,
    )
    said = read(stream, "google")
    assert said.calls[0].other_units == {"web_searches": 2}
    assert said.unread == ("candidates.groundingMetadata.groundingChunks.maps",)


def test_gemini_ends_when_each_candidate_has_its_reason() -> None:
    first: dict[str, Any] = {"index": 0, "finishReason": "STOP"}
    assert not assemble([{"candidates": [first, {"index": 1}]}], None).is_finished
    second = {"candidates": [{"index": 1, "finishReason": "SAFETY"}]}
    assert assemble([{"candidates": [first, {"index": 1}]}, second], None).is_finished


def test_a_blocked_prompt_is_an_end() -> None:
    usage = {"promptTokenCount": 100, "totalTokenCount": 100}
    stream = assemble([{"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": usage}], None)
    assert stream.is_finished
    assert read(stream, "google").pools[:3] == (100, 0, 100)
    assert not assemble([{"promptFeedback": {}, "usageMetadata": usage}], None).is_finished


def test_a_chunk_with_the_model_alone_is_of_gemini() -> None:
    stream = assemble(
        [{"modelVersion": "gemini-3-pro", "responseId": "r", "candidates": None}, *GEMINI], None
    )
    assert (stream.is_finished, stream.body["modelVersion"]) == (True, "gemini-3-pro")


def test_paid_steps_of_an_interaction_are_kept() -> None:
    step = {"event_type": "step.start", "index": 0, "step": {"type": "google_search_call"}}
    stream = assemble([*INTERACTION[:2], step, *INTERACTION[2:]], None)
    assert read(stream, "google").unread == ("outputs[GOOGLE_SEARCH_CALL]",)


# Bedrock, Cohere and Ollama


def test_bedrock_ends_with_both_its_reason_and_its_metadata() -> None:
    assert not assemble([*BEDROCK[:2], BEDROCK[3]], None).is_finished
    assert not assemble(BEDROCK[:3], None).is_finished


def test_bedrock_s_words_and_paid_tools_are_kept() -> None:
    start = {"start": {"toolUse": {"name": "nova_grounding", "type": "server_tool_use"}}}
    metadata = BEDROCK[3]["metadata"] | {
        "serviceTier": {"type": "flex"},
        "performanceConfig": {"latency": "optimized"},
    }
    events = [BEDROCK[0], {"contentBlockStart": start}, BEDROCK[2], {"metadata": metadata}]
    said = read(assemble(events, None), "bedrock")
    assert said.calls[0].price_context == {"service_tier": "flex", "latency": "optimized"}
    assert said.unread == ("output.message.content.toolUse",)


def test_an_event_after_the_end_does_not_hide_it() -> None:
    for events in (COHERE, OLLAMA):
        assert assemble([*events, events[0]], None) == assemble(events, None)


def test_a_cut_stream_of_cohere_or_ollama_says_as_much_as_it_knows() -> None:
    assert assemble(COHERE[:2], None) == ({}, "cohere", False)
    assert assemble(OLLAMA[:1], None) == ({"model": "llama3", "done": False}, "ollama", False)
