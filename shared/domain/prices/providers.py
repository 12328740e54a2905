"""The names under which providers are known: exactly these, so that `my-openai-proxy` is not OpenAI."""

from collections.abc import Mapping
from typing import Final

LOCAL_PROVIDERS: Final = frozenset(
    {
        *("ollama", "ollama_chat", "vllm", "hosted_vllm", "sglang", "tgi", "text-generation-inference"),
        *("localai", "llama.cpp", "llama-cpp", "llamacpp", "llama_cpp", "llamafile", "mlx"),
        *("lm-studio", "lm_studio", "lmstudio", "oobabooga", "xinference", "docker_model_runner"),
    }
)
"""Servers that run a model on the caller's own machines: no tokens are bought, so each call costs 0."""

CLOUD_SUFFIXES: Final = ("-cloud", ":cloud")
"""Ollama's names for models that run on its own machines, which cost money."""

GATEWAYS: Final = frozenset(
    {
        *("litellm", "litellm_proxy", "portkey", "helicone", "vercel", "vercel_ai_gateway", "gateway"),
        *("ai-gateway", "ai_gateway", "cloudflare-ai-gateway", "kong", "requesty", "langdb"),
    }
)
"""Gateways that sell nothing themselves: the provider in the model's name sets the price."""

_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    # OpenTelemetry's names, LiteLLM's, the AI SDK's, and what the providers call themselves.
    "anthropic": ("claude", "anthropic_text", "anthropic.messages", "anthropic.chat"),
    "aws": (
        *("bedrock", "aws.bedrock", "aws-bedrock", "aws_bedrock", "amazon-bedrock", "amazon_bedrock"),
        *("amazon.bedrock", "amazon", "bedrock_converse", "bedrock-converse", "bedrock.converse"),
        *("bedrock-runtime", "bedrock_mantle"),
    ),
    "azure": (
        *("azure.ai.openai", "azure.ai.inference", "az.ai.openai", "az.ai.inference", "azure-openai"),
        *(
            "azure_openai",
            "azureopenai",
            "azure_text",
            "azure_ai",
            "azure-ai",
            "azure.openai",
            "azure-foundry",
        ),
        *("azure_ai_foundry", "azure-openai.chat", "azure.chat", "azure-cognitive-services", "microsoft"),
    ),
    "baseten": ("baseten.chat",),
    "cerebras": ("cerebras.chat",),
    "cloudflare": ("workers-ai", "workers_ai", "cloudflare-workers-ai", "workersai.chat"),
    "cohere": ("cohere_chat", "cohere.chat"),
    "databricks": ("databricks.chat",),
    "deepseek": ("deepseek.chat", "deep_seek", "deepseek-ai"),
    "elevenlabs": ("eleven_labs", "eleven-labs"),
    "fireworks": ("fireworks_ai", "fireworks-ai", "fireworks.ai", "fireworksai", "fireworks.chat"),
    "github-copilot": ("github_copilot", "githubcopilot", "copilot"),
    "google": (
        *("gemini", "google_genai", "google-genai", "google.generative-ai", "google-generative-ai"),
        *("gcp.gen_ai", "gcp.gemini", "gcp.vertex_ai", "vertex", "vertex_ai", "vertex-ai", "vertexai"),
        *("vertex_ai_beta", "google.vertex", "google-vertex", "google.vertex.chat", "google-vertexai"),
        *(
            "google_vertexai",
            "google_ai_studio",
            "google-ai-studio",
            "google.ai.studio",
            "google-gla",
            "google-vertex-anthropic",
        ),
        *(
            "google_genai_vertex",
            "google.generative-ai.chat",
            "vertex.anthropic",
            "vertex.anthropic.messages",
        ),
    ),
    "groq": ("groq.chat", "groqcloud"),
    "meta": ("meta_llama", "meta-llama", "llama_api", "llama-api"),
    "minimax": ("minimaxi", "mini_max"),
    "mistral": (
        "mistral_ai",
        "mistralai",
        "mistral-ai",
        "mistral.chat",
        "codestral",
        "text-completion-codestral",
    ),
    "moonshotai": ("moonshot", "moonshot_ai", "moonshot-ai", "moonshotai.chat", "kimi"),
    "novita": ("novita_ai", "novita-ai", "novitaai"),
    "openai": (
        *("openai.chat", "openai.responses", "openai.completion", "openai.embedding", "open_ai", "open-ai"),
        *(
            "openai_chat",
            "openai_responses",
            "openai-responses",
            "openai-chat",
            "text-completion-openai",
            "chatgpt",
        ),
    ),
    "openrouter": ("open_router", "open-router", "openrouter.chat", "openrouter.ai"),
    "ovhcloud": ("ovh", "ovhcloud_ai_endpoints", "ovh-cloud"),
    "perplexity": ("perplexity_ai", "perplexity-ai", "perplexityai", "pplx", "perplexity.chat"),
    "together": ("together_ai", "together-ai", "togetherai", "together.ai", "togetherai.chat"),
    "voyageai": ("voyage", "voyage_ai", "voyage-ai"),
    "x-ai": ("xai", "x_ai", "x.ai", "grok", "xai.chat", "xai.responses"),
    "zai": ("z_ai", "z-ai", "z.ai"),
    "zhipuai": ("zhipu", "zhipu_ai", "zhipu-ai", "bigmodel"),
}

ID_OF_ALIAS: Final[Mapping[str, str]] = {
    alias: listed for listed, names in _ALIASES.items() for alias in names
}
"""The catalog's id of each alias."""
