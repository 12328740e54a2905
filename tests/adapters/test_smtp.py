"""Mails over real SMTP, to a server that takes, refuses, hangs or breaks off."""

import asyncio
import ssl
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from shared.adapters import smtp
from shared.adapters.smtp import SmtpMailSender
from shared.config import SmtpServer
from shared.domain.notices.mails import RenderedMail
from shared.ports import DeliveryFailed
from tests.certificates import Authority
from tools.dev.loopback import free_port

MAIL = RenderedMail(
    id="a" * 40,
    to="bob@example.com",
    subject="“Acme” hat 80 % verbraucht",
    text="Grüße.\n\nMehr: https://x/y\n",
    html="<p>Grüße &amp; mehr.</p>",
    stop_url="https://usage.example.com/api/v1/mail/aaa/unsubscribe?token=t",
)
FROM = "GWI Usage <usage@example.com>"


class Handler:
    """Keeps mails, and answers each step of the conversation as it is asked."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.recipient_answer = "250 OK"
        self.data_answer = "250 OK"
        self.waits = False

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _o: Any) -> str:  # noqa: N802 (the interface of aiosmtpd)
        if self.recipient_answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 (as above)
        self.got.append(message_from_bytes(envelope.content, policy=policy.default))
        while self.waits:
            await asyncio.sleep(0.05)
        return self.data_answer


class Server(Controller):
    """An SMTP server on this machine."""

    tls: ssl.SSLContext | None = None

    def factory(self) -> SMTP:
        return SMTP(self.handler, tls_context=self.tls, require_starttls=self.tls is not None)


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def server(handler: Handler) -> Iterator[Server]:
    """A server without TLS, as on a developer's machine."""
    server = Server(handler, hostname="127.0.0.1", port=free_port())
    server.start()
    yield server
    handler.waits = False
    server.stop()


def sender(server: Server, host: str = "127.0.0.1", **options: Any) -> SmtpMailSender:
    return SmtpMailSender(SmtpServer.of(f"smtp://{host}:{server.port}"), FROM, **options)


def test_a_mail_arrives_with_its_id_both_parts_and_a_way_to_stop(server: Server, handler: Handler) -> None:
    assert sender(server).send(MAIL) == "accepted by 127.0.0.1"
    (got,) = handler.got
    assert got["Message-ID"] == f"<{'a' * 40}@example.com>"
    assert (got["From"], got["To"], got["Subject"]) == (FROM, MAIL.to, MAIL.subject)
    assert (got["List-Unsubscribe"], got["List-Unsubscribe-Post"]) == (
        f"<{MAIL.stop_url}>",
        "List-Unsubscribe=One-Click",
    )
    text, html = got.iter_parts()
    assert text.get_content().splitlines() == MAIL.text.splitlines()
    assert html.get_content().strip() == MAIL.html


@pytest.mark.parametrize(
    ("answer", "is_final"),
    [("550 no such user", True), ("451 try again later", False), ("552 mailbox full", True)],
)
def test_a_refused_recipient_is_final_only_by_the_servers_word(
    server: Server, handler: Handler, answer: str, is_final: bool
) -> None:
    handler.recipient_answer = answer
    with pytest.raises(DeliveryFailed) as failure:
        sender(server).send(MAIL)
    assert (failure.value.answer, failure.value.is_final) == (answer, is_final)
    assert handler.got == []


@pytest.mark.parametrize(("answer", "is_final"), [("554 spam", True), ("452 full", False)])
def test_refused_content_is_final_only_by_the_servers_word(
    server: Server, handler: Handler, answer: str, is_final: bool
) -> None:
    handler.data_answer = answer
    with pytest.raises(DeliveryFailed) as failure:
        sender(server).send(MAIL)
    assert (failure.value.answer, failure.value.is_final) == (answer, is_final)


def test_a_server_that_hangs_after_data_is_left_and_gets_the_same_id_again(
    server: Server, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "CONVERSATION_SECONDS", 0.5)
    handler.waits = True
    with pytest.raises(DeliveryFailed) as failure:
        sender(server).send(MAIL)
    assert not failure.value.is_final
    handler.waits = False
    sender(server).send(MAIL)
    assert len({got["Message-ID"] for got in handler.got}) == 1


def test_a_server_that_is_away_is_tried_again_later() -> None:
    nobody = SmtpMailSender(SmtpServer.of(f"smtp://127.0.0.1:{free_port()}"), FROM)
    with pytest.raises(DeliveryFailed, match="ConnectionRefusedError") as failure:
        nobody.send(MAIL)
    assert not failure.value.is_final


def test_a_server_elsewhere_gets_no_mail_in_plain_text(server: Server, handler: Handler) -> None:
    # 127.0.0.2 is this machine too, but not by any of the names that may do without TLS.
    elsewhere = Server(handler, hostname="127.0.0.2", port=free_port())
    elsewhere.start()
    with pytest.raises(DeliveryFailed, match="STARTTLS"):
        sender(elsewhere, host="127.0.0.2").send(MAIL)
    elsewhere.stop()
    assert handler.got == []


def test_a_server_elsewhere_gets_mail_after_starttls(handler: Handler, tmp_path: Path) -> None:
    authority = Authority()
    elsewhere = Server(handler, hostname="127.0.0.2", port=free_port())
    elsewhere.tls = authority.server_context(tmp_path, "mail.example.com")
    elsewhere.start()
    context = authority.client_context()
    with pytest.raises(DeliveryFailed, match="CERTIFICATE_VERIFY_FAILED"):
        sender(elsewhere, host="127.0.0.2", context=context).send(MAIL)
    context.check_hostname = False
    sender(elsewhere, host="127.0.0.2", context=context).send(MAIL)
    elsewhere.stop()
    assert len(handler.got) == 1


@pytest.mark.parametrize("to", ["bob@example.com\nBcc: eve@example.com", "bob@exa\r\nmple.com"])
def test_an_address_with_a_newline_is_refused_before_any_conversation(
    server: Server, handler: Handler, to: str
) -> None:
    with pytest.raises(DeliveryFailed) as failure:
        sender(server).send(RenderedMail(**{**_fields(MAIL), "to": to}))
    assert failure.value.is_final
    assert handler.got == []


def _fields(mail: RenderedMail) -> dict[str, Any]:
    return {name: getattr(mail, name) for name in ("id", "to", "subject", "text", "html", "stop_url")}


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", SmtpServer("smtp", "mail.example.com", 587, None, None)),
        ("smtps://u%40x:p%2Fw@m.example:46", SmtpServer("smtps", "m.example", 46, "u@x", "p/w")),
        ("smtps://m.example", SmtpServer("smtps", "m.example", 465, None, None)),
    ],
)
def test_an_smtp_url_names_a_server(url: str, server: SmtpServer) -> None:
    assert SmtpServer.of(url) == server


@pytest.mark.parametrize("url", ["mail.example.com", "http://x", "smtp://", "smtp://x:99999", "smtp://x/y"])
def test_anything_else_is_no_smtp_url(url: str) -> None:
    with pytest.raises(ValueError, match=r"smtp|[Pp]ort"):
        SmtpServer.of(url)
