"""Requests that call models, and the events of streams that are kept."""

import json
from typing import Any

import pytest

from gwi_usage.wrappers.calls import is_content_alone, recognized
from tests.wrappers.providers import CHAT_STREAM, MESSAGE_STREAM, chunk

BODY = json.dumps({"model": "gpt-4.1", "stream": True}).encode()


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1/chat/completions", "gpt-4.1"),
        ("/openai/deployments/own/chat/completions", "gpt-4.1"),
        ("/v1/responses", "gpt-4.1"),
        ("/v1/embeddings", "gpt-4.1"),
        ("/v1/messages", "gpt-4.1"),
        ("/v1beta/models/gemini-2.5-flash:generateContent", "gemini-2.5-flash"),
        (
            "/v1beta1/projects/p/publishers/google/models/gemini-2.5-pro:streamGenerateContent",
            "gemini-2.5-pro",
        ),
    ],
)
def test_calls_of_models_are_known_by_their_path(path: str, model: str) -> None:
    call = recognized("POST", path, BODY)
    assert call is not None
    assert call.model == model


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/responses"),
        ("POST", "/v1/responses/resp_1/cancel"),
        ("POST", "/v1/messages/count_tokens"),
        ("POST", "/v1/messages/batches"),
        ("POST", "/v1beta/models/gemini-2.5-flash:countTokens"),
    ],
)
def test_other_requests_are_none(method: str, path: str) -> None:
    assert recognized(method, path, BODY) is None


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        ({"stream": True}, {"include_usage": True}),
        (
            {"stream": True, "stream_options": {"include_obfuscation": False}},
            {"include_obfuscation": False, "include_usage": True},
        ),
        ({"stream": True, "stream_options": {"include_usage": False}}, {"include_usage": True}),
        ({"stream": True, "stream_options": {"include_usage": True}}, None),
        ({"stream": False}, None),
        ({}, None),
    ],
)
def test_a_streamed_chat_asks_for_usage_unless_it_does_already(
    body: dict[str, Any], asks: dict[str, Any] | None
) -> None:
    call = recognized("POST", "/v1/chat/completions", json.dumps(body).encode())
    assert call is not None
    assert (call.asks_for_usage or {}).get("stream_options") == asks


def test_pieces_of_content_are_left_out_and_what_costs_is_not() -> None:
    cited = {"index": 0, "delta": {"annotations": [{"type": "url_citation"}]}, "finish_reason": None}
    kept = [
        event for event in (*CHAT_STREAM, chunk(choices=[cited]), *MESSAGE_STREAM) if not is_content(event)
    ]
    assert kept[:2] == CHAT_STREAM[2:4]
    assert kept[2]["choices"] == [cited]  # type: ignore[index]  # a chunk
    assert [each["type"] for each in kept[3:]] == [  # type: ignore[index]  # events
        *("message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop")
    ]


def is_content(event: dict[str, Any] | str) -> bool:
    return isinstance(event, str) or is_content_alone(event)
