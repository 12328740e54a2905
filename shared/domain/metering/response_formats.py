"""The table of response formats. A new format takes one new row."""

from collections.abc import Mapping
from typing import Final

from shared.domain.metering.response_layouts import Body, CountRow, Counts, Extractor, Format, Layout, Sign
from shared.domain.prices.catalog import ResolvedProvider


def _signs(*texts: str) -> tuple[Sign, ...]:
    """Parse signs: `usage.input_tokens` is a field with any value, `type=message` a field with that value."""
    parts = [text.partition("=") for text in texts]
    return tuple(Sign(tuple(path.split(".")), value or None) for path, _, value in parts)


_ROWS: Final = (
    Format(
        name="openai.chat",
        found_by=_signs("usage.prompt_tokens", "usage.completion_tokens"),
        marks=_signs("usage.completion_tokens", "choices"),
        service_tier=("service_tier",),
        layouts=(
            # These providers send counts that OpenAI's own bodies do not have.
            Layout(provider="anthropic", source=Extractor("anthropic", "chat"), total="total_tokens"),
            Layout(provider="databricks", source=Extractor("databricks", "chat"), total="total_tokens"),
            Layout(provider="modal", source=Extractor("modal", "chat"), total="total_tokens"),
            Layout(provider="x-ai", source=Extractor("x-ai", "chat"), total="total_tokens"),
            # Perplexity bills reasoning and citations that its own totals leave out.
            Layout(provider="perplexity", source=Extractor("perplexity", "default")),
            Layout(
                provider="google",
                source=Extractor("openai", "chat"),
                total="total_tokens",
                total_alone_has_reasoning=True,
            ),
            Layout(source=Extractor("openai", "chat"), total="total_tokens"),
        ),
    ),
    Format(
        name="openai.responses",
        found_by=_signs("usage.input_tokens", "usage.output_tokens"),
        marks=_signs("object=response", "usage.input_tokens_details"),
        sent_by="openai",
        service_tier=("service_tier",),
        layouts=(
            Layout(
                sign=Sign(("usage", "input_tokens_details", "image_tokens")),
                source=Extractor("openai", "images"),
                total="total_tokens",
            ),
            Layout(provider="perplexity", source=Extractor("perplexity", "responses")),
            Layout(source=Extractor("openai", "responses"), total="total_tokens"),
        ),
    ),
    Format(
        name="openai.embeddings",
        found_by=_signs("usage.prompt_tokens", "usage.completion_tokens"),
        layouts=(Layout(source=Extractor("openai", "embeddings"), total="total_tokens"),),
    ),
    Format(
        name="anthropic.messages",
        found_by=_signs("usage.input_tokens", "usage.output_tokens"),
        marks=_signs(
            "type=message",
            "usage.cache_creation",
            "usage.cache_creation_input_tokens",
            "usage.cache_read_input_tokens",
            "usage.server_tool_use",
        ),
        sent_by="anthropic",
        service_tier=("usage", "service_tier"),
        layouts=(Layout(source=Extractor("anthropic", "default")),),
    ),
    Format(
        name="gemini",
        found_by=_signs("usageMetadata"),
        layouts=(Layout(source=Extractor("google", "default"), total="totalTokenCount"),),
    ),
    Format(
        name="bedrock.converse",
        found_by=_signs("usage.inputTokens", "usage.outputTokens"),
        layouts=(
            Layout(source=Extractor("aws", "default"), total="totalTokens", total_may_omit_cached=True),
        ),
    ),
    Format(
        name="cohere",
        found_by=_signs("usage.billed_units", "meta.billed_units"),
        layouts=(
            Layout(
                sign=Sign(("meta", "billed_units")),
                source=Counts(
                    ("meta", "billed_units"),
                    (
                        CountRow(("input_tokens",), "input_tokens", required=True),
                        CountRow(("output_tokens",), "output_tokens"),
                    ),
                ),
                allows_doubles=True,  # Cohere's API declares all its counts as doubles
            ),
            Layout(source=Extractor("cohere", "default"), allows_doubles=True),
        ),
    ),
    Format(
        name="ollama",
        found_by=_signs("prompt_eval_count", "eval_count"),
        layouts=(
            Layout(
                source=Counts(
                    (),
                    (
                        CountRow(("prompt_eval_count",), "input_tokens"),
                        CountRow(("eval_count",), "output_tokens"),
                    ),
                )
            ),
        ),
    ),
)

FORMATS: Final[Mapping[str, Format]] = {each.name: each for each in _ROWS}
"""Every format by its name."""


def possible_formats(body: Body, provider: ResolvedProvider) -> list[Format]:
    """Return every format that `body` may have; more than one means that the body is ambiguous."""
    found = [each for each in _ROWS if any(sign.is_in(body) for sign in each.found_by)]
    return [
        each
        for each in found
        if each in _settled([rival for rival in found if rival.found_by == each.found_by], body, provider)
    ]


def _settled(rivals: list[Format], body: Body, provider: ResolvedProvider) -> list[Format]:
    """Return the only format of `rivals` that `body` can have, or all of them: a guess would misprice it."""
    marked = [each for each in rivals if any(sign.is_in(body) for sign in each.marks)]
    unmarked = [each for each in rivals if not each.marks or each.sent_by == provider.name]
    likely = marked or unmarked
    return likely if len(likely) == 1 else rivals
