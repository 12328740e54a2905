"""PushVerifier on Google's ID tokens, with which Pub/Sub identifies itself to a push endpoint."""

import time
from threading import Lock
from typing import Any, Final

from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import Request
from google.oauth2.id_token import verify_oauth2_token

from shared.config import TickSender
from shared.domain.errors import NotAuthenticated, Unavailable

CERTIFICATES_LAST_SECONDS: Final = 3600.0
"""Google publishes a key long before the first token that it signs."""
CLOCK_SKEW_SECONDS: Final = 10
_TIMEOUT_SECONDS: Final = 5


class PushTokens:
    """Verifies the ID tokens of one sender."""

    def __init__(self, sender: TickSender) -> None:
        self._sender = sender
        self._certificates = _Certificates()

    def verify(self, token: str) -> None:
        try:
            claims = verify_oauth2_token(  # type: ignore[no-untyped-call]
                token, self._certificates, self._sender.audience, clock_skew_in_seconds=CLOCK_SKEW_SECONDS
            )
        except TransportError as error:
            raise Unavailable("Google's certificates cannot be read") from error
        except (GoogleAuthError, ValueError) as error:
            raise NotAuthenticated(
                f"the ID token is not valid for this service ({type(error).__name__})"
            ) from error
        if claims.get("email") != self._sender.service_account or claims.get("email_verified") is not True:
            raise NotAuthenticated("the ID token names another account than the sender of ticks")


class _Certificates:
    """Requests Google's certificates, and answers with those of the last hour."""

    def __init__(self) -> None:
        self._request = Request()
        self._response: Any = None
        self._fetched_at = 0.0
        self._lock = Lock()

    def __call__(self, url: str, method: str = "GET", **_options: object) -> Any:
        with self._lock:
            if self._response is None or time.monotonic() > self._fetched_at + CERTIFICATES_LAST_SECONDS:
                response = self._request(url, method=method, timeout=_TIMEOUT_SECONDS)
                if response.status != 200:
                    return response
                self._response = response
                self._fetched_at = time.monotonic()
            return self._response
