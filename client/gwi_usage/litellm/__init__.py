"""Meter the calls of LiteLLM and of its proxy, and refuse those for which nothing is left."""

from gwi_usage.litellm.logger import CallRefused, UsageLogger

__all__ = ["CallRefused", "UsageLogger"]
