"""Mails to be sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to people of a tenant: paragraphs of plain text, and a link for its button."""

    to: str | tuple[str, ...]
    subject: str
    text: str
    link: str | None = None
