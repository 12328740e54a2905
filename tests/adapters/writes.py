"""Owns the Write of an event outside a request, for tests of its fields."""

from typing import Any

from shared.adapters.firestore.encoding import Value, Write, set_timestamp
from shared.adapters.firestore.metering.events import CommonFields, write_event
from shared.domain.metering.recording import RecordedEvent
from tests.sample_events import NOON


def event_write(name: str, event: RecordedEvent) -> Any:
    """A Write that creates `event`, which expires at noon."""
    write, expire_at = Write(), Value()
    set_timestamp(expire_at, NOON)
    write_event(write, name, event, CommonFields("nonce", expire_at, NOON))
    return write
