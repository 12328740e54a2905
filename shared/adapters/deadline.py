"""A deadline for a whole conversation: the timeout of a socket starts again with every byte."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer


@contextmanager
def ended_after(seconds: float, connection: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Shut down what `connection` returns after `seconds`; whoever waits for it then fails.

    It is asked only then, because switching to TLS replaces a socket.
    """

    def end() -> None:
        open_socket = connection()
        with suppress(OSError):  # it has ended by itself
            if open_socket:
                open_socket.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
