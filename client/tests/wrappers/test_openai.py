"""A wrapped client of OpenAI behaves as OpenAI's own, and its calls are recorded with their usage."""

import json

from openai import OpenAI

from tests.wrappers import providers
from tests.wrappers.conftest import HELLO, Recorded, chat
from tests.wrappers.providers import Provider, chunk


def test_a_chat_is_recorded_with_its_usage_and_without_its_content(
    openai: OpenAI, provider: Provider, recorded: Recorded
) -> None:
    provider.answer = providers.CHAT
    assert chat(openai).choices[0].message.content == "Dear Ann"
    (event,) = recorded()
    assert (event["provider"], event["model"], event["request_id"]) == ("openai", "gpt-4.1-mini", "req-1")
    assert event["response"]["usage"] == providers.OPENAI_USAGE
    assert "Dear Ann" not in json.dumps(event)


def test_a_streamed_chat_asks_for_its_usage_and_hides_what_the_caller_did_not_ask_for(
    openai: OpenAI, provider: Provider, recorded: Recorded
) -> None:
    provider.answer = providers.CHAT_STREAM
    chunks = list(chat(openai, stream=True))
    assert [each.choices[0].delta.content for each in chunks] == ["Dear ", "Ann", None]
    assert provider.bodies[0]["stream_options"] == {"include_usage": True}
    (event,) = recorded()
    assert event["response_stream"][-1]["usage"] == providers.OPENAI_USAGE
    assert "metadata" not in event


def test_a_caller_who_asks_for_usage_gets_it(openai: OpenAI, provider: Provider, recorded: Recorded) -> None:
    provider.answer = providers.CHAT_STREAM
    chunks = list(chat(openai, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].usage.total_tokens == 1200 + 300
    assert len(recorded()) == 1


def test_a_stream_is_read_by_the_client_s_own_helper(
    openai: OpenAI, provider: Provider, recorded: Recorded
) -> None:
    provider.answer = providers.CHAT_STREAM
    with openai.chat.completions.stream(model="gpt-4.1-mini", messages=HELLO) as stream:
        assert stream.get_final_completion().choices[0].message.content == "Dear Ann"
    assert len(recorded()) == 1


def test_calls_of_tools_reach_the_caller(openai: OpenAI, provider: Provider, recorded: Recorded) -> None:
    function = {"name": "find", "arguments": '{"who": "Ann"}'}
    call = {"index": 0, "id": "call-1", "type": "function", "function": function}
    asks = {"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": None}
    provider.answer = [chunk(choices=[asks]), *providers.CHAT_STREAM[2:]]
    first, *_ = list(chat(openai, stream=True))
    assert first.choices[0].delta.tool_calls[0].function.name == "find"
    (event,) = recorded()
    assert "Ann" not in json.dumps(event)


def test_responses_and_their_streams_are_recorded(
    openai: OpenAI, provider: Provider, recorded: Recorded
) -> None:
    usage = {"input_tokens": 1200, "output_tokens": 300, "total_tokens": 1500}
    body = {"id": "resp_1", "object": "response", "model": "gpt-4.1", "output": [], "usage": usage}
    done = {"type": "response.completed", "sequence_number": 3, "response": body}
    delta = {"type": "response.output_text.delta", "sequence_number": 2, "delta": "Dear Ann"}
    provider.answer = body
    openai.responses.create(model="gpt-4.1", input="Hello")
    provider.answer = [{"type": "response.created", "sequence_number": 1, "response": body}, delta, done]
    kinds = [each.type for each in openai.responses.create(model="gpt-4.1", input="Hello", stream=True)]
    assert kinds == ["response.created", "response.output_text.delta", "response.completed"]
    plain, streamed = recorded()
    assert plain["response"]["usage"] == usage
    assert [each["type"] for each in streamed["response_stream"]] == [kinds[0], kinds[2]]
    assert "metadata" not in streamed


def test_copies_and_raw_responses_of_a_client_are_metered_too(
    openai: OpenAI, provider: Provider, recorded: Recorded
) -> None:
    provider.answer = providers.CHAT
    chat(openai.with_options(timeout=9))
    assert openai.chat.completions.with_raw_response.create(
        model="gpt-4.1-mini", messages=HELLO
    ).http_response.is_success
    with openai.chat.completions.with_streaming_response.create(
        model="gpt-4.1-mini", messages=HELLO
    ) as response:
        assert response.parse().model == "gpt-4.1-mini"
    assert [event["response"]["usage"] for event in recorded()] == 3 * [providers.OPENAI_USAGE]


def test_what_calls_no_model_is_not_recorded(openai: OpenAI, provider: Provider, recorded: Recorded) -> None:
    provider.answer = {"id": "vs_1", "object": "vector_store"}
    openai.vector_stores.create(name="facts")
    assert recorded() == []
