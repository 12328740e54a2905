"""The format of usage in the attributes of an OpenTelemetry GenAI span, of current and previous conventions."""

from dataclasses import replace
from typing import Final

from shared.domain.metering.responses.layouts import (
    INPUT,
    OUTPUT,
    READ,
    REASONING,
    WRITE,
    Format,
    Layout,
    Sign,
    row,
    word,
)

SPAN_USAGE: Final = "gen_ai.usage"
"""The beginning of the names of a span's usage attributes. The rest of each name is a path below it."""

_SPAN: Final = Layout(
    root=SPAN_USAGE,
    rows=(
        row(INPUT, "input_tokens", "prompt_tokens"),
        row(OUTPUT, "output_tokens", "completion_tokens"),
        row(
            READ,
            *("cache_read.input_tokens", "cache_read_input_tokens", "cached_tokens"),
            *(
                "details.cache_read_tokens",
                "details.cache_read_input_tokens",
                "details.cached_content_tokens",
            ),
            "details.cached_tokens",
        ),
        row(
            WRITE,
            *("cache_write.input_tokens", "cache_creation.input_tokens", "cache_creation_input_tokens"),
            *("details.cache_write_tokens", "details.cache_creation_input_tokens"),
        ),
        row(
            REASONING,
            *("reasoning.output_tokens", "reasoning_tokens"),
            *("details.reasoning_tokens", "details.thoughts_tokens"),
        ),
        row("input_audio_tokens", "audio.input_tokens", "details.audio_prompt_tokens"),
        row("output_audio_tokens", "audio.output_tokens", "details.audio_candidates_tokens"),
        row("input_image_tokens", "image.input_tokens", "details.image_prompt_tokens"),
        row("output_image_tokens", "image.output_tokens", "details.image_candidates_tokens"),
        row("cache_audio_read_tokens", "audio.cache_read.input_tokens"),
        row("cache_image_read_tokens", "image.cache_read.input_tokens"),
    ),
    free=frozenset(
        {
            *("text.input_tokens", "text.output_tokens", "text.cache_read.input_tokens"),
            # Parts of what is read above.
            *("details.text_prompt_tokens", "details.text_candidates_tokens", "details.text_cache_tokens"),
            *("details.accepted_prediction_tokens", "details.rejected_prediction_tokens"),
            *("details.input_tokens", "details.output_tokens"),
        }
    ),
    words=(word("service_tier", "service_tier", "default", "standard", "on_demand", "auto"),),
    total="total_tokens",
    allows_doubles=True,  # JavaScript has no other numbers
)

SPAN_FORMAT: Final = "opentelemetry"
_WITHOUT_CACHED: Final = ("openlit.instrumentation.anthropic", "openlit.instrumentation.bedrock")
"""The libraries whose input leaves out cached tokens, against the conventions (OpenLIT 1.45.0)."""
_EXCLUDING: Final = replace(_SPAN, input_excludes=(READ, WRITE), total_may_omit_cached=True)

SPAN_FORMATS: Final = (
    Format(
        name=SPAN_FORMAT,
        layouts=(
            *(replace(_EXCLUDING, sign=Sign(("scope",), scope)) for scope in _WITHOUT_CACHED),
            _SPAN,
        ),
    ),
)
