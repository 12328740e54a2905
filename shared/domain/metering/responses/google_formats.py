"""The formats of Google: Gemini, on its own API and on Vertex, and interactions."""

from typing import Final

from shared.domain.metering.responses.layouts import (
    INPUT,
    OUTPUT,
    READ,
    REASONING,
    Format,
    Layout,
    Row,
    row,
    signs,
    word,
)

_MODALITIES: Final = ("AUDIO", "IMAGE", "VIDEO")


def _by_modality(prefix: str, suffix: str, *places: str) -> tuple[Row, ...]:
    return tuple(
        row(f"{prefix}_{modality.lower()}_{suffix}", *(place.format(modality) for place in places))
        for modality in _MODALITIES
    )


_GEMINI: Final = Layout(
    root="usageMetadata",
    rows=(
        row(INPUT, "promptTokenCount"),
        # Vertex calls it responseTokenCount in live sessions.
        row(OUTPUT, "candidatesTokenCount", "responseTokenCount"),
        row(READ, "cachedContentTokenCount"),
        row(REASONING, "thoughtsTokenCount"),
        row("input_tool_tokens", "toolUsePromptTokenCount"),
        *_by_modality("input", "tokens", "promptTokensDetails[{}].tokenCount"),
        *_by_modality(
            "output",
            "tokens",
            "candidatesTokensDetails[{}].tokenCount",
            "responseTokensDetails[{}].tokenCount",
        ),
        *(each for each in _by_modality("cache", "read_tokens", "cacheTokensDetails[{}].tokenCount")),
        *_by_modality("input", "tool_tokens", "toolUsePromptTokensDetails[{}].tokenCount"),
    ),
    required=(INPUT,),
    # A page of a document is counted and priced as text.
    free=frozenset(
        f"{field}[{modality}].tokenCount"
        for field in (
            *("promptTokensDetails", "candidatesTokensDetails", "responseTokensDetails"),
            *("cacheTokensDetails", "toolUsePromptTokensDetails"),
        )
        for modality in ("TEXT", "DOCUMENT")
    ),
    words=(
        word("usageMetadata.trafficType", "service_tier", "on_demand", "traffic_type_unspecified"),
        word("usageMetadata.serviceTier", "service_tier", "standard", "unspecified"),
    ),
    total="totalTokenCount",
    input_excludes=("input_tool_tokens",),
    output_excludes=(REASONING,),
)
_INTERACTION: Final = Layout(
    rows=(
        row(INPUT, "totalInputTokens"),
        row(OUTPUT, "totalOutputTokens"),
        row(READ, "totalCachedTokens"),
        row(REASONING, "totalThoughtTokens", "totalReasoningTokens"),
        row("input_tool_tokens", "totalToolUseTokens"),
        *_by_modality("input", "tokens", "inputTokensByModality[{}].tokens"),
        *_by_modality("output", "tokens", "outputTokensByModality[{}].tokens"),
        *_by_modality("cache", "read_tokens", "cachedTokensByModality[{}].tokens"),
        *_by_modality("input", "tool_tokens", "toolUseTokensByModality[{}].tokens"),
    ),
    required=(INPUT, OUTPUT),
    free=frozenset(
        f"{field}TokensByModality[{modality}].tokens"
        for field in ("input", "output", "cached", "toolUse")
        for modality in ("TEXT", "DOCUMENT")
    ),
    words=(word("service_tier", "service_tier", "standard"),),
    total="totalTokens",
    input_excludes=("input_tool_tokens",),
    output_excludes=(REASONING,),
)

GOOGLE_FORMATS: Final = (
    Format(name="gemini", found_by=signs("usageMetadata"), layouts=(_GEMINI,)),
    Format(name="google.interactions", found_by=signs("usage.totalInputTokens"), layouts=(_INTERACTION,)),
)
