"""Keep the events of Stripe that could not be applied, until they are."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain.billing.stripe_events import StripeEvent
from shared.domain.errors import Unavailable
from shared.domain.platform.errors import MAX_ERROR_CHARS, error_text, one_line
from shared.domain.platform.failures import is_document_id
from shared.ports import BillingStore, FailedAttempt, ServiceStatus

LOGGER = logging.getLogger("gwi_usage")
_UNREADABLE: Final = "unreadable"


@dataclass(frozen=True, slots=True)
class FailureKeeper:
    """Writes down failed attempts. Where that fails, it is logged, and Stripe is answered as without it."""

    service: ServiceStatus
    billing: BillingStore

    def keep(self, body: object, event: StripeEvent | None, error: Exception, now: datetime) -> None:
        """Keep a failed attempt to apply the event in `body`; `event` is None if it could not be read."""
        named = body if isinstance(body, Mapping) else {}
        event_id, event_type = named.get("id"), named.get("type")
        if not isinstance(event_id, str) or not is_document_id(event_id):
            return
        try:
            attempt = FailedAttempt(
                event_id=event_id,
                type=one_line(event_type, MAX_ERROR_CHARS) if isinstance(event_type, str) else _UNREADABLE,
                tenant_id=self._tenant_of(event) if event else None,
                error=error_text(error),
                at=now,
            )
            self.service.add_failed_attempt(attempt)
        except Unavailable as unavailable:
            LOGGER.warning("the failure of event %s could not be kept: %s", event_id, unavailable.message)
        except Exception:
            LOGGER.exception("the failure of event %s could not be kept", event_id)

    def remove(self, event_id: str) -> None:
        """Remove the failure of an event that turned out to be processed."""
        try:
            self.service.remove_stripe_failure(event_id)
        except Unavailable as error:
            LOGGER.warning("the failure of event %s could not be removed: %s", event_id, error.message)
        except Exception:
            LOGGER.exception("the failure of event %s could not be removed", event_id)

    def _tenant_of(self, event: StripeEvent) -> str | None:
        if event.customer_id is None:
            return event.tenant_id
        return self.billing.find_owner(None, event.customer_id)[1] or event.tenant_id
