"""The workflows of the demo tenant's agents. Each is a sequence of LLM calls and tool calls."""

from typing import NamedTuple


class Call(NamedTuple):
    """One step of a workflow: an LLM call with its token counts, or a tool call without any."""

    category: str
    provider: str
    model: str
    latency_ms: int
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    reasoning_tokens: int = 0


UNPRICED_MODEL = "gwi-intent-ft-2"
"""A fine-tuned model that no price catalog knows."""

WORKFLOWS: dict[str, tuple[Call, ...]] = {
    "support-triage": (
        Call("llm", "openai", "gpt-4.1-mini", 820, 1_450, 60),
        Call("tool", "zendesk", "search-tickets", 310),
        Call("llm", "anthropic", "claude-sonnet-4-5", 4_100, 6_200, 540, cache_read_tokens=4_096),
        Call("llm", "anthropic", "claude-sonnet-4-5", 2_900, 6_900, 310, cache_read_tokens=6_144),
    ),
    "research-report": (
        Call("llm", "openai", "o4-mini", 9_400, 2_300, 1_900, reasoning_tokens=1_300),
        Call("tool", "tavily", "web-search", 1_240),
        Call("tool", "playwright", "read-page", 2_050),
        Call("llm", "google", "gemini-2.5-flash", 3_600, 14_500, 900),
        Call("llm", "google", "gemini-2.5-pro", 11_800, 9_800, 2_400, 2_048, 800),
    ),
    "code-review": (
        Call("tool", "github", "read-diff", 430),
        Call("llm", "mistral", "mistral-large-latest", 5_200, 8_100, 760),
        Call("llm", "ollama", "llama3.1:8b", 1_900, 3_200, 280),
    ),
    "inbox-routing": (
        Call("llm", "together", UNPRICED_MODEL, 240, 610, 12),
        Call("llm", "openai", "gpt-4.1-nano", 390, 1_900, 140),
        Call("tool", "gmail", "move-message", 180),
    ),
    "contract-questions": (
        Call("tool", "google-drive", "read-file", 690),
        Call("llm", "anthropic", "claude-haiku-4-5", 1_700, 7_400, 380, cache_read_tokens=5_120),
        Call("llm", "openai", "gpt-4.1", 2_600, 2_200, 290),
    ),
    "weekly-digest": (
        Call("tool", "bigquery", "run-query", 2_900),
        Call("llm", "groq", "llama-3.3-70b-versatile", 610, 3_800, 450),
        Call("llm", "deepseek", "deepseek-chat", 4_300, 2_700, 820),
        Call("tool", "slack", "post-message", 260),
    ),
    "model-evaluation": (
        Call("llm", "openai", "gpt-4o", 1_100, 1_300, 240),
        Call("llm", "openai", "gpt-4o-mini", 620, 1_300, 210),
        Call("llm", "anthropic", "claude-opus-4-1", 3_900, 1_350, 260),
        Call("llm", "google", "gemini-2.5-flash-lite", 540, 1_280, 190),
        Call("llm", "mistral", "mistral-small-latest", 710, 1_310, 220),
        Call("llm", "cohere", "command-r-plus", 1_450, 1_290, 200),
        Call("llm", "deepseek", "deepseek-reasoner", 8_200, 1_300, 900, reasoning_tokens=640),
    ),
}
