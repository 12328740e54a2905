"""Owns the delivery of webhooks in the background: again with growing pauses, and no receiver holds up another."""

import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from tools.stripe_double.account import StripeObject
from tools.stripe_double.delivery import Delivery, WebhookEndpoint

_FIRST_RETRY_SECONDS = 0.2
_LONGEST_RETRY_SECONDS = 30.0
# Events go to an endpoint one after another while it answers; a slower answer does not hold the next one up.
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
    seed: int | None = None


class Courier:
    """Delivers events to the endpoints that asked for them."""

    def __init__(self, endpoints_for: Callable[[str], list[WebhookEndpoint]]) -> None:
        self.endpoints_for = endpoints_for
        self.switches = Switches()
        self.delivered: list[dict[str, Any]] = []
        self._random = random.Random()  # noqa: S311 - an order, not a secret
        self._waiting: list[Delivery] = []
        self._on_their_way: list[Delivery] = []
        self._patient_until: dict[str, float] = {}
        self._changed = threading.Condition()
        self._is_flushing = False
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
        """Change some switches; a seed makes the shuffled order repeatable."""
        with self._changed:
            self.switches = replace(self.switches, **changes)
            if "seed" in changes:
                self._random = random.Random(changes["seed"])  # noqa: S311 - an order, not a secret
            self._changed.notify_all()
            return self.switches

    def enqueue(self, event: StripeObject) -> None:
        """Take a new event for every endpoint that wants its type, with as many copies as the switches say."""
        endpoints = self.endpoints_for(event["type"])
        with self._changed:
            event["pending_webhooks"] = len(endpoints)
            rest = self.switches.delay_seconds + (_SHUFFLE_SECONDS if self.switches.shuffle else 0.0)
            for copy in range(1 + self.switches.duplicate):
                self._waiting += [
                    Delivery(
                        event=event,
                        endpoint=endpoint,
                        due_at=time.monotonic() + rest,
                        drops_left=self.switches.drop_and_retry,
                        is_counted=copy == 0,
                    )
                    for endpoint in endpoints
                ]
            self._changed.notify_all()

    def waiting(self) -> list[dict[str, Any]]:
        """Return what has not arrived yet, also what is being sent."""
        with self._changed:
            return [delivery.shown() for delivery in (*self._on_their_way, *self._waiting)]

    def forget(self) -> None:
        """Drop what waits and what is remembered of the past."""
        with self._changed:
            self._waiting.clear()
            self.delivered.clear()

    def flush(self, again: Iterable[StripeObject] = (), most_rounds: int = 3) -> dict[str, Any]:
        """Deliver everything now, also while paused, and before it the events `again`; failures in several rounds."""
        before = len(self.delivered)
        with self._changed:
            self._is_flushing = True
            self._changed.wait_for(lambda: not self._on_their_way, _PATIENCE_SECONDS)
            self._waiting += [
                Delivery(event=event, endpoint=endpoint, due_at=time.monotonic(), is_counted=False)
                for event in again
                for endpoint in self.endpoints_for(event["type"])
            ]
        try:
            for _ in range(most_rounds):
                for delivery in self._take(lambda _delivery: True):
                    self._attempt(delivery)
        finally:
            with self._changed:
                self._is_flushing = False
                self._changed.notify_all()
        return {"delivered": len(self.delivered) - before, "waiting": self.waiting()}

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopped:
                    return
                seconds = self._seconds_to_wait()
                if seconds is None or seconds > 0:
                    self._changed.wait(seconds)
                    continue
                taken = self._take(lambda delivery: self._free_at(delivery) <= time.monotonic(), most=1)
            for delivery in taken:
                threading.Thread(target=self._attempt, args=(delivery,), daemon=True).start()

    def _free_at(self, delivery: Delivery) -> float:
        return max(delivery.due_at, self._patient_until.get(delivery.endpoint.id, 0.0))

    def _seconds_to_wait(self) -> float | None:
        if self.switches.paused or self._is_flushing or not self._waiting:
            return None
        return max(0.0, min(map(self._free_at, self._waiting)) - time.monotonic())

    def _take(self, fits: Callable[[Delivery], bool], most: int | None = None) -> list[Delivery]:
        with self._changed:
            found = [delivery for delivery in self._waiting if fits(delivery)]
            if self.switches.shuffle:
                self._random.shuffle(found)
            taken = found[:most]
            self._waiting = [
                delivery for delivery in self._waiting if all(delivery is not one for one in taken)
            ]
            self._on_their_way += taken
            for delivery in taken:
                self._patient_until[delivery.endpoint.id] = time.monotonic() + _PATIENCE_SECONDS
            return taken

    def _attempt(self, delivery: Delivery) -> None:
        wanted = {endpoint.id for endpoint in self.endpoints_for(delivery.event["type"])}
        has_arrived = delivery.endpoint.id in wanted and delivery.attempt()
        with self._changed:
            self._on_their_way = [each for each in self._on_their_way if each is not delivery]
            self._patient_until.pop(delivery.endpoint.id, None)
            if has_arrived:
                self.delivered.append(delivery.shown())
            elif delivery.endpoint.id in wanted:
                pause = min(_LONGEST_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2 ** (delivery.attempts - 1))
                delivery.due_at = time.monotonic() + pause
                self._waiting.append(delivery)
            if delivery.is_counted and (has_arrived or delivery.endpoint.id not in wanted):
                # An endpoint that was deleted or wants this type no longer is waited for no longer.
                delivery.event["pending_webhooks"] -= 1
            self._changed.notify_all()
