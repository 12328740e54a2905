"""The Pub/Sub tick: an empty message folds what is new, one that names tenants folds those."""

import base64
import logging
from typing import Annotated

from cloudevents.http import CloudEvent
from pydantic import BaseModel, ConfigDict, StringConstraints

from shared.domain.tenants import TENANT_ID
from shared.http.app import Container
from shared.usecases.fold_usage import fold_all, fold_tenants

LOGGER = logging.getLogger("gwi_usage")


class TickMessage(BaseModel):
    """The data of a message on the tick's topic."""

    model_config = ConfigDict(extra="forbid")

    tenants: list[Annotated[str, StringConstraints(pattern=f"^{TENANT_ID}$")]] | None = None


def handle_tick(event: CloudEvent, container: Container) -> None:
    """Fold. An error leaves the message unacknowledged, so Pub/Sub sends it again."""
    message = _message(event)
    if message is None:
        return
    now = container.clock()
    if message.tenants is None:
        fold_all(container.usage, container.publisher, now)
    else:
        fold_tenants(container.usage, message.tenants, now)


def _message(event: CloudEvent) -> TickMessage | None:
    """The message, or None for one that is malformed: sent again it would be malformed again."""
    try:
        # A message that has only attributes comes without a data key.
        encoded = (event.data or {}).get("message", {}).get("data") or ""
        return TickMessage.model_validate_json(base64.b64decode(encoded) or b"{}")
    except (ValueError, TypeError, AttributeError):
        LOGGER.exception("a malformed tick message was dropped")
        return None
