"""Operators: the platform's own people, who may see and change every tenant."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """An operator, with the email address they had when they were added."""

    user_id: str
    email: str
    added_at: datetime
    added_by: str
    """The actor who added them."""


def operator_actor(email: str) -> str:
    """Return the actor of an operator's changes in the dashboard."""
    return f"operator:{email}"
