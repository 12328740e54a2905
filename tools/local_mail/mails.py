"""Mails as the page and tests read them, and the box that keeps the last ones."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Lock

LIMIT = 200

_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_HREF = re.compile(r"""<a\s[^>]*?href\s*=\s*(["'])(.*?)\1""", re.IGNORECASE | re.DOTALL)
_AFTER_URL = ".,;:!?)]}'"


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail; `to` are the addresses that it was sent to, whatever its header To says."""

    to: tuple[str, ...]
    sender: str
    subject: str
    text: str | None
    html: str | None = None
    message_id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def links(self) -> list[str]:
        """The web addresses in its text and in its HTML, each once."""
        return list(dict.fromkeys(_links(self.text or "", self.html or "")))


class Mailbox:
    """The last mails by their numbers, which begin with 1; threads share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._mails: dict[int, Mail] = {}
        self._count = 0
        self._names: set[str] = set()

    def add(self, mail: Mail, name: str = "") -> None:
        """Keep a mail, and forget the oldest one if there are too many; one with a name is taken once."""
        with self._lock:
            if name and name in self._names:
                return
            self._names.add(name)
            self._count += 1
            self._mails[self._count] = mail
            self._mails.pop(self._count - LIMIT, None)

    def newest_first(self) -> dict[int, Mail]:
        """Return every mail that is kept."""
        with self._lock:
            return dict(reversed(self._mails.items()))


def read_mail(content: bytes, recipients: Iterable[str]) -> Mail:
    """Return the mail that was sent as `content`."""
    message = message_from_bytes(content, policy=policy.default)
    return Mail(
        to=tuple(recipients),
        sender=str(message.get("From", "")),
        subject=str(message.get("Subject", "")),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        message_id=str(message.get("Message-ID", "")),
        headers={name: str(value) for name, value in message.items()},
    )


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    return part.get_content().replace("\r\n", "\n") if part else None


def _links(text: str, page: str) -> Iterator[str]:
    for found in _URL.findall(text):
        yield found.rstrip(_AFTER_URL)
    for _, target in _HREF.findall(page):
        address = html.unescape(target).strip()
        if _URL.fullmatch(address):
            yield address
