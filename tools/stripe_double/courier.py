"""Owns the delivery of webhooks in the background: again with growing pauses until each has arrived."""

import random
import threading
import time
from dataclasses import dataclass, replace
from typing import Any

from tools.stripe_double.account import StripeObject
from tools.stripe_double.delivery import Delivery, WebhookEndpoint

_FIRST_RETRY_SECONDS = 0.2
_LONGEST_RETRY_SECONDS = 30.0
# Events go out one after another while the endpoint answers; a slower answer does not hold the next one up.
_PATIENCE_SECONDS = 1.0
# A shuffled batch needs company: events of one request come within milliseconds of each other.
_SHUFFLE_SECONDS = 0.15


@dataclass(frozen=True, kw_only=True)
class Switches:
    """How deliveries misbehave."""

    shuffle: bool = False
    duplicate: int = 0
    delay_seconds: float = 0.0
    drop_and_retry: int = 0
    paused: bool = False


class Courier:
    """Delivers events to the endpoint; without one they wait for nobody."""

    def __init__(self, endpoint: WebhookEndpoint | None) -> None:
        self.endpoint = endpoint
        self.switches = Switches()
        self.delivered: list[dict[str, Any]] = []
        self._waiting: list[Delivery] = []
        self._on_their_way: list[Delivery] = []
        self._patient_until = 0.0
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="stripe-double-courier", daemon=True)

    def start(self) -> None:
        """Begin to deliver in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the delivery that is on its way; what waits is forgotten."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join(timeout=5)

    def set_switches(self, changes: dict[str, Any]) -> Switches:
        """Change some switches."""
        with self._changed:
            self.switches = replace(self.switches, **changes)
            self._changed.notify_all()
            return self.switches

    def enqueue(self, event: StripeObject) -> None:
        """Take a new event, with as many copies as the switches say."""
        with self._changed:
            event["pending_webhooks"] = 0 if self.endpoint is None else 1
            if self.endpoint is None:
                return
            rest = self.switches.delay_seconds + (_SHUFFLE_SECONDS if self.switches.shuffle else 0.0)
            self._waiting += [
                Delivery(
                    event=event,
                    endpoint=self.endpoint,
                    due_at=time.monotonic() + rest,
                    drops_left=self.switches.drop_and_retry,
                    is_counted=copy == 0,
                )
                for copy in range(1 + self.switches.duplicate)
            ]
            self._changed.notify_all()

    def waiting(self) -> list[dict[str, Any]]:
        """Return what has not arrived yet, also what is being sent."""
        with self._changed:
            return [delivery.shown() for delivery in (*self._on_their_way, *self._waiting)]

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopped:
                    return
                seconds = self._seconds_to_wait()
                if seconds is None or seconds > 0:
                    self._changed.wait(seconds)
                    continue
                taken = self._take()
            threading.Thread(target=self._attempt, args=(taken,), daemon=True).start()

    def _seconds_to_wait(self) -> float | None:
        if self.switches.paused or not self._waiting:
            return None
        first = min(delivery.due_at for delivery in self._waiting)
        return max(0.0, max(first, self._patient_until) - time.monotonic())

    def _take(self) -> Delivery:
        """Return a delivery that is due: the oldest, or any if they are shuffled."""
        due = [delivery for delivery in self._waiting if delivery.due_at <= time.monotonic()]
        taken = random.choice(due) if self.switches.shuffle else due[0]  # noqa: S311 - an order, not a secret
        self._waiting = [delivery for delivery in self._waiting if delivery is not taken]
        self._on_their_way.append(taken)
        self._patient_until = time.monotonic() + _PATIENCE_SECONDS
        return taken

    def _attempt(self, delivery: Delivery) -> None:
        has_arrived = delivery.attempt()
        with self._changed:
            self._on_their_way = [each for each in self._on_their_way if each is not delivery]
            self._patient_until = 0.0
            if has_arrived:
                self.delivered.append(delivery.shown())
                delivery.event["pending_webhooks"] -= delivery.is_counted
            else:
                pause = min(_LONGEST_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2 ** (delivery.attempts - 1))
                delivery.due_at = time.monotonic() + pause
                self._waiting.append(delivery)
            self._changed.notify_all()
