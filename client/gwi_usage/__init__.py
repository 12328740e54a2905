"""Meter LLM calls, tools and agent runs with GWI Usage."""

from gwi_usage.admissions import Check
from gwi_usage.contexts import context
from gwi_usage.errors import GwiError, NotAnswered, RunRefused
from gwi_usage.events import Event
from gwi_usage.meter import Meter
from gwi_usage.runs import Run

__all__ = ["Check", "Event", "GwiError", "Meter", "NotAnswered", "Run", "RunRefused", "context"]
