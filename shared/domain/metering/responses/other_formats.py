"""The formats of Anthropic, Amazon Bedrock, Cohere, Mistral, Voyage and Ollama, and of client libraries."""

from dataclasses import replace
from typing import Final

from shared.domain.metering.responses.layouts import (
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

_ANTHROPIC: Final = Layout(
    rows=(
        row(INPUT, "input_tokens"),
        row(OUTPUT, "output_tokens"),
        row(READ, "cache_read_input_tokens"),
        row(WRITE, "cache_creation_input_tokens"),
        row(WRITE_5M, "cache_creation.ephemeral_5m_input_tokens"),
        row(WRITE_1H, "cache_creation.ephemeral_1h_input_tokens"),
        row(REASONING, "output_tokens_details.thinking_tokens"),
        row("web_searches", "server_tool_use.web_search_requests"),
        row("code_executions", "server_tool_use.code_execution_requests"),
    ),
    required=(INPUT, OUTPUT),
    # Fetched pages and found tools cost only their tokens.
    free=frozenset(
        {"server_tool_use.web_fetch_requests", "server_tool_use.tool_search_requests", "iterations.*"}
    ),
    words=(
        word("usage.service_tier", "service_tier", "standard"),
        word("usage.speed", "speed", "standard"),
        word("usage.inference_geo", "region", "global", "not_available"),
    ),
    input_excludes=(READ, WRITE),
)

_CONVERSE: Final = Layout(
    rows=(
        row(INPUT, "inputTokens"),
        row(OUTPUT, "outputTokens"),
        row(READ, "cacheReadInputTokens", "cacheReadInputTokenCount"),
        row(WRITE, "cacheWriteInputTokens", "cacheWriteInputTokenCount"),
        row(WRITE_5M, "cacheDetails[5M].inputTokens"),
        row(WRITE_1H, "cacheDetails[1H].inputTokens"),
    ),
    required=(INPUT, OUTPUT),
    words=(
        word("serviceTier.type", "service_tier", "default"),
        word("performanceConfig.latency", "latency", "standard"),
    ),
    total="totalTokens",
    input_excludes=(READ, WRITE),
    total_may_omit_cached=True,
)
_INVOKED: Final = Layout(
    root="",
    rows=(
        row(INPUT, "inputTextTokenCount", "prompt_token_count"),
        row(OUTPUT, "generation_token_count", "results[0].tokenCount"),
    ),
    required=(INPUT,),
)
_INVOCATION_METRICS: Final = Layout(
    root="amazon-bedrock-invocationMetrics",
    rows=(
        row(INPUT, "inputTokenCount"),
        row(OUTPUT, "outputTokenCount"),
        row(READ, "cacheReadInputTokenCount"),
        row(WRITE, "cacheWriteInputTokenCount"),
    ),
    required=(INPUT, OUTPUT),
    free=frozenset({"invocationLatency", "firstByteLatency"}),
    input_excludes=(READ, WRITE),
)

_COHERE: Final = Layout(
    rows=(
        row(INPUT, "billed_units.input_tokens"),
        row(OUTPUT, "billed_units.output_tokens"),
        row("input_image_tokens", "billed_units.image_tokens", "billed_units.images"),
        row("rerank_searches", "billed_units.search_units"),
        row("classifications", "billed_units.classifications"),
    ),
    # What was tokenised is more than what is billed.
    free=frozenset({"tokens.*", "cached_tokens", "api_version.*"}),
    input_excludes=("input_image_tokens",),
    allows_doubles=True,  # Cohere's API declares all its counts as doubles
)
_COHERE_META: Final = replace(_COHERE, root="meta")

_AI_SDK: Final = Layout(
    rows=(
        row(INPUT, "inputTokens", "inputTokens.total"),
        row(OUTPUT, "outputTokens", "outputTokens.total"),
        row(READ, "inputTokenDetails.cacheReadTokens", "cachedInputTokens", "inputTokens.cacheRead"),
        row(WRITE, "inputTokenDetails.cacheWriteTokens", "inputTokens.cacheWrite"),
        row(REASONING, "outputTokenDetails.reasoningTokens", "reasoningTokens", "outputTokens.reasoning"),
    ),
    required=(INPUT, OUTPUT),
    free=frozenset(
        {
            *("inputTokenDetails.noCacheTokens", "inputTokens.noCache"),
            *("outputTokenDetails.textTokens", "outputTokens.text", "raw.*"),
        }
    ),
    total="totalTokens",
)
_AI_SDK_UNCACHED: Final = tuple(each for each in _AI_SDK.rows if each.unit != READ)

_LANGCHAIN: Final = Layout(
    root="usage_metadata",
    rows=(
        row(INPUT, "input_tokens"),
        row(OUTPUT, "output_tokens"),
        row(READ, "input_token_details.cache_read"),
        row(WRITE, "input_token_details.cache_creation"),
        row(WRITE_5M, "input_token_details.ephemeral_5m_input_tokens"),
        row(WRITE_1H, "input_token_details.ephemeral_1h_input_tokens"),
        row(REASONING, "output_token_details.reasoning"),
        row("input_audio_tokens", "input_token_details.audio"),
        row("output_audio_tokens", "output_token_details.audio"),
    ),
    required=(INPUT, OUTPUT),
    free=frozenset({"input_token_details.text", "output_token_details.text"}),
    total="total_tokens",
)

OTHER_FORMATS: Final = (
    Format(
        name="anthropic.messages",
        found_by=signs("usage.input_tokens", "usage.output_tokens"),
        marks=signs(
            *("type=message", "usage.cache_creation", "usage.cache_creation_input_tokens"),
            *("usage.cache_read_input_tokens", "usage.server_tool_use", "usage.iterations", "usage.speed"),
        ),
        sent_by="anthropic",
        layouts=(_ANTHROPIC,),
    ),
    Format(
        name="bedrock.converse",
        found_by=signs("usage.inputTokens", "usage.outputTokens"),
        marks=signs(
            *("stopReason", "metrics.latencyMs", "usage.cacheReadInputTokens"),
            *("usage.cacheWriteInputTokens", "usage.cacheDetails"),
        ),
        sent_by="aws",
        layouts=(_CONVERSE,),
    ),
    Format(
        name="bedrock.invoke",
        found_by=signs(
            *("inputTextTokenCount", "generation_token_count", "prompt_token_count"),
            "amazon-bedrock-invocationMetrics",
        ),
        layouts=(replace(_INVOCATION_METRICS, sign=Sign((_INVOCATION_METRICS.root,))), _INVOKED),
    ),
    Format(
        name="cohere",
        found_by=signs("usage.billed_units", "meta.billed_units"),
        layouts=(replace(_COHERE_META, sign=Sign(("meta", "billed_units"))), _COHERE),
    ),
    Format(name="cohere.rerank", layouts=(_COHERE_META,)),
    Format(
        name="mistral.ocr",
        found_by=signs("usage_info.pages_processed"),
        layouts=(
            Layout(
                root="usage_info",
                rows=(row("input_document_pages", "pages_processed"),),
                required=("input_document_pages",),
                free=frozenset({"doc_size_bytes"}),
            ),
        ),
    ),
    Format(
        name="voyage",
        found_by=signs("usage.total_tokens"),
        only_from="voyageai",
        layouts=(
            Layout(
                rows=(row(INPUT, "total_tokens"), row("input_pixels", "image_pixels")),
                required=(INPUT,),
                free=frozenset({"text_tokens"}),
            ),
        ),
    ),
    Format(
        name="ollama",
        found_by=signs("prompt_eval_count", "eval_count"),
        layouts=(
            Layout(
                root="",
                rows=(row(INPUT, "prompt_eval_count"), row(OUTPUT, "eval_count")),
                free=frozenset(
                    {"total_duration", "load_duration", "prompt_eval_duration", "eval_duration", "created"}
                ),
            ),
        ),
    ),
    Format(
        # Version 5 does not say whether its input includes cached tokens, so it has to be named.
        name="ai-sdk",
        found_by=signs("usage.inputTokens", "usage.outputTokens"),
        marks=signs("usage.inputTokenDetails", "usage.outputTokenDetails", "usage.inputTokens.total"),
        sent_by="ai-sdk",
        layouts=(
            replace(_AI_SDK, sign=Sign(("usage", "inputTokenDetails"))),
            # Here version 5 leaves cached tokens out of its input, and does not say how many were written.
            *(
                replace(_AI_SDK, provider=provider, rows=_AI_SDK_UNCACHED)
                for provider in ("anthropic", "aws")
            ),
            _AI_SDK,
        ),
    ),
    Format(name="langchain", found_by=signs("usage_metadata.input_tokens"), layouts=(_LANGCHAIN,)),
)
