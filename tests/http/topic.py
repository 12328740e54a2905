"""Owns the tick's topic: it keeps what the functions publish, and delivers each message until it is taken."""

import json
from collections import deque
from collections.abc import Iterable

from shared.domain.ledger.tick import TickMessage
from tests.http.serving import Functions, Json, encoded


class Topic:
    """The topic with its push subscription: what `aggregate` publishes waits here until a test has it delivered."""

    def __init__(self, functions: Functions) -> None:
        self._aggregate = functions
        self._waiting: deque[str] = deque()
        # Pub/Sub only sees the status; the test client would raise what the function raises.
        functions.aggregate.application.config["PROPAGATE_EXCEPTIONS"] = False
        functions.container("aggregate").publisher = self

    def publish(self, messages: Iterable[TickMessage]) -> None:
        """Keep messages in the form in which PubsubTickPublisher sends them."""
        self._waiting += [message.model_dump_json(exclude_defaults=True) for message in messages]

    @property
    def waiting(self) -> list[Json]:
        """The messages that nobody has taken yet, the oldest first."""
        return [json.loads(message) for message in self._waiting]

    def lose(self) -> None:
        """Lose every message that waits."""
        self._waiting.clear()

    def deliver(self) -> int:
        """Deliver the oldest message; one that is not taken goes to the end. Return the status of the answer."""
        message = self._waiting.popleft()
        status = self._aggregate.deliver(encoded(message)).status_code
        if status != 200:
            self._waiting.append(message)
        return status

    def deliver_all(self) -> int:
        """Deliver until nothing waits; return how many messages that were. Each has to be taken at once."""
        delivered = 0
        while self._waiting:
            assert self.deliver() == 200
            delivered += 1
        return delivered
