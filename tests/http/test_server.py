"""record_usage behind its real server: bodies that only a socket can send."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from shared.config import load_config
from shared.container import Container
from shared.domain.people.audit import Change
from shared.usecases.people.manage_tenants import TenantRequest, create_tenant
from tests.http.serving import BY_NAME
from tests.plans import FREE
from tools.dev.functions import start_function
from tools.dev.processes import Server, wait_until_ready

ROOT = Path(__file__).resolve().parents[2]
EVENT = b'{"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}'
FIVE_MIB = 5 * 1024 * 1024
CHUNK = 64 * 1024
THREADS = 4
HEAD = (
    "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
)


@pytest.fixture(scope="module")
def environment(firestore_emulator_host: str) -> dict[str, str]:
    return {
        "GOOGLE_CLOUD_PROJECT": f"demo-{uuid4().hex[:12]}",
        "FIRESTORE_EMULATOR_HOST": firestore_emulator_host,
        "GWI_METERING_ENABLED": "1",
        "THREADS": str(THREADS),
    }


@pytest.fixture(scope="module")
def head(environment: dict[str, str]) -> str:
    """Return the start of a request with a key."""
    directory = Container(load_config(environment)).directory
    now = datetime.now(UTC)
    request = TenantRequest("acme", "Acme", FREE)
    _, made = create_tenant(directory, request, Change("test", now), is_live=False)
    return HEAD + f"Authorization: Bearer {made.secret}\r\n"


@pytest.fixture(scope="module")
def server(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    inherited = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": str(Path(sys.executable).parent)}
    server = start_function(BY_NAME["record_usage"], inherited | environment, tmp_path_factory.mktemp("logs"))
    try:
        wait_until_ready([server], timeout_seconds=60)
        yield server
    finally:
        server.process.stop()


def ask(server: Server, *parts: bytes) -> str:
    """Send raw bytes and return the whole response, empty if there was none."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        for part in parts:
            connection.sendall(part)
        answer = bytearray()
        while received := connection.recv(CHUNK):
            answer += received
    return answer.decode()


def chunked(size: int) -> Iterator[bytes]:
    for _ in range(size // CHUNK):
        yield b"%x\r\n%s\r\n" % (CHUNK, b" " * CHUNK)
    yield b"%x\r\n%s\r\n0\r\n\r\n" % (len(EVENT), EVENT)


def works(server: Server, head: str) -> bool:
    answer = ask(server, f"{head}Content-Length: {len(EVENT)}\r\n\r\n".encode(), EVENT)
    return answer.startswith("HTTP/1.1 200") and '"accepted":1' in answer


def test_an_event_is_recorded(server: Server, head: str) -> None:
    assert works(server, head)


def test_a_long_body_is_read_and_refused(server: Server, head: str) -> None:
    answer = ask(server, f"{head}Content-Length: {FIVE_MIB}\r\n\r\n".encode(), b" " * FIVE_MIB)
    assert answer.startswith("HTTP/1.1 413")
    assert '"code":"too_large"' in answer


def test_a_long_body_without_a_key_is_read_and_refused(server: Server) -> None:
    answer = ask(server, f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode(), *chunked(FIVE_MIB))
    assert answer.startswith("HTTP/1.1 401")


def test_a_body_in_chunks_is_recorded(server: Server, head: str) -> None:
    answer = ask(server, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode(), *chunked(CHUNK))
    assert '"accepted":1' in answer


def test_a_long_body_in_chunks_is_read_and_refused(server: Server, head: str) -> None:
    answer = ask(server, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode(), *chunked(FIVE_MIB))
    assert answer.startswith("HTTP/1.1 413")
    assert '"code":"too_large"' in answer


@pytest.mark.parametrize("length", ["-1", "many", "1e3", "0x10"])
def test_a_content_length_that_is_not_a_number_is_refused(length: str, server: Server, head: str) -> None:
    answer = ask(server, f"{head}Content-Length: {length}\r\n\r\n".encode(), EVENT)
    assert answer.startswith("HTTP/1.1 400")


@pytest.mark.parametrize(
    "chunk", [b"zz\r\nhello\r\n0\r\n\r\n", b"-5\r\nhello\r\n0\r\n\r\n", b"5\r\nhelloworld\r\n"]
)
def test_broken_chunks_are_refused(chunk: bytes, server: Server, head: str) -> None:
    answer = ask(server, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode(), chunk)
    assert answer.startswith("HTTP/1.1 400")
    assert '"code":"malformed_body"' in answer


def test_a_caller_who_disconnects_midway_does_not_stop_others(server: Server, head: str) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(f"{head}Content-Length: 1000\r\n\r\n".encode() + EVENT)
    assert works(server, head)
    assert "Traceback" not in server.process.log.read_text()


def silent(server: Server, *parts: bytes) -> socket.socket:
    """Open a connection that sends `parts` and then nothing."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    for part in parts:
        connection.sendall(part)
    return connection


def received(connection: socket.socket) -> str:
    answer = bytearray()
    while part := connection.recv(CHUNK):
        answer += part
    return answer.decode()


@pytest.mark.parametrize("sent", [b"", b"{"], ids=["nothing", "a byte"])
@pytest.mark.parametrize("size", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_silent_connections_without_a_key_stop_nobody(
    sent: bytes, size: str, server: Server, head: str
) -> None:
    begun = f"{HEAD}{size}\r\n\r\n".encode()
    body = b"1\r\n%s\r\n" % sent if sent and "chunked" in size else sent
    with ExitStack() as open_connections:
        connections = [
            open_connections.enter_context(silent(server, begun, body)) for _ in range(3 * THREADS)
        ]
        assert works(server, head)
        for connection in connections:
            assert received(connection).startswith("HTTP/1.1 401"), "refused, and closed"


def test_a_caller_that_falls_silent_gets_an_answer_and_is_closed(server: Server, head: str) -> None:
    with silent(server, f"{head}Content-Length: 1000\r\n\r\n".encode(), EVENT) as connection:
        answer = received(connection)
    assert answer.startswith("HTTP/1.1 408")
    assert '"code":"request_timeout"' in answer
    assert works(server, head)


def test_a_long_body_without_a_key_is_refused_while_it_is_sent(server: Server, head: str) -> None:
    """An honest client that knows no better reads why it was refused."""
    size = FIVE_MIB - 2 * 1024 * 1024
    answer = ask(server, f"{HEAD}Content-Length: {size}\r\n\r\n".encode(), b" " * size)
    assert answer.startswith("HTTP/1.1 401")
    assert works(server, head)
