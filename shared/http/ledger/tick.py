"""Messages on the tick's topic, as Pub/Sub delivers them."""

import base64
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from cloudevents.http import CloudEvent
from flask import request
from werkzeug.exceptions import Unauthorized

from shared.domain.errors import NotAuthenticated, Unavailable
from shared.domain.ledger.tick import TickMessage
from shared.http.ledger.dead_letters import dead_letter_of
from shared.logs import FIELDS, LOGGER
from shared.ports import PushVerifier, ServiceStatus
from shared.usecases.ledger.fold_lag import FoldLag
from shared.usecases.tick_jobs import TickJobs


class TickContainer(Protocol):
    """The dependencies of a tick. Bootstrap builds them."""

    @property
    def clock(self) -> Callable[[], datetime]: ...
    @property
    def jobs(self) -> TickJobs: ...
    @property
    def service(self) -> ServiceStatus: ...
    @property
    def tick_verifier(self) -> PushVerifier | None: ...
    @property
    def fold_lag(self) -> FoldLag: ...


def handle_tick(event: CloudEvent, container: TickContainer) -> None:
    """Do the job, or keep a message that Pub/Sub has given up.

    An error leaves the message unacknowledged, so Pub/Sub sends it again.
    """
    if container.tick_verifier is not None:
        _verify_sender(container.tick_verifier)
    if letter := dead_letter_of(event.data, container.clock()):
        LOGGER.error("a message of job %s was given up after %s attempts", letter.job, letter.attempts)
        container.service.add_dead_letter(letter)
        return
    message = _message(event)
    if message is not None:
        started = time.perf_counter()
        container.jobs.run(message, container.clock())
        fields = {"milliseconds": round((time.perf_counter() - started) * 1000, 1)}
        if message == TickMessage():
            # The job is done, whether or not the lag can be read.
            with suppress(Unavailable):
                fields["fold_lag_seconds"] = container.fold_lag.read(container.clock()).total_seconds()
        LOGGER.info("tick %s done", message.job, extra={FIELDS: fields})


def _verify_sender(verifier: PushVerifier) -> None:
    """Raise Unauthorized unless the request carries the ID token of the subscription that pushes ticks."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        if kind.lower() != "bearer":
            raise NotAuthenticated("it carries no ID token")
        verifier.verify(token.strip())
    except NotAuthenticated as error:
        LOGGER.warning("a tick was refused: %s", error.message)
        raise Unauthorized(error.message) from error


def _message(event: CloudEvent) -> TickMessage | None:
    """Return the message, or None for one that is malformed: sent again it would be malformed again."""
    try:
        # A message that has only attributes comes without a data key.
        encoded = (event.data or {}).get("message", {}).get("data") or ""
        return TickMessage.model_validate_json(base64.b64decode(encoded) or b"{}")
    except (ValueError, TypeError, AttributeError):
        LOGGER.exception("a malformed tick message was dropped")
        return None
