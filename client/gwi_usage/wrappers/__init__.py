"""Wrap the clients of OpenAI, Anthropic and Google, so that their calls are metered where they are sent."""

from gwi_usage.wrappers.clients import wrap

__all__ = ["wrap"]
