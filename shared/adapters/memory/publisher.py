"""TickPublisher without a queue service."""

from collections import deque
from collections.abc import Callable, Iterable

from shared.domain.ledger.tick import TickMessage


class InlineTickPublisher:
    """Passes each message to `receive` before `publish` returns, in order; `receive` may publish further ones."""

    def __init__(self, receive: Callable[[TickMessage], object]) -> None:
        self._receive = receive
        self._waiting: deque[TickMessage] = deque()
        self._is_delivering = False

    def publish(self, messages: Iterable[TickMessage]) -> None:
        self._waiting.extend(messages)
        if self._is_delivering:
            return
        self._is_delivering = True
        try:
            while self._waiting:
                self._receive(self._waiting.popleft())
        finally:
            self._is_delivering = False
            self._waiting.clear()
