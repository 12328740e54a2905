"""Messages on the tick's topic, as Pub/Sub delivers them."""

import base64
import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from cloudevents.http import CloudEvent

from shared.domain.ledger.tick import TickMessage
from shared.logs import FIELDS, LOGGER
from shared.usecases.tick_jobs import TickJobs


class TickContainer(Protocol):
    """The dependencies of a tick. Bootstrap builds them."""

    @property
    def clock(self) -> Callable[[], datetime]: ...
    @property
    def jobs(self) -> TickJobs: ...


def handle_tick(event: CloudEvent, container: TickContainer) -> None:
    """Do the job. An error leaves the message unacknowledged, so Pub/Sub sends it again."""
    message = _message(event)
    if message is not None:
        started = time.perf_counter()
        container.jobs.run(message, container.clock())
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        LOGGER.info("tick %s done", message.job, extra={FIELDS: {"milliseconds": milliseconds}})


def _message(event: CloudEvent) -> TickMessage | None:
    """Return the message, or None for one that is malformed: sent again it would be malformed again."""
    try:
        # A message that has only attributes comes without a data key.
        encoded = (event.data or {}).get("message", {}).get("data") or ""
        return TickMessage.model_validate_json(base64.b64decode(encoded) or b"{}")
    except (ValueError, TypeError, AttributeError):
        LOGGER.exception("a malformed tick message was dropped")
        return None
