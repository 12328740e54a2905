"""Owns one delivery of a webhook: the endpoint, the signature and the POST."""

import hmac
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from tools.stripe_double.account import StripeObject

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class WebhookEndpoint:
    """The address that events are sent to, and the secret that signs them."""

    url: str
    secret: str

    @property
    def is_local(self) -> bool:
        """Return True for an address on this machine."""
        return urlsplit(self.url).hostname in _LOOPBACK


@dataclass(kw_only=True)
class Delivery:
    """One copy of one event on its way to the endpoint."""

    event: StripeObject
    endpoint: WebhookEndpoint
    due_at: float
    drops_left: int = 0
    is_counted: bool = True
    """The event waits for it: True for the first copy."""
    attempts: int = 0
    statuses: list[int] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """Return what the control interface shows of it."""
        about = {"event": self.event["id"], "type": self.event["type"], "url": self.endpoint.url}
        return {**about, "attempts": self.attempts, "statuses": list(self.statuses)}

    def attempt(self) -> bool:
        """Try once; True if the endpoint took it."""
        self.attempts += 1
        if self.drops_left > 0:
            # Lost on its way, as if the receiver could not be reached.
            self.drops_left -= 1
            status = -1
        else:
            status = post(self.event, self.endpoint)
        self.statuses.append(status)
        return 200 <= status < 300


def signature_header(body: bytes, secret: str, timestamp: int) -> str:
    """Return `Stripe-Signature` for a body (https://docs.stripe.com/webhooks#verify-manually)."""
    signed = f"{timestamp}.".encode() + body
    return f"t={timestamp},v1={hmac.new(secret.encode(), signed, sha256).hexdigest()}"


def post(event: StripeObject, endpoint: WebhookEndpoint) -> int:
    """Send an event and return the status, -1 without one."""
    body = json.dumps(event, indent=2).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Stripe/1.0 (double)"}
    headers["Stripe-Signature"] = signature_header(body, endpoint.secret, int(time.time()))
    request = urllib.request.Request(endpoint.url, body, headers)  # noqa: S310 - http on loopback only
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
