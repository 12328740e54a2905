"""The meter that agents call."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import httpx

from gwi_usage import contexts, responses
from gwi_usage.events import Event, encoded
from gwi_usage.outbox.batches import Producer
from gwi_usage.outbox.store import Store, Waiting

if TYPE_CHECKING:
    from typing_extensions import Unpack

_log = logging.getLogger("gwi_usage")


class Meter:
    """Records what agents use; nothing that it does raises into the caller unless the caller asked."""

    def __init__(self, key: str, url: str) -> None:
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"})
        self._store = Store(None)
        self._producer = Producer()

    def track(self, **event: Unpack[Event]) -> None:
        """Record an event; it is kept before this returns, and sent later."""
        ts = event.get("ts", datetime.now(timezone.utc)).astimezone(timezone.utc)
        stated = {"category": "llm", **contexts.current().fields(), **event, "ts": ts}
        tenant_id = str(stated.pop("tenant_id", ""))
        self._store.add(
            Waiting(
                tenant_id=tenant_id, day=ts.date().isoformat(), tracked_at=time.time(), event=encoded(stated)
            )
        )

    def track_response(self, provider: str, response: object, /, **event: Unpack[Event]) -> None:
        """Record a call by its response: a provider's object, its JSON, or the list of a stream's events."""
        self.track(**{"provider": provider, **responses.event_fields(response), **event})

    def flush(self) -> bool:
        """Send what waits; return whether everything was acknowledged."""
        while batch := self._store.claim(self._producer, time.time()):
            headers = {"GWI-Tenant": batch.tenant_id} if batch.tenant_id else {}
            content_type = {"Content-Type": "application/json"}
            answer = self._http.post("/v1/events", content=batch.body, headers=headers | content_type)
            if answer.status_code != 200:
                self._store.release(batch)
                return False
            self._store.acknowledge(batch, [], time.time())
        return True

    @property
    def pending(self) -> int:
        """The number of events that the service has not acknowledged."""
        return self._store.pending()

    def close(self) -> None:
        self.flush()
        self._store.close()
        self._http.close()
