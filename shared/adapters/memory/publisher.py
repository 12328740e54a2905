"""TickPublisher without a queue."""

from collections.abc import Callable, Sequence


class InlineTickPublisher:
    """A TickPublisher that hands its messages to `receive` at once."""

    def __init__(self, receive: Callable[[Sequence[str]], None]) -> None:
        self._receive = receive

    def publish(self, tenant_ids: Sequence[str]) -> None:
        self._receive(tenant_ids)
