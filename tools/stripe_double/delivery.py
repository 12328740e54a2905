"""Owns webhook delivery: a signed POST per event, in the background, again and again until a 2xx."""

import hmac
import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from tools.stripe_double.account import StripeObject

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TIMEOUT_SECONDS = 20
_FIRST_RETRY_SECONDS = 0.2
_LONGEST_RETRY_SECONDS = 5.0
# A shuffled batch needs company: events of one request come within milliseconds of each other.
_SHUFFLE_SECONDS = 0.15


@dataclass(frozen=True)
class WebhookEndpoint:
    """The address that events are sent to, and the secret that signs them."""

    url: str
    secret: str


@dataclass(frozen=True, kw_only=True)
class Switches:
    """How deliveries misbehave."""

    shuffle: bool = False
    duplicate: int = 0
    delay_seconds: float = 0.0
    drop_and_retry: int = 0
    paused: bool = False
    seed: int | None = None


@dataclass(kw_only=True)
class Delivery:
    """One copy of one event on its way."""

    event: StripeObject
    due_at: float
    drops_left: int = 0
    attempts: int = 0
    statuses: list[int] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """Return what the control interface tells about it."""
        about = {"event": self.event["id"], "type": self.event["type"]}
        return {**about, "attempts": self.attempts, "statuses": list(self.statuses)}


def signature_header(body: bytes, secret: str, timestamp: int) -> str:
    """Return `Stripe-Signature` for a body (https://docs.stripe.com/webhooks#verify-manually)."""
    signed = f"{timestamp}.".encode() + body
    return f"t={timestamp},v1={hmac.new(secret.encode(), signed, sha256).hexdigest()}"


class Courier:
    """Delivers to one webhook endpoint on this machine."""

    def __init__(self, endpoint: WebhookEndpoint | None) -> None:
        if endpoint is not None and urlsplit(endpoint.url).hostname not in _LOOPBACK:
            raise ValueError(f"webhook URL {endpoint.url!r}: the double sends to this machine only")
        self.endpoint = endpoint
        self.switches = Switches()
        self.delivered: list[dict[str, Any]] = []
        self._random = random.Random()  # noqa: S311 - an order, not a secret
        self._waiting: list[Delivery] = []
        self._on_their_way: list[Delivery] = []
        self._changed = threading.Condition()
        self._sending = threading.Lock()
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
        """Take an event, with as many copies as the switches say."""
        with self._changed:
            rest = self.switches.delay_seconds + (_SHUFFLE_SECONDS if self.switches.shuffle else 0.0)
            for _ in range(1 + self.switches.duplicate):
                due_at = time.monotonic() + rest
                self._waiting.append(
                    Delivery(event=event, due_at=due_at, drops_left=self.switches.drop_and_retry)
                )
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

    def flush(self, most_rounds: int = 3) -> dict[str, Any]:
        """Deliver everything now, also while paused; what fails is tried again up to `most_rounds` times."""
        before = len(self.delivered)
        for _ in range(most_rounds):
            for delivery in self._take(lambda _delivery: True):
                self._attempt(delivery)
        return {"delivered": len(self.delivered) - before, "waiting": self.waiting()}

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopped:
                    return
                if self.switches.paused or not self._due():
                    self._changed.wait(self._seconds_to_wait())
                    continue
            for delivery in self._take(self._is_due, most=1):
                self._attempt(delivery)

    def _is_due(self, delivery: Delivery) -> bool:
        return delivery.due_at <= time.monotonic()

    def _due(self) -> list[Delivery]:
        return [delivery for delivery in self._waiting if self._is_due(delivery)]

    def _seconds_to_wait(self) -> float | None:
        if self.switches.paused or not self._waiting:
            return None
        return max(0.0, min(delivery.due_at for delivery in self._waiting) - time.monotonic())

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
            return taken

    def _attempt(self, delivery: Delivery) -> None:
        with self._sending:
            delivery.attempts += 1
            status = self._dropped(delivery) or self._post(delivery.event)
        delivery.statuses.append(status)
        with self._changed:
            self._on_their_way = [each for each in self._on_their_way if each is not delivery]
            if 200 <= status < 300:
                delivery.event["pending_webhooks"] = 0
                self.delivered.append(delivery.shown())
                return
            pause = min(_LONGEST_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2 ** (delivery.attempts - 1))
            delivery.due_at = time.monotonic() + pause
            self._waiting.append(delivery)
            self._changed.notify_all()

    def _dropped(self, delivery: Delivery) -> int:
        """Lose the delivery on its way if it is to be lost: -1, as for a receiver that cannot be reached."""
        if delivery.drops_left == 0:
            return 0
        delivery.drops_left -= 1
        return -1

    def _post(self, event: StripeObject) -> int:
        if self.endpoint is None:
            return 204
        body = json.dumps(event, indent=2).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Stripe/1.0 (double)"}
        headers["Stripe-Signature"] = signature_header(body, self.endpoint.secret, int(time.time()))
        request = urllib.request.Request(self.endpoint.url, body, headers)  # noqa: S310 - http on loopback only
        try:
            with _OPENER.open(request, timeout=_TIMEOUT_SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            refusal.close()
            return refusal.code
        except OSError:
            return -1


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Stripe takes a redirect for a failure."""

    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        """Follow nothing."""


# No proxy of the machine's environment: deliveries stay on the loopback interface.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)
