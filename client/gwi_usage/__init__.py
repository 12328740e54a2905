"""Meter LLM calls, tools and agent runs with GWI Usage."""

from gwi_usage.contexts import context
from gwi_usage.events import Event
from gwi_usage.meter import Meter

__all__ = ["Event", "Meter", "context"]
