"""Messages that Pub/Sub has given up and forwards to the dead-letter topic, from which they are pushed here too."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import ValidationError

from shared.domain.ledger.tick import TickMessage
from shared.domain.platform.errors import MAX_ERROR_CHARS, one_line
from shared.domain.platform.failures import DeadLetter, is_document_id

_PREFIX: Final = "CloudPubSubDeadLetterSource"
"""The attributes that Pub/Sub adds to a message that it forwards begin so."""
_SUBSCRIPTION: Final = f"{_PREFIX}Subscription"
_ATTEMPTS: Final = f"{_PREFIX}DeliveryCount"
_ERROR: Final = f"{_PREFIX}DeliveryErrorMessage"
MAX_TEXT_CHARS: Final = 1000


def dead_letter_of(data: Any, now: datetime) -> DeadLetter | None:
    """Return the dead letter in a push; None for any other message."""
    message = data.get("message") if isinstance(data, Mapping) else None
    attributes = message.get("attributes") if isinstance(message, Mapping) else None
    if message is None or not isinstance(attributes, Mapping) or _SUBSCRIPTION not in attributes:
        return None
    text, error = _text_of(message), attributes.get(_ERROR)
    attempts, message_id = str(attributes.get(_ATTEMPTS)), str(message.get("messageId"))
    return DeadLetter(
        id=message_id if is_document_id(message_id) else _hashed(message_id),
        job=_job_of(text),
        text=one_line(text, MAX_TEXT_CHARS),
        attempts=int(attempts) if attempts.isdecimal() else 0,
        at=_instant_of(message.get("publishTime"), now),
        error=one_line(str(error), MAX_ERROR_CHARS) if error else None,
    )


def _text_of(message: Mapping[str, Any]) -> str:
    try:
        return base64.b64decode(message.get("data") or "").decode(errors="replace")
    except (ValueError, TypeError):
        return ""


def _job_of(text: str) -> str:
    try:
        return TickMessage.model_validate_json(text or "{}").job
    except ValidationError:
        return "malformed"


def _instant_of(text: object, now: datetime) -> datetime:
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError:
        return now
    return instant.astimezone(UTC) if instant.tzinfo else now


def _hashed(message_id: str) -> str:
    return hashlib.sha256(message_id.encode()).hexdigest()[:40]
