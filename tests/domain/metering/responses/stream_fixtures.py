"""One small stream of each format, as its provider's documentation shows it: 100 tokens in, 20 out."""

import json
from typing import Any

import pytest

Events = list[dict[str, Any]]
CHAT_USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


def chunk(content: str | None = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": content} if content else {}, "finish_reason": finish}
    return {"object": "chat.completion.chunk", "model": "gpt-5", "choices": [choice], "usage": None} | more


CHAT: Events = [chunk("Hel"), chunk("lo"), chunk(finish="stop"), chunk(choices=[], usage=CHAT_USAGE)]
GROQ: Events = [chunk("Hi"), chunk(finish="stop", x_groq={"usage": CHAT_USAGE})]
RESPONSES: Events = [
    {"type": "response.created", "response": {"object": "response", "status": "in_progress", "usage": None}},
    {"type": "response.output_text.delta", "delta": "Hello"},
    {"type": "response.output_item.done", "item": {"type": "message"}},
    {
        "type": "response.completed",
        "response": {
            "object": "response",
            "status": "completed",
            "usage": {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120},
        },
    },
]
ANTHROPIC: Events = [
    {
        "type": "message_start",
        "message": {
            "type": "message",
            "model": "claude-sonnet-4-5",
            "stop_reason": None,
            "usage": {"input_tokens": 60, "cache_read_input_tokens": 40, "output_tokens": 1},
        },
    },
    {"type": "ping"},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 20}},
    {"type": "message_stop"},
]
GEMINI: Events = [
    {"candidates": [{"content": {"parts": [{"text": "Hel"}]}}], "usageMetadata": {"promptTokenCount": 100}},
    {
        "candidates": [{"finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120},
    },
]
GEMINI_DUMP: Events = [
    {"candidates": [{"finish_reason": None}], "usage_metadata": None},
    {
        "candidates": [{"finish_reason": "STOP"}],
        "usage_metadata": {"prompt_token_count": 100, "candidates_token_count": 20, "total_token_count": 120},
    },
]
BEDROCK: Events = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"delta": {"text": "Hello"}, "contentBlockIndex": 0}},
    {"messageStop": {"stopReason": "end_turn"}},
    {
        "metadata": {
            "usage": {"inputTokens": 100, "outputTokens": 20, "totalTokens": 120},
            "metrics": {"latencyMs": 9},
        }
    },
]
COHERE: Events = [
    {"type": "message-start", "delta": {"message": {"role": "assistant"}}},
    {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Hello"}}}},
    {
        "type": "message-end",
        "delta": {
            "finish_reason": "COMPLETE",
            "usage": {
                "billed_units": {"input_tokens": 100, "output_tokens": 20},
                "tokens": {"input_tokens": 171},
            },
        },
    },
]
COHERE_V1: Events = [
    {"event_type": "stream-start", "is_finished": False, "generation_id": "g"},
    {"event_type": "text-generation", "is_finished": False, "text": "Hello"},
    {
        "event_type": "stream-end",
        "is_finished": True,
        "finish_reason": "COMPLETE",
        "response": {"meta": {"billed_units": {"input_tokens": 100, "output_tokens": 20}}},
    },
]
LLAMA: Events = [
    {"generation": "Hel", "prompt_token_count": 100, "generation_token_count": 1, "stop_reason": None},
    {
        "generation": "lo",
        "prompt_token_count": None,
        "generation_token_count": 20,
        "stop_reason": "stop",
        "amazon-bedrock-invocationMetrics": {"inputTokenCount": 100, "outputTokenCount": 20},
    },
]
OLLAMA: Events = [
    {"model": "llama3", "message": {"content": "Hello"}, "done": False},
    {"model": "llama3", "done": True, "prompt_eval_count": 100, "eval_count": 20, "total_duration": 9},
]
INTERACTION: Events = [
    {"event_type": "interaction.start", "interaction": {"status": "in_progress"}},
    {"event_type": "interaction.status_update", "interaction_id": "i", "status": "in_progress"},
    {"event_type": "content.start", "index": 0, "content": {"type": "text"}},
    {"event_type": "content.delta", "index": 0, "delta": {"type": "text", "text": "Hello"}},
    {"event_type": "content.stop", "index": 0},
    {
        "event_type": "interaction.complete",
        "interaction": {
            "status": "completed",
            "usage": {"total_input_tokens": 100, "total_output_tokens": 20, "total_tokens": 120},
        },
    },
]
STREAMS: dict[str, tuple[str, str, list[dict[str, Any]]]] = {
    "chat": ("openai", "openai.chat", CHAT),
    "groq": ("groq", "openai.chat", GROQ),
    "responses": ("openai", "openai.responses", RESPONSES),
    "anthropic": ("anthropic", "anthropic.messages", ANTHROPIC),
    "gemini": ("google", "gemini", GEMINI),
    "gemini-dump": ("google", "gemini", GEMINI_DUMP),
    "bedrock": ("bedrock", "bedrock.converse", BEDROCK),
    "llama": ("bedrock", "bedrock.invoke", LLAMA),
    "cohere": ("cohere", "cohere", COHERE),
    "cohere-v1": ("cohere", "cohere", COHERE_V1),
    "ollama": ("ollama", "ollama", OLLAMA),
    "interaction": ("google", "google.interactions", INTERACTION),
}
EACH_STREAM = pytest.mark.parametrize(("provider", "known", "events"), STREAMS.values(), ids=STREAMS)


def sse(events: list[dict[str, Any]], line_end: str = "\n") -> str:
    lines = [f"data: {json.dumps(event)}{line_end}{line_end}" for event in events]
    return "".join((": a comment", line_end, *lines))
