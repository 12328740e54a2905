"""What is to be sent by mail."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message to be sent to people of a tenant: paragraphs of text, and where to go from there."""

    to: str | tuple[str, ...]
    subject: str
    text: str
    link: str | None = None
