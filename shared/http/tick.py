"""Messages on the tick's topic: fold what is new, or the tenants that are named; or reconcile all billing."""

import base64
import logging
from typing import Literal, Protocol, Self

from cloudevents.http import CloudEvent
from pydantic import BaseModel, ConfigDict, model_validator

from shared.http.app import Container
from shared.usecases.fold_usage import fold_all, fold_tenants
from shared.usecases.raise_alerts import AlertRaiser
from shared.usecases.reconcile_billing import reconcile_all

LOGGER = logging.getLogger("gwi_usage")


class TickMessage(BaseModel):
    """The data of a message on the tick's topic; without tenants it is about all of them."""

    model_config = ConfigDict(extra="forbid")

    job: Literal["fold", "reconcile"] = "fold"
    tenants: list[str] | None = None

    @model_validator(mode="after")
    def _only_folds_are_shared(self) -> Self:
        if self.job == "reconcile" and self.tenants is not None:
            raise ValueError("tenants are named for a fold; a reconciliation is of all of them")
        return self


class TickContainer(Container, Protocol):
    """What a tick needs besides what routes need."""

    @property
    def alerts(self) -> AlertRaiser: ...


def handle_tick(event: CloudEvent, container: TickContainer) -> None:
    """Do the job. An error leaves the message unacknowledged, so Pub/Sub sends it again."""
    message = _message(event)
    if message is None:
        return
    if message.job == "reconcile":
        _reconcile(container)
    else:
        _fold(container, message.tenants)


def _fold(container: TickContainer, tenant_ids: list[str] | None) -> None:
    now = container.clock()
    if tenant_ids is None:
        fold_all(container.usage, container.publisher, now, container.alerts)
    else:
        fold_tenants(container.usage, tenant_ids, now, container.alerts)


def _reconcile(container: Container) -> None:
    """Let Stripe's word count for every tenant, and log what was otherwise."""
    if container.config.stripe_api_key is None:
        # Asked again it would be missing again.
        LOGGER.error("billing is not reconciled: STRIPE_API_KEY is missing")
        return
    for tenant_id, drift in reconcile_all(container.billing, repair=True, now=container.clock()):
        LOGGER.warning("billing of tenant %s: %s", tenant_id, "; ".join(drift))


def _message(event: CloudEvent) -> TickMessage | None:
    """The message, or None for one that is malformed: sent again it would be malformed again."""
    try:
        # A message that has only attributes comes without a data key.
        encoded = (event.data or {}).get("message", {}).get("data") or ""
        return TickMessage.model_validate_json(base64.b64decode(encoded) or b"{}")
    except (ValueError, TypeError, AttributeError):
        LOGGER.exception("a malformed tick message was dropped")
        return None
