"""A proxy whose connections can die silently: nothing is closed, and nothing passes any more."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread


class Proxy:
    """Forwards connections to `host:port`; `kill_connections` silences those that are open."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._dead = Event()
        self.connections = 0
        Thread(target=self._accept, daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def kill_connections(self) -> None:
        """Let nothing pass on the connections that are open now. Later ones work."""
        self._dead.set()
        self._dead = Event()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                server = socket.create_connection(self._target)
                for source, sink in ((client, server), (server, client)):
                    Thread(target=_forward, args=(source, sink, self._dead), daemon=True).start()


def _forward(source: socket.socket, sink: socket.socket, dead: Event) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            if dead.is_set():
                Event().wait()  # the sockets stay open, as they do when a router forgets a connection
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def proxy(target: str) -> Iterator[Proxy]:
    """Run a proxy for the block."""
    running = Proxy(target)
    try:
        yield running
    finally:
        running.close()
