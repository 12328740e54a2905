"""Calls of models as LiteLLM logs them, and the fields of their events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import litellm
from litellm.exceptions import BadRequestError

from gwi_usage import responses
from gwi_usage.litellm.callers import text_of

_MODEL_CALLS = frozenset(
    {
        *("completion", "text_completion", "responses", "compact_responses", "anthropic_messages"),
        *("generate_content", "generate_content_stream", "embedding", "rerank", "ocr"),
        *("image_generation", "image_edit", "transcription", "speech"),
    }
)
"""Others read or manage what is stored at a provider; a stored response states again what it used."""
_STATE_USAGE = frozenset(
    {
        *("anthropic", "bedrock", "bedrock_converse", "cohere", "cohere_chat"),
        *("gemini", "ollama", "ollama_chat", "vertex_ai", "vertex_ai_beta"),
    }
)
"""Providers whose streams always state their usage; others do if they are asked to."""
_GATEWAY = "litellm"
"""The provider of a call for which LiteLLM names none: the service then goes by the model's own prefix."""


class Times(NamedTuple):
    """When a call began and ended."""

    began: datetime
    ended: datetime


def is_call_of_model(details: Mapping[str, Any]) -> bool:
    """Return whether a provider was asked. What comes from LiteLLM's cache costs nothing."""
    was_asked = not details.get("cache_hit") and not details.get("litellm_no_upstream_llm_call")
    return was_asked and _kind(details) in _MODEL_CALLS


def answered(details: Mapping[str, Any], response: object, times: Times) -> dict[str, Any]:
    """Return the fields of a call that was answered. Without usage, the service counts it as unpriced."""
    stated = response.get("usage") if isinstance(response, Mapping) else getattr(response, "usage", None)
    usage = _plain_usage(stated)
    is_aborted = bool((details.get("metadata") or {}).get("client_disconnected"))
    used = _estimated if is_aborted or _is_estimated(details) else _stated
    aborted = {"metadata": {"aborted": True}} if is_aborted else {}
    return {**_call(details, response, times), **aborted, **(used(response, usage) if usage else {})}


def failed(details: Mapping[str, Any], times: Times) -> dict[str, Any]:
    """Return the fields of a call that failed, and what it used until then, if LiteLLM says that it costs money."""
    error = {"status": "error", "metadata": {"error": type(details.get("exception")).__name__}}
    usage = _plain_usage(details.get("combined_usage_object")) if details.get("response_cost") else None
    return {**_call(details, None, times), **error, **(_estimated(None, usage) if usage else {})}


def _stated(response: object, usage: Mapping[str, Any]) -> dict[str, Any]:
    body = responses.event_fields(response).get("response", {})
    chat = {"response_format": "litellm"} if "prompt_tokens" in usage else {}
    return {"response": {**body, "usage": usage}, **chat}


def _estimated(response: object, usage: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stream without an end, for which the service shows the cost as incomplete."""
    chunk = {"object": "chat.completion.chunk", "choices": [], "usage": usage}
    model = getattr(response, "model", None)
    return {"response_stream": [{**chunk, "model": model}], "response_format": "litellm"}


def _is_estimated(details: Mapping[str, Any]) -> bool:
    """Return whether LiteLLM counted the tokens of a stream itself, because nobody asked the provider for them."""
    if not details.get("stream") or not _kind(details).endswith("completion"):
        return False
    options = (details.get("optional_params") or {}).get("stream_options") or {}
    return not options.get("include_usage") and details.get("custom_llm_provider") not in _STATE_USAGE


def _kind(details: Mapping[str, Any]) -> str:
    """Return the type of a call; those of coroutines begin with `a`."""
    kind = str(getattr(details.get("call_type"), "value", details.get("call_type")))
    return kind if kind in _MODEL_CALLS else kind.removeprefix("a")


def _call(details: Mapping[str, Any], response: object, times: Times) -> dict[str, Any]:
    provider, model = _served_by(details, response)
    latency_ms = max(0, round((times.ended - times.began).total_seconds() * 1000))
    call_id = text_of(details.get("litellm_call_id"))
    named = {"request_id": call_id} if call_id else {}
    return {"provider": provider, "model": model, "latency_ms": latency_ms, **named}


def _served_by(details: Mapping[str, Any], response: object) -> tuple[str, str]:
    """Return the provider and the model. Some kinds of calls are logged by the name that the caller chose."""
    hidden = getattr(response, "_hidden_params", None) or {}
    provider = details.get("custom_llm_provider") or hidden.get("custom_llm_provider")
    model = str(details.get("model") or "unknown")
    if provider:
        return str(provider), model.removeprefix(f"{provider}/")
    deployed = (details.get("standard_logging_object") or {}).get("model") or model
    try:
        named, found, *_ = litellm.get_llm_provider(deployed)
    except BadRequestError:
        return _GATEWAY, str(deployed)
    return found, named


def _plain_usage(usage: object) -> dict[str, Any] | None:
    """Return the usage as plain data; None if there is none, which LiteLLM states as zeros."""
    dump = getattr(usage, "model_dump", None)
    plain = dump(mode="json", exclude_none=True, warnings=False) if callable(dump) else usage
    if not isinstance(plain, Mapping) or not any(isinstance(each, int) and each for each in plain.values()):
        return None
    # A total of 0 beside other counts is LiteLLM's default where a provider states none.
    return {name: value for name, value in plain.items() if name != "total_tokens" or value}
