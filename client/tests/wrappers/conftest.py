"""Wrapped clients of each provider, against a double of its endpoints."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from anthropic import Anthropic
from google import genai
from google.genai import types
from openai import OpenAI

from gwi_usage import Meter
from gwi_usage.wrappers import wrap
from tests.service import Service
from tests.wrappers.providers import Provider, providing

Recorded = Callable[[], list[dict[str, Any]]]
HELLO: Any = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing(Provider()) as running:
        yield running


@pytest.fixture
def recorded(meter: Meter, service: Service) -> Recorded:
    """Gives the events that the service has received."""

    def read() -> list[dict[str, Any]]:
        assert meter.flush()
        return list(service.events.values())

    return read


@pytest.fixture
def openai(meter: Meter, provider: Provider) -> Iterator[OpenAI]:
    with OpenAI(api_key="sk", base_url=f"{provider.url}/v1", max_retries=0) as client:
        yield wrap(client, meter)


@pytest.fixture
def anthropic(meter: Meter, provider: Provider) -> Iterator[Anthropic]:
    with Anthropic(api_key="sk", base_url=provider.url, max_retries=0) as client:
        yield wrap(client, meter)


@pytest.fixture
def google(meter: Meter, provider: Provider) -> genai.Client:
    options = types.HttpOptions(base_url=provider.url)
    return wrap(genai.Client(api_key="key", http_options=options), meter)


def chat(client: OpenAI, **options: Any) -> Any:
    return client.chat.completions.create(model="gpt-4.1-mini", messages=HELLO, **options)


def message(client: Anthropic, **options: Any) -> Any:
    return client.messages.create(model="claude-opus-4-7", max_tokens=9, messages=HELLO, **options)
