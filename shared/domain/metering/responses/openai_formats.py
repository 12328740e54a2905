"""The formats of OpenAI, which most other providers send too, each with counts of its own."""

from dataclasses import replace
from typing import Final

from shared.domain.metering.responses.layouts import (
    CITATION,
    INPUT,
    OUTPUT,
    READ,
    REASONING,
    WRITE,
    WRITE_1H,
    WRITE_5M,
    Format,
    Layout,
    Sign,
    row,
    signs,
    word,
)

_TIER: Final = word("service_tier", "service_tier", "default", "standard", "on_demand")
_USAGE_TIER: Final = word("usage.service_tier", "service_tier", "default", "standard", "on_demand")
_TIMINGS: Final = (
    # Groq, SambaNova, Cerebras, Together and Azure report how long a call took.
    *("queue_time", "prompt_time", "completion_time", "total_time", "latency_checkpoint.*"),
    *("start_time", "end_time", "total_latency", "time_to_first_token", "time_to_first_token_ms"),
    *("completion_tokens_per_sec", "total_tokens_per_sec", "output_tokens_per_sec", "stop_reason"),
    *("completion_tokens_after_first_per_sec", "completion_tokens_after_first_per_sec_first_ten"),
    *("completion_tokens_after_first_per_sec_graph", "acceptance_rate", "is_last_response"),
)
_INCLUDED: Final = (
    # Parts of the input or the output, at the price of text.
    *("prompt_tokens_details.text_tokens", "completion_tokens_details.text_tokens"),
    *("prompt_token_details.text_tokens", "completion_token_details.text_tokens"),
    *("completion_tokens_details.accepted_prediction_tokens", "prompt_cache_miss_tokens"),
    "completion_tokens_details.rejected_prediction_tokens",
)
_SEARCHES: Final = (
    *("server_tool_use.web_search_requests", "server_tool_use_details.web_search_requests"),
    *("tool_calls_details.search_web.invocation", "num_search_queries"),
)
_LIFETIMES: Final = (
    *("cache_creation", "prompt_tokens_details.cache_creation"),
    "prompt_tokens_details.cache_creation_token_details",
)
_XAI_CALLS: Final = "server_side_tool_usage_details"

_CHAT_ROWS: Final = (
    row(INPUT, "prompt_tokens"),
    row(OUTPUT, "completion_tokens"),
    row(
        READ,
        *("prompt_tokens_details.cached_tokens", "prompt_token_details.cached_tokens"),
        *("prompt_cache_hit_tokens", "cache_read_input_tokens", "num_cached_tokens", "cached_tokens"),
        "prompt_tokens_details.cache_read_tokens",
    ),
    row(
        WRITE,
        *("prompt_tokens_details.cache_write_tokens", "prompt_tokens_details.cache_creation_tokens"),
        *("prompt_tokens_details.cache_creation_input_tokens", "cache_creation_input_tokens"),
        "cache_creation_tokens",
    ),
    row(WRITE_5M, *(f"{place}.ephemeral_5m_input_tokens" for place in _LIFETIMES)),
    row(WRITE_1H, *(f"{place}.ephemeral_1h_input_tokens" for place in _LIFETIMES)),
    row(REASONING, "completion_tokens_details.reasoning_tokens", "reasoning_tokens"),
    row("input_audio_tokens", "prompt_tokens_details.audio_tokens"),
    row("output_audio_tokens", "completion_tokens_details.audio_tokens"),
    row("input_image_tokens", "prompt_tokens_details.image_tokens"),
    row("output_image_tokens", "completion_tokens_details.image_tokens"),
    row("input_video_tokens", "prompt_tokens_details.video_tokens"),
    row("web_searches", *_SEARCHES),
)
_CHAT_FREE: Final = frozenset({*_TIMINGS, *_INCLUDED, "num_server_side_tools_used"})
_PERPLEXITY_CONTEXT: Final = word("usage.search_context_size", "search_context", "low")

# LiteLLM puts its own estimate of the cost into `cost`, also where OpenRouter states its bill there.
_LITELLM_FREE: Final = _CHAT_FREE | {
    *("cost", "is_byok", "cost_details.upstream_inference_cost"),
    *("cost_details.upstream_inference_prompt_cost", "cost_details.upstream_inference_completions_cost"),
}
_CHAT: Final = Layout(
    rows=_CHAT_ROWS,
    required=(INPUT, OUTPUT),
    free=_CHAT_FREE,
    words=(
        _TIER,
        _USAGE_TIER,
        word("usage.extra_properties.google.traffic_type", "service_tier", "on_demand"),
    ),
    total="total_tokens",
)
_PERPLEXITY: Final = Layout(
    # Perplexity bills reasoning and citations that its own totals leave out.
    provider="perplexity",
    rows=(*_CHAT_ROWS, row(CITATION, "citation_tokens")),
    required=(INPUT, OUTPUT),
    free=_CHAT_FREE | {"total_tokens"},
    words=(_TIER, _PERPLEXITY_CONTEXT),
    output_excludes=(REASONING, CITATION),
)

_INPUT_DETAILS: Final = ("input_tokens_details", "input_token_details")
_OUTPUT_DETAILS: Final = ("output_tokens_details", "output_token_details")
_RESPONSES_ROWS: Final = (
    row(INPUT, "input_tokens"),
    row(OUTPUT, "output_tokens"),
    row(
        READ,
        *(f"{details}.cached_tokens" for details in _INPUT_DETAILS),
        "input_tokens_details.cache_read_input_tokens",
    ),
    row(WRITE, *(f"{details}.cache_write_tokens" for details in _INPUT_DETAILS)),
    row(REASONING, *(f"{details}.reasoning_tokens" for details in _OUTPUT_DETAILS)),
    row("input_audio_tokens", *(f"{details}.audio_tokens" for details in _INPUT_DETAILS)),
    row("input_image_tokens", *(f"{details}.image_tokens" for details in _INPUT_DETAILS)),
    row("output_audio_tokens", *(f"{details}.audio_tokens" for details in _OUTPUT_DETAILS)),
    row("output_image_tokens", *(f"{details}.image_tokens" for details in _OUTPUT_DETAILS)),
    row(
        "cache_audio_read_tokens",
        *(f"{details}.cached_tokens_details.audio_tokens" for details in _INPUT_DETAILS),
    ),
    row(
        "cache_image_read_tokens",
        *(f"{details}.cached_tokens_details.image_tokens" for details in _INPUT_DETAILS),
    ),
    row("web_searches", *_SEARCHES, f"{_XAI_CALLS}.web_search_calls"),
    row("social_searches", f"{_XAI_CALLS}.x_search_calls"),
    row("storage_searches", f"{_XAI_CALLS}.file_search_calls"),
    row("code_executions", f"{_XAI_CALLS}.code_interpreter_calls"),
    # Grok's voice sessions.
    row("audio_seconds", "billable_audio_seconds"),
    row("input_text_messages", "input_text_messages"),
)
_RESPONSES_FREE: Final = frozenset(
    {
        *(f"{details}.text_tokens" for details in (*_INPUT_DETAILS, *_OUTPUT_DETAILS)),
        *(f"{details}.cached_tokens_details.text_tokens" for details in _INPUT_DETAILS),
        *("context_details.*", "num_server_side_tools_used", f"{_XAI_CALLS}.mcp_calls", "type"),
    }
)
_RESPONSES: Final = Layout(
    rows=_RESPONSES_ROWS,
    required=(INPUT, OUTPUT),
    free=_RESPONSES_FREE,
    words=(_TIER, _USAGE_TIER),
    total="total_tokens",
)
_SECONDS: Final = row("audio_seconds", "seconds", "duration")

OPENAI_FORMATS: Final = (
    Format(
        name="openai.chat",
        found_by=signs("usage.prompt_tokens", "usage.completion_tokens"),
        marks=signs("usage.completion_tokens", "choices"),
        layouts=(
            # Grok's API leaves reasoning out of the completion; where there is a total, it decides.
            replace(_CHAT, provider="x-ai", output_excludes=(REASONING,)),
            _PERPLEXITY,
            replace(_CHAT, provider="google", total_alone_has_reasoning=True),
            _CHAT,
        ),
    ),
    Format(
        name="openai.responses",
        found_by=signs("usage.input_tokens", "usage.output_tokens"),
        marks=signs(
            *("object=response", "object=realtime.response"),
            *("usage.input_tokens_details", "usage.input_token_details"),
        ),
        sent_by="openai",
        layouts=(
            replace(
                _RESPONSES,
                provider="perplexity",
                free=_RESPONSES_FREE | {"total_tokens"},
                words=(_TIER, _PERPLEXITY_CONTEXT),
                total=None,
            ),
            _RESPONSES,
        ),
    ),
    Format(
        name="openai.embeddings",
        found_by=signs("usage.prompt_tokens", "usage.completion_tokens"),
        layouts=(
            Layout(
                rows=tuple(each for each in _CHAT_ROWS if each.unit != OUTPUT),
                required=(INPUT,),
                free=_CHAT_FREE,
                words=(_TIER,),
                total="total_tokens",
            ),
        ),
    ),
    Format(name="openai.realtime", layouts=(_RESPONSES,)),
    Format(
        name="openai.transcription",
        found_by=signs("usage.type=duration", "task=transcribe"),
        layouts=(
            Layout(
                sign=Sign(("usage",)),
                rows=(*_RESPONSES_ROWS, _SECONDS),
                free=_RESPONSES_FREE,
                words=(_TIER,),
                total="total_tokens",
            ),
            Layout(root="", rows=(_SECONDS,), required=("audio_seconds",)),
        ),
    ),
    Format(name="openai.batch", layouts=(_CHAT,), is_batch=True),
    Format(name="litellm", layouts=(replace(_CHAT, free=_LITELLM_FREE),)),
    Format(name="perplexity", layouts=(replace(_PERPLEXITY, provider=None),)),
)
