"""A proxy in front of a server, whose connections fail in the ways that networks do."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread

_CHUNK_BYTES = 65536
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(eq=False, slots=True)
class _Connection:
    client: socket.socket
    server: socket.socket
    is_dead: bool = field(default=False)

    def cut(self) -> None:
        """Reset both sides, as a process that is killed does."""
        for side in (self.client, self.server):
            with suppress(OSError):
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                side.shutdown(socket.SHUT_RDWR)
            side.close()


class Proxy:
    """Forwards connections to `host:port`."""

    def __init__(self, target: str) -> None:
        self.forward_to(target)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[_Connection] = set()
        self._loses_answers = False
        self._refuses = False
        self.connections = 0
        Thread(target=self._accept, daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def forward_to(self, target: str) -> None:
        """Let later connections go to another `host:port`."""
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))

    def kill_connections(self) -> None:
        """Let nothing pass on the connections that are open now, and close none of them. Later ones work."""
        for connection in tuple(self._open):
            connection.is_dead = True

    def cut_connections(self) -> None:
        """Reset the connections that are open now."""
        for connection in tuple(self._open):
            connection.cut()

    @contextmanager
    def losing_answers(self) -> Iterator[None]:
        """Let requests pass and no answers; then cut the connections, on which something is missing."""
        self._loses_answers = True
        try:
            yield
        finally:
            self._loses_answers = False
            self.cut_connections()

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Cut all connections, and every new one."""
        self._refuses = True
        self.cut_connections()
        try:
            yield
        finally:
            self._refuses = False

    def close(self) -> None:
        self._listener.close()
        self.cut_connections()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                client, _ = self._listener.accept()
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        self.connections += 1
        try:
            connection = _Connection(client, socket.create_connection(self._target))
        except OSError:
            client.close()
            return
        if self._refuses:
            connection.cut()
            return
        self._open.add(connection)
        Thread(target=self._forward_requests, args=(connection,), daemon=True).start()
        Thread(target=self._forward_answers, args=(connection,), daemon=True).start()

    def _forward_requests(self, connection: _Connection) -> None:
        with suppress(OSError):
            while data := connection.client.recv(_CHUNK_BYTES):
                _wait_if_dead(connection)
                connection.server.sendall(data)
        connection.cut()

    def _forward_answers(self, connection: _Connection) -> None:
        with suppress(OSError):
            while data := connection.server.recv(_CHUNK_BYTES):
                _wait_if_dead(connection)
                if not self._loses_answers:
                    connection.client.sendall(data)
        self._open.discard(connection)
        connection.cut()


def _wait_if_dead(connection: _Connection) -> None:
    if connection.is_dead:
        Event().wait()  # the sockets stay open, as they do when a router forgets a connection


@contextmanager
def proxy(target: str) -> Iterator[Proxy]:
    """Run a proxy for the block."""
    running = Proxy(target)
    try:
        yield running
    finally:
        running.close()
