"""Recognises that Firestore refuses this service, for want of rights, credentials or a database: no retry helps."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Final

import google.auth
import grpc
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request

from shared.domain.errors import Unavailable

LOGGER = logging.getLogger("gwi_usage")

STORE_NOT_REACHABLE: Final = "store_not_reachable"
LOG_EVERY_SECONDS: Final = 60.0
LOOK_EVERY_SECONDS: Final = 10.0
"""Where there are no credentials, looking for them can take as long: three questions to an absent metadata server."""
_REFUSALS: Final = frozenset({grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED})
_NO_TOKEN: Final = "Getting metadata from plugin failed"  # noqa: S105 (how gRPC says that credentials gave no token)
_NO_DATABASE: Final = "The database "
_RETRY_AFTER_SECONDS: Final = 30


class Gate:
    """The refusals of one database. Its operators read one line a minute about them, however many calls fail."""

    def __init__(
        self, database: str, identity: Callable[[], str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._identity = identity
        self._clock = clock
        self._logged_at: float | None = None
        self._no_credentials_at: float | None = None
        self._lock = Lock()

    def require_access(self, error: grpc.RpcError) -> None:
        """Raise Unavailable if Firestore has refused this service; do nothing for any other error."""
        details = error.details() or ""
        if error.code() in _REFUSALS or details.startswith((_NO_TOKEN, _NO_DATABASE)):
            raise self._refused(f"{error.code().name}: {details}", self._identity) from error

    @contextmanager
    def looking_for_credentials(self) -> Iterator[None]:
        """Raise Unavailable if the block finds no credentials, and at once for a while afterwards."""
        if (
            self._no_credentials_at is not None
            and self._clock() < self._no_credentials_at + LOOK_EVERY_SECONDS
        ):
            raise self._refused("no credentials", _nobody)
        try:
            yield
        except GoogleAuthError as error:
            self._no_credentials_at = self._clock()
            raise self._refused(f"no credentials: {error}", _nobody) from error

    def _refused(self, reason: str, identity: Callable[[], str]) -> Unavailable:
        with self._lock:
            is_due = self._logged_at is None or self._clock() >= self._logged_at + LOG_EVERY_SECONDS
            if is_due:
                self._logged_at = self._clock()
        if is_due:
            said = " ".join(reason.split())
            LOGGER.error("Firestore refuses %s on %s: %s", identity(), self._database, said)
        message = "Firestore refuses this service: its rights or credentials are missing"
        return Unavailable(message, retry_after_seconds=_RETRY_AFTER_SECONDS, code=STORE_NOT_REACHABLE)


@lru_cache
def gate_of(database: str) -> Gate:
    """Return the gate of a database, which outlives a connection that could not be opened."""
    return Gate(database, own_identity)


def own_identity() -> str:
    """Return the address of the service account that this process acts as, as far as it is known."""
    try:
        credentials, _ = google.auth.default()
        if getattr(credentials, "service_account_email", None) == "default":
            # It asks the metadata server for the address.
            credentials.refresh(Request())  # type: ignore[no-untyped-call]
    except GoogleAuthError:
        return _nobody()
    return str(getattr(credentials, "service_account_email", None) or "a user without a service account")


def _nobody() -> str:
    return "a service without credentials"
