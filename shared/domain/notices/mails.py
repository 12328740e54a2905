"""Mails, and the form of each: plain text and HTML with a button and a way to stop."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape
from typing import Final, Literal

MailKind = Literal[
    "invitation",
    "recipient.confirm",
    "limit",
    "trial.ending",
    "endpoint.disabled",
    "operator",
]
INVITATIONS: Final = "invitations"
"""The scope of invitations, from whatever tenant; every other mail has its tenant as scope."""
MAX_NAME_CHARS: Final = 40
_LINK_CHARS = re.compile(r"[./\\:@<>\"“”|]+")
"""Mail programs make links of what contains these."""
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Button:
    """The link of a mail, with its label."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to one address."""

    kind: MailKind
    to: str = ""
    subject: str
    paragraphs: tuple[str, ...]
    button: Button | None = None
    reason: str
    """The sentence that says why this address gets the mail."""
    scope: str
    """The mails that its link stops: those of one tenant, or INVITATIONS."""

    def to_each(self, emails: Iterable[str]) -> "list[Mail]":
        """Return a mail to each address, so that no recipient sees the others."""
        return [replace(self, to=email) for email in emails]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorNotice:
    """A problem that the operator of the platform should look at."""

    summary: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMail:
    """A mail as it is sent. Receivers recognise a repetition by its id."""

    id: str
    to: str
    subject: str
    text: str
    html: str
    stop_url: str | None
    """The API's address that stops such mails with one POST (RFC 8058)."""


def shown_name(name: str) -> str:
    """Return a name that a customer chose, in quotes, as it may stand in a mail.

    It is short, has no control or bidirectional characters, and no part of it becomes a link.
    """
    visible = "".join(each if unicodedata.category(each) not in _INVISIBLE else " " for each in name)
    plain = " ".join(_LINK_CHARS.sub(" ", visible).split())
    cut = plain if len(plain) <= MAX_NAME_CHARS else f"{plain[: MAX_NAME_CHARS - 1].rstrip()}…"
    return f"“{cut or 'unnamed'}”"


@dataclass(frozen=True, slots=True)
class StopLinks:
    """The page that stops a kind of mail, and the address at which one POST does so too."""

    page: str
    url: str


def rendered(mail: Mail, mail_id: str, stop: StopLinks | None) -> RenderedMail:
    """Return a mail with its footer: the reason for it, and the page that stops it."""
    lines = [*mail.paragraphs, *([f"{mail.button.label}: {mail.button.url}"] if mail.button else [])]
    footer = ["--", mail.reason, *([f"Stop these mails: {stop.page}"] if stop else [])]
    return RenderedMail(
        id=mail_id,
        to=mail.to,
        subject=mail.subject,
        text="\n\n".join([*lines, *footer]) + "\n",
        html=_html(mail, stop),
        stop_url=stop.url if stop else None,
    )


_PAGE = (
    '<!doctype html><html lang="en"><body style="margin:0;padding:24px;font:16px/1.5 sans-serif;color:#1c1c28">'
    '<div style="max-width:560px;margin:0 auto">{body}'
    '<hr style="border:0;border-top:1px solid #ddd;margin:32px 0 16px">'
    '<p style="font-size:13px;color:#667">{footer}</p>'
    "</div></body></html>"
)
_BUTTON = (
    '<p style="margin:24px 0"><a href="{url}" style="background:#5046e5;color:#fff;padding:12px 20px;'
    'border-radius:8px;text-decoration:none">{label}</a></p>'
)


def _html(mail: Mail, stop: StopLinks | None) -> str:
    body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in mail.paragraphs)
    if mail.button:
        body += _BUTTON.format(url=escape(mail.button.url), label=escape(mail.button.label))
    footer = escape(mail.reason)
    if stop:
        footer += f' <a href="{escape(stop.page)}" style="color:#667">Stop these mails</a>'
    return _PAGE.format(body=body, footer=footer)
