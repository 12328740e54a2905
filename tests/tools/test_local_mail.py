"""The local mail server, asked by a real SMTP client and over HTTP."""

import json
import os
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tools.dev.local_mail import LocalMail, plan_mail, start_mail
from tools.dev.loopback import HOST, free_port, get
from tools.dev.processes import wait_until_ready
from tools.local_mail.mails import LIMIT
from tools.local_mail.serving import serving

SENDER = "GWI Usage <usage@example.com>"
HOSTILE = (
    '<script>alert(1)</script></iframe></pre>"><img src=x onerror=alert(1)>'
    "<a href=\"javascript:alert(1)\">no</a><a class='x' href='https://app.example.com/?a=1&amp;b=2'>yes</a>"
)


def mail(subject: str = "Hello", text: str = "Good morning.", to: str = "ann@example.com") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, to, subject
    message["Message-ID"] = "<1@example.com>"
    message.set_content(text)
    return message


@dataclass(frozen=True)
class Receiver:
    """A mail server that runs."""

    mail: LocalMail

    def send(self, message: EmailMessage, to: list[str] | None = None) -> None:
        with smtplib.SMTP(HOST, self.mail.smtp_port, timeout=10) as client:
            client.send_message(message, to_addrs=to)

    def page(self, path: str = "/_mail") -> str:
        answer = get(self.mail.port, path)
        assert answer is not None
        assert answer.status == 200
        return answer.body.decode()

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.page("/_mail/messages.json"))
        return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    ports = LocalMail(free_port(), free_port())
    with serving(port=ports.port, smtp_port=ports.smtp_port):
        yield Receiver(ports)


class Elements(HTMLParser):
    """The elements that a browser makes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def test_a_plain_mail_arrives_as_it_was_sent(receiver: Receiver) -> None:
    receiver.send(mail(text="Open https://app.example.com/join?x=1.\nBye."))
    (message,) = receiver.messages()
    age = datetime.now(UTC) - datetime.fromisoformat(message.pop("received_at"))
    assert 0 <= age.total_seconds() < 30
    headers = message.pop("headers")
    assert (headers["To"], headers["Content-Type"]) == ("ann@example.com", 'text/plain; charset="utf-8"')
    assert message == {
        "number": 1,
        "to": ["ann@example.com"],
        "from": SENDER,
        "subject": "Hello",
        "message_id": "<1@example.com>",
        "text": "Open https://app.example.com/join?x=1.\nBye.\n",
        "html": None,
        "links": ["https://app.example.com/join?x=1"],
    }


def test_a_mail_of_two_parts_has_both_and_each_link_once(receiver: Receiver) -> None:
    message = mail(text="https://app.example.com/a and (https://app.example.com/b)")
    message.add_alternative(
        '<a href="https://app.example.com/b">b</a> <a href="https://app.example.com/?c=1&amp;d=2">c</a>',
        subtype="html",
    )
    receiver.send(message)
    (received,) = receiver.messages()
    assert received["text"].startswith("https://app.example.com/a and")
    assert received["html"].startswith('<a href="https://app.example.com/b">')
    assert received["links"] == [f"https://app.example.com/{path}" for path in ("a", "b", "?c=1&d=2")]


def test_a_mail_of_html_alone_has_no_text(receiver: Receiver) -> None:
    message = mail()
    message.set_content("<p>Hi</p>", subtype="html")
    receiver.send(message)
    assert [(each["text"], each["html"]) for each in receiver.messages()] == [(None, "<p>Hi</p>\n")]
    assert "<h2>Text</h2>" not in receiver.page("/_mail/1")


def test_letters_of_all_languages_stay_what_they_are(receiver: Receiver) -> None:
    receiver.send(mail(subject="Größe – 日本", text="Łódź 🚀"))
    (message,) = receiver.messages()
    assert (message["subject"], message["text"]) == ("Größe – 日本", "Łódź 🚀\n")
    assert "Größe – 日本" in receiver.page()
    assert "Łódź 🚀" in receiver.page("/_mail/1")


@pytest.mark.parametrize(
    "address", ["o'neil+tag@example.com", '"<b>x</b> @y"@example.com', "jürgen@exämple.com"]
)
def test_an_odd_address_is_received_and_shown_as_text(receiver: Receiver, address: str) -> None:
    with smtplib.SMTP(HOST, receiver.mail.smtp_port, timeout=10) as client:
        client.ehlo()
        content = mail(to="somebody@example.com").as_bytes()
        client.sendmail("usage@example.com", [address], content, mail_options=["SMTPUTF8"])
    assert [each["to"] for each in receiver.messages()] == [[address]]
    assert "<b>x" not in receiver.page() + receiver.page("/_mail/1")


def test_the_recipients_are_those_it_was_sent_to_whatever_its_header_says(receiver: Receiver) -> None:
    receiver.send(mail(to="Ann <ann@example.com>"), to=["ann@example.com", "hidden@example.com"])
    (message,) = receiver.messages()
    assert message["to"] == ["ann@example.com", "hidden@example.com"]
    assert message["headers"]["To"] == "Ann <ann@example.com>"


def test_hostile_html_is_shown_in_a_sandbox_and_as_text_and_nowhere_else(receiver: Receiver) -> None:
    message = mail(subject=HOSTILE, text=HOSTILE)
    message.add_alternative(HOSTILE, subtype="html")
    receiver.send(message)
    page = Elements(receiver.page("/_mail/1"))
    (frame,) = page.named("iframe")
    assert frame["sandbox"] == "allow-popups allow-popups-to-escape-sandbox"
    assert str(frame["srcdoc"]).endswith(f"{HOSTILE}\n")
    for elements in (page, Elements(receiver.page())):
        assert elements.named("script") == elements.named("img") == []
        assert all("onerror" not in attributes for _, attributes in elements.found)
    assert [link["href"] for link in page.named("a")][1:] == receiver.messages()[0]["links"]
    assert receiver.messages()[0]["links"][-1] == "https://app.example.com/?a=1&b=2"
    assert not any("javascript" in link for link in receiver.messages()[0]["links"])


def test_the_pages_run_nothing_and_load_nothing_from_elsewhere(receiver: Receiver) -> None:
    receiver.send(mail())
    for path in ("/_mail", "/_mail/1"):
        page = Elements(receiver.page(path))
        assert page.named("script") == []
        assert [link["href"] for link in page.named("link")] == ["data:,"]
        assert not any("src" in attributes for _, attributes in page.found)


def test_a_policy_forbids_what_a_mail_in_its_frame_might_run_or_load(receiver: Receiver) -> None:
    connection = HTTPConnection(HOST, receiver.mail.port, timeout=10)
    connection.request("GET", "/_mail/messages.json")
    response = connection.getresponse()
    policy = response.headers["Content-Security-Policy"]
    connection.close()
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_the_list_shows_the_newest_first_and_leads_to_each(receiver: Receiver) -> None:
    assert "There is no mail yet." in receiver.page()
    for subject in ("First", "Second", ""):
        receiver.send(mail(subject=subject))
    page = receiver.page()
    assert [link["href"] for link in Elements(page).named("a")] == ["/_mail/3", "/_mail/2", "/_mail/1"]
    assert page.index("(no subject)") < page.index("Second") < page.index("First")
    assert "<h1>Second</h1>" in receiver.page("/_mail/2")
    assert [each["number"] for each in receiver.messages()] == [3, 2, 1]


def test_a_mail_that_cannot_be_read_is_refused(receiver: Receiver) -> None:
    content = b"Subject: Hello\r\nContent-Type: text/plain; charset=nobody-knows\r\n\r\nHi\r\n"
    with (
        smtplib.SMTP(HOST, receiver.mail.smtp_port, timeout=10) as client,
        pytest.raises(smtplib.SMTPDataError, match="nobody-knows"),
    ):
        client.sendmail("usage@example.com", ["ann@example.com"], content)
    assert receiver.messages() == []


@pytest.mark.parametrize("path", ["/_mail/1", "/_mail/0", "/_mail/x", "/_mail/99999999999999999999"])
def test_a_mail_that_is_not_there_is_not_found(receiver: Receiver, path: str) -> None:
    answer = get(receiver.mail.port, path)
    assert answer is not None
    assert (answer.status, b"There is no such mail" in answer.body) == (404, True)


def test_only_the_last_mails_are_kept(receiver: Receiver) -> None:
    with smtplib.SMTP(HOST, receiver.mail.smtp_port, timeout=10) as client:
        for number in range(1, LIMIT + 3):
            client.send_message(mail(subject=f"Mail {number}"))
    numbers = [each["number"] for each in receiver.messages()]
    assert numbers == list(range(LIMIT + 2, 2, -1))
    assert LIMIT == 200
    assert receiver.messages()[-1]["subject"] == "Mail 3"


class Auth(ThreadingHTTPServer):
    """Answers as the Auth emulator does when its links are listed."""

    links: list[dict[str, str]]  # the test says which


class AuthAnswers(BaseHTTPRequestHandler):
    server: Auth

    def do_GET(self) -> None:
        is_known = self.path == "/emulator/v1/projects/demo-gwi/oobCodes"
        is_owner = self.headers["Authorization"] == "Bearer owner"
        self.send_response(200 if is_known and is_owner else 400)
        self.end_headers()
        self.wfile.write(json.dumps({"oobCodes": self.server.links}).encode())


@pytest.fixture
def auth() -> Iterator[Auth]:
    server = Auth((HOST, 0), AuthAnswers)
    server.links = []
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def link(kind: str, code: str) -> dict[str, str]:
    address = f"http://127.0.0.1:9099/emulator/action?mode=x&oobCode={code}"
    return {"email": "ann@example.com", "requestType": kind, "oobCode": code, "oobLink": address}


def test_the_links_of_the_auth_emulator_are_mails_among_the_others(auth: Auth) -> None:
    ports = LocalMail(free_port(), free_port())
    with serving(port=ports.port, smtp_port=ports.smtp_port, auth_port=auth.server_port):
        receiver = Receiver(ports)
        auth.links = [link("VERIFY_EMAIL", "one")]
        assert "Confirm your address" in receiver.page()
        receiver.send(mail())
        auth.links += [link("PASSWORD_RESET", "two"), link("EMAIL_SIGNIN", "three")]
        assert "Confirm your address" in receiver.page("/_mail/1")
        auth.links = auth.links[1:]  # a link that was used is gone there, as its mail is not
        assert [(each["number"], each["subject"]) for each in receiver.messages()] == [
            (4, "EMAIL_SIGNIN"),
            (3, "Reset your password"),
            (2, "Hello"),
            (1, "Confirm your address"),
        ]
        assert receiver.messages()[1]["links"] == [link("", "two")["oobLink"]]
        assert receiver.messages()[1]["to"] == ["ann@example.com"]


def test_without_an_answer_of_the_auth_emulator_the_mails_are_shown() -> None:
    ports = LocalMail(free_port(), free_port())
    with serving(port=ports.port, smtp_port=ports.smtp_port, auth_port=free_port()):
        receiver = Receiver(ports)
        receiver.send(mail())
        assert [each["subject"] for each in receiver.messages()] == ["Hello"]


def test_as_a_process_it_takes_mail_and_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    ports = plan_mail()
    server = start_mail(ports, None, tmp_path)
    try:
        wait_until_ready([server], timeout_seconds=30)
        Receiver(ports).send(mail())
        assert len(Receiver(ports).messages()) == 1
    finally:
        server.process.stop()
    assert server.process.exit_code() == 0


def test_as_a_process_it_says_that_its_port_is_taken(receiver: Receiver) -> None:
    command = [sys.executable, "-m", "tools.local_mail", "--port", str(free_port())]
    command += ["--smtp-port", str(receiver.mail.smtp_port)]
    # aiosmtpd waits this long for a server that has failed already.
    environment = {**os.environ, "AIOSMTPD_CONTROLLER_TIMEOUT": "2"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "address already in use" in done.stderr


def test_functions_learn_where_to_send_mail_and_whom_it_is_from() -> None:
    ports = LocalMail(8087, 1025)
    assert ports.settings() == {"SMTP_URL": "smtp://127.0.0.1:1025", "GWI_MAIL_FROM": SENDER}
    assert ports.parts() == {"mail": "http://127.0.0.1:8087/_mail", "smtp": "smtp://127.0.0.1:1025"}
