"""Calls that fail and streams that end early: they are recorded as such, and raised as the client raises them."""

import asyncio

import pytest
from anthropic import Anthropic
from openai import APIConnectionError, AsyncOpenAI, BadRequestError, OpenAI

from gwi_usage import Meter
from gwi_usage.wrappers import wrap
from tests.wrappers import providers
from tests.wrappers.conftest import HELLO, Recorded, chat, message
from tests.wrappers.providers import Provider


@pytest.mark.parametrize("ending", ["close", "leave"])
def test_a_stream_that_the_agent_leaves_is_recorded_as_aborted(
    openai: OpenAI, provider: Provider, recorded: Recorded, ending: str
) -> None:
    provider.answer = providers.CHAT_STREAM
    with chat(openai, stream=True) as stream:
        next(stream)
        if ending == "close":
            stream.close()
    (event,) = recorded()
    assert event["metadata"] == {"aborted": True}
    assert len(event["response_stream"]) == 1
    assert "status" not in event


def test_a_stream_that_loses_its_connection_raises_the_client_s_error_and_is_recorded(
    openai: OpenAI, provider: Provider, recorded: Recorded
) -> None:
    provider.answer, provider.breaks_off = providers.CHAT_STREAM[:2], True
    with pytest.raises(APIConnectionError):
        list(chat(openai, stream=True))
    (event,) = recorded()
    assert (event["status"], event["metadata"]["aborted"]) == ("error", True)


def test_an_error_is_the_client_s_own_and_is_recorded(
    openai: OpenAI, provider: Provider, recorded: Recorded
) -> None:
    provider.status, provider.answer = 400, {"error": {"message": "too long", "code": "context_length"}}
    with pytest.raises(BadRequestError, match="too long"):
        chat(openai)
    (event,) = recorded()
    assert (event["status"], event["metadata"]) == ("error", {"error": "HTTP 400"})


def test_a_service_that_cannot_be_reached_is_recorded_as_an_error(meter: Meter, recorded: Recorded) -> None:
    client = wrap(OpenAI(api_key="sk", base_url="http://127.0.0.1:9/v1", max_retries=0), meter)
    with pytest.raises(APIConnectionError):
        chat(client)
    assert [event["metadata"] for event in recorded()] == [{"error": "ConnectError"}]


def test_a_message_that_is_cut_off_is_recorded_as_aborted(
    anthropic: Anthropic, provider: Provider, recorded: Recorded
) -> None:
    provider.answer = providers.MESSAGE_STREAM
    with message(anthropic, stream=True) as stream:
        next(iter(stream))
    (event,) = recorded()
    assert event["metadata"] == {"aborted": True}
    assert event["response_stream"][0]["message"]["usage"]["input_tokens"] == 1200


def test_a_task_that_is_cancelled_is_recorded(meter: Meter, provider: Provider, recorded: Recorded) -> None:
    provider.answer = providers.CHAT_STREAM

    async def agent() -> None:
        async with AsyncOpenAI(api_key="sk", base_url=f"{provider.url}/v1") as client:
            wrap(client, meter)
            stream = await client.chat.completions.create(model="gpt-4.1-mini", messages=HELLO, stream=True)
            async for _ in stream:
                asyncio.current_task().cancel()  # type: ignore[union-attr]  # it runs in one
                await asyncio.sleep(0)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(agent())
    (event,) = recorded()
    assert event["metadata"]["aborted"] is True
