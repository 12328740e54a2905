"""Every client is wrapped in the same way: those of Anthropic and Google, those for coroutines, and none other."""

import asyncio

import httpx2
import pytest
from anthropic import Anthropic, AsyncAnthropic
from google import genai
from google.genai import types
from openai import AsyncOpenAI, OpenAI

from gwi_usage import Meter, context
from gwi_usage.wrappers import wrap
from tests.conftest import NewMeter
from tests.service import Service
from tests.wrappers import providers
from tests.wrappers.conftest import HELLO, Recorded, chat, message
from tests.wrappers.providers import Provider


def test_a_message_is_recorded(anthropic: Anthropic, provider: Provider, recorded: Recorded) -> None:
    provider.answer = providers.MESSAGE
    assert message(anthropic).content[0].text == "Dear Ann"
    (event,) = recorded()
    assert (event["provider"], event["response"]["usage"]) == ("anthropic", providers.MESSAGE["usage"])


def test_a_streamed_message_is_recorded_without_its_pieces(
    anthropic: Anthropic, provider: Provider, recorded: Recorded
) -> None:
    provider.answer = providers.MESSAGE_STREAM
    with anthropic.messages.stream(model="claude-opus-4-7", max_tokens=9, messages=HELLO) as stream:
        assert "".join(stream.text_stream) == "Dear Ann"
    (event,) = recorded()
    kinds = [each["type"] for each in event["response_stream"]]
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]
    assert "content_block_delta" not in kinds
    assert "metadata" not in event


def test_gemini_is_recorded_plain_and_streamed(
    google: genai.Client, provider: Provider, recorded: Recorded
) -> None:
    provider.answer = providers.GENERATED
    assert google.models.generate_content(model="gemini-2.5-flash", contents="Hello").text == "Dear Ann"
    provider.answer = providers.GENERATED_STREAM
    chunks = google.models.generate_content_stream(model="gemini-2.5-flash", contents="Hello")
    assert [each.text for each in chunks] == ["Dear ", "Ann"]
    plain, streamed = recorded()
    assert (plain["provider"], plain["model"]) == ("google", "gemini-2.5-flash")
    assert plain["response"]["usageMetadata"]["totalTokenCount"] == 1200 + 300
    assert streamed["response_stream"][-1]["usageMetadata"]["totalTokenCount"] == 1200 + 300
    assert "metadata" not in streamed


def test_coroutines_are_recorded(new_meter: NewMeter, provider: Provider, service: Service) -> None:
    meter = new_meter()

    async def agent() -> list[str | None]:
        async with AsyncOpenAI(api_key="sk", base_url=f"{provider.url}/v1") as client:
            wrap(client, meter)
            provider.answer = providers.CHAT_STREAM
            stream = await client.chat.completions.create(model="gpt-4.1-mini", messages=HELLO, stream=True)
            texts = [each.choices[0].delta.content async for each in stream]
        async with AsyncAnthropic(api_key="sk", base_url=provider.url) as client:
            wrap(client, meter)
            provider.answer = providers.MESSAGE
            await client.messages.create(model="claude-opus-4-7", max_tokens=9, messages=HELLO)
        google = wrap(
            genai.Client(api_key="key", http_options=types.HttpOptions(base_url=provider.url)), meter
        )
        provider.answer = providers.GENERATED_STREAM
        chunks = await google.aio.models.generate_content_stream(model="gemini-2.5-flash", contents="Hello")
        texts += [each.text async for each in chunks]
        await meter.aflush()
        return texts

    assert asyncio.run(agent()) == ["Dear ", "Ann", None, "Dear ", "Ann"]
    assert service.values("provider") == ["openai", "anthropic", "google"]
    assert service.values("metadata") == 3 * [None]


def test_a_stream_belongs_to_the_block_that_asked_for_it(
    openai: OpenAI, provider: Provider, recorded: Recorded
) -> None:
    provider.answer = providers.CHAT_STREAM
    with context(user_id="ann"):
        stream = chat(openai, stream=True)
    with context(user_id="bob", workflow_id="other"):
        list(stream)
    (event,) = recorded()
    assert (event["user_id"], event.get("workflow_id")) == ("ann", None)


def test_a_client_is_metered_once_however_often_it_is_wrapped(
    openai: OpenAI, meter: Meter, provider: Provider, recorded: Recorded
) -> None:
    provider.answer = providers.CHAT
    chat(wrap(wrap(openai, meter), meter, provider="openrouter"))
    assert [event["provider"] for event in recorded()] == ["openrouter"]


def test_a_meter_that_fails_does_not_harm_the_call(
    new_meter: NewMeter, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = new_meter(raises=False)
    monkeypatch.setattr("gwi_usage.wrappers.observer.recognized", lambda *_: 1 / 0)
    client = wrap(OpenAI(api_key="sk", base_url=f"{provider.url}/v1"), meter)
    provider.answer = providers.CHAT_STREAM
    assert len(list(chat(client, stream=True, stream_options={"include_usage": True}))) == 4


def test_what_is_no_client_is_refused(meter: Meter) -> None:
    with pytest.raises(TypeError, match="not dict"):
        wrap({}, meter)


def test_a_stream_that_has_been_read_before_it_is_iterated_hides_its_usage_too(
    meter: Meter, recorded: Recorded
) -> None:
    content = b"".join(map(providers.sse, providers.CHAT_STREAM))
    stream = {"content-type": "text/event-stream"}
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, headers=stream, content=content))
    client = OpenAI(api_key="sk", http_client=httpx2.Client(transport=transport))
    assert len(list(chat(wrap(client, meter), stream=True))) == 3
    (event,) = recorded()
    assert event["response_stream"][-1]["usage"] == providers.OPENAI_USAGE
