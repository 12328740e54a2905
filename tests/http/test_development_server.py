"""The functions behind the server of `make dev ARGS="--memory"`, whose sockets do not end where a body does."""

import socket
from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from werkzeug.serving import make_server

from tests.http.serving import Functions

PATIENCE_SECONDS = 10
TOO_LONG = 4 * 1024 * 1024 + 1

Ask = Callable[..., str]


@pytest.fixture
def ask(functions: Functions) -> Iterator[Ask]:
    """Post to record_usage and return the first line of the answer; the connection stays open for the answer."""
    server = make_server("127.0.0.1", 0, functions.record_usage.application, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def post(body: bytes, key: str | None = None, path: str = "/v1/events") -> str:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        head += f"Authorization: Bearer {key}\r\n" if key else ""
        with socket.create_connection(("127.0.0.1", server.server_port), PATIENCE_SECONDS) as connection:
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            return connection.makefile("rb").readline().decode().strip()

    yield post
    server.shutdown()
    server.server_close()


def test_a_request_that_is_refused_after_its_body_was_read_is_answered(ask: Ask, key: str) -> None:
    assert ask(b"not JSON", key).split()[1] == "400"
    assert ask(b'{"category": "unknown"}', key).split()[1] == "422"


def test_a_request_that_is_refused_before_its_body_was_read_is_answered(ask: Ask, key: str) -> None:
    assert ask(b'{"tokens": 1}').split()[1] == "401"
    assert ask(b'{"tokens": 1}', key, path="/v1/nowhere").split()[1] == "404"
    assert ask(b" " * TOO_LONG, key).split()[1] == "413"


def test_a_request_that_is_taken_is_answered(ask: Ask, key: str) -> None:
    assert ask(b'{"tokens": 1}', key, path="/v1/check").split()[1] == "200"
