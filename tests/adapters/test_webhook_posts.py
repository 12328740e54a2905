"""Webhooks over real TLS to a receiver on this machine, which stands for a public address."""

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from shared.adapters import webhook_posts
from shared.adapters.webhook_posts import WebhookPosts
from shared.domain.notices.endpoints import new_secret
from shared.ports import DeliveryFailed, SignedWebhook
from tests.certificates import Authority

HOST = "hooks.example.com"
SECRET = new_secret()
BODY = '{"type": "limit.reached", "data": {"text": "Büro"}}'
Answer = Callable[[BaseHTTPRequestHandler], None]


class Receiver:
    """An HTTPS server for hooks.example.com, which answers as it is asked and keeps what it got."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answer: Answer = lambda request: respond(request, 200, b"thanks")
        self.stop = Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                receiver.answer(self)

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self.stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def respond(request: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@pytest.fixture(scope="module")
def authority() -> Authority:
    """The authority that the sender trusts."""
    return Authority()


@pytest.fixture
def receiver(authority: Authority, tmp_path: Path) -> Iterator[Receiver]:
    """A receiver with a valid certificate."""
    receiver = Receiver(authority.server_context(tmp_path, HOST))
    yield receiver
    receiver.close()


@pytest.fixture
def posts(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> WebhookPosts:
    """A sender to which this machine is a public one: the checks themselves have tests of their own."""
    monkeypatch.setattr(webhook_posts, "is_public", lambda address: address == "127.0.0.1")
    return WebhookPosts(context=authority.client_context(), resolve=lambda *_: ["127.0.0.1"])


def webhook(
    port: int, *, path: str = "/usage?of=acme", secrets: tuple[str, ...] = (SECRET,)
) -> SignedWebhook:
    return SignedWebhook(
        url=f"https://{HOST}:{port}{path}",
        message_id="msg_1",
        body=BODY,
        secrets=secrets,
        sent_at=datetime.now(UTC),
    )


def test_a_webhook_arrives_and_its_signature_holds(receiver: Receiver, posts: WebhookPosts) -> None:
    assert posts.send(webhook(receiver.port)) == "200 OK: thanks"
    ((headers, body),) = receiver.got
    assert body.decode() == BODY
    assert (headers["host"], headers["webhook-id"]) == (f"{HOST}:{receiver.port}", "msg_1")
    Webhook(SECRET).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", headers)


def test_after_a_rotation_both_secrets_verify(receiver: Receiver, posts: WebhookPosts) -> None:
    previous = new_secret()
    posts.send(webhook(receiver.port, secrets=(SECRET, previous)))
    ((headers, body),) = receiver.got
    for secret in (SECRET, previous):
        Webhook(secret).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, "500 Internal Server Error: it is broken"),
        (404, "404 Not Found: it is broken"),
        (302, "302 Found: redirects are not followed"),
    ],
)
def test_any_answer_but_2xx_is_a_failure_and_a_redirect_is_not_followed(
    receiver: Receiver, posts: WebhookPosts, status: int, answer: str
) -> None:
    receiver.answer = lambda request: respond(
        request, status, b"it is\x07 broken", Location="http://169.254.169.254/"
    )
    with pytest.raises(DeliveryFailed) as failure:
        posts.send(webhook(receiver.port))
    assert (failure.value.answer.replace("  ", " "), failure.value.is_final) == (answer, False)
    assert len(receiver.got) == 1


def test_of_a_long_answer_only_the_beginning_is_read(receiver: Receiver, posts: WebhookPosts) -> None:
    receiver.answer = lambda request: respond(request, 200, b"x" * 1_000_000)
    assert len(posts.send(webhook(receiver.port))) < 1_100


@pytest.mark.parametrize("drip", [False, True])
def test_a_receiver_that_is_silent_or_answers_by_the_byte_is_left(
    receiver: Receiver, posts: WebhookPosts, monkeypatch: pytest.MonkeyPatch, drip: bool
) -> None:
    monkeypatch.setattr(webhook_posts, "REQUEST_SECONDS", 0.4)

    def wait(request: BaseHTTPRequestHandler) -> None:
        while not receiver.stop.wait(0.05):
            if drip:
                request.wfile.write(b"H")

    receiver.answer = wait
    with pytest.raises(DeliveryFailed):
        posts.send(webhook(receiver.port))


def test_a_certificate_that_has_ended_or_is_of_another_host_is_refused(
    authority: Authority, posts: WebhookPosts, tmp_path: Path
) -> None:
    for context in (
        authority.server_context(tmp_path, HOST, lasts=timedelta(days=-1)),
        authority.server_context(tmp_path, "other.example.com"),
    ):
        receiver = Receiver(context)
        with pytest.raises(DeliveryFailed, match="CERTIFICATE_VERIFY_FAILED"):
            posts.send(webhook(receiver.port))
        receiver.close()
        assert receiver.got == []


def test_a_name_that_resolves_inside_at_the_second_look_gets_nothing(
    receiver: Receiver, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_posts, "is_public", lambda address: address == "127.0.0.1")
    looks = iter([["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1", "10.0.0.7"]])
    posts = WebhookPosts(context=authority.client_context(), resolve=lambda *_: next(looks))
    posts.send(webhook(receiver.port))
    for address in ("169.254.169.254", "10.0.0.7"):
        with pytest.raises(DeliveryFailed, match=f"resolves to {address}, which is not a public address"):
            posts.send(webhook(receiver.port))
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254/latest/meta-data",
        "https://127.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://2130706433/",
        "http://hooks.example.com/",
    ],
)
def test_an_address_inside_is_never_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> socket.socket:
        raise AssertionError("connected")

    monkeypatch.setattr(socket, "create_connection", refuse)
    sent = SignedWebhook(url=url, message_id="msg_1", body=BODY, secrets=(SECRET,), sent_at=datetime.now(UTC))
    with pytest.raises(DeliveryFailed) as failure:
        WebhookPosts().send(sent)
    assert failure.value.is_final


def test_a_host_that_does_not_exist_is_tried_again_later() -> None:
    def fail(*_: object) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(DeliveryFailed, match="Name or service not known") as failure:
        WebhookPosts(resolve=fail).send(webhook(443))
    assert not failure.value.is_final


def test_a_local_stack_delivers_to_this_machine_without_tls() -> None:
    got: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.path)
            respond(self, 204)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    sent = SignedWebhook(
        url=f"http://127.0.0.1:{server.server_port}/here",
        message_id="msg_1",
        body=BODY,
        secrets=(SECRET,),
        sent_at=datetime.now(UTC),
    )
    assert WebhookPosts(allow_local=True).send(sent) == "204 No Content"
    with pytest.raises(DeliveryFailed):
        WebhookPosts().send(sent)
    server.shutdown()
    server.server_close()
    assert got == ["/here"]
