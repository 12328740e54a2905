"""Sending an outbox: oldest first, one request at a time, less often while the service does not take it."""

from __future__ import annotations

import json
import logging
import random
import time

from gwi_usage.exchanges import Answer, Exchange, Request, Wait, run_path
from gwi_usage.notices import Notices
from gwi_usage.outbox.batches import Batch, RunEnd
from gwi_usage.outbox.claims import LEASE_SECONDS
from gwi_usage.outbox.outbox import Claimed, Outbox
from gwi_usage.verdicts import is_final, refusals

_FIRST_SECONDS = 0.5
_MAX_SECONDS = 30.0
_MOMENT = 0.05
_OF_A_TENANT = frozenset({403, 429})


def backoff(attempts: int) -> float:
    """Return how long to wait after a number of failures: twice as long each time, with jitter."""
    return float(min(_MAX_SECONDS, _FIRST_SECONDS * 2.0 ** min(attempts, 10)) * random.uniform(0.5, 1.0))  # noqa: S311


class Pauses:
    """Until when nothing is sent: of a tenant, or of anyone, which is the tenant None."""

    def __init__(self) -> None:
        self._until: dict[str | None, float] = {}
        self._failures: dict[str | None, int] = {}

    def pause(self, tenant_id: str | None, retry_after: float | None) -> float:
        failures = self._failures.get(tenant_id, 0)
        self._failures[tenant_id] = failures + 1
        seconds = max(backoff(failures), retry_after or 0.0)
        self._until[tenant_id] = time.monotonic() + seconds
        return seconds

    def end(self, tenant_id: str) -> None:
        for key in (tenant_id, None):
            self._until.pop(key, None)
            self._failures.pop(key, None)

    def tenants(self) -> set[str]:
        now = time.monotonic()
        return {tenant for tenant, until in list(self._until.items()) if tenant is not None and until > now}

    def holds_everything(self) -> bool:
        return self._until.get(None, 0.0) > time.monotonic()

    def shortest(self) -> float:
        """Return in how many seconds the first pause ends, or a moment if there is none."""
        now = time.monotonic()
        return max(
            _MOMENT, min((until - now for until in list(self._until.values()) if until > now), default=0.0)
        )


class Delivery:
    """Sends what an outbox has, in the calls of whoever asks for it."""

    def __init__(self, outbox: Outbox, notices: Notices) -> None:
        self._outbox, self._notices = outbox, notices
        self.pauses = Pauses()

    def round(self, until: float) -> Exchange[bool]:
        """Send what is due, up to an instant of the monotonic clock; return whether nothing waits any more."""
        while time.monotonic() < until and not self.pauses.holds_everything():
            claimed = self._outbox.claim(self.pauses.tenants())
            if claimed is None:
                break
            try:
                answer = yield _request(claimed.item)
            except BaseException:  # the caller was cancelled: another process need not wait for the lease
                self._outbox.postpone(claimed, 0)
                raise
            self._take(claimed, answer)
        return self._outbox.is_empty()

    def rounds(self, until: float) -> Exchange[bool]:
        """Send until nothing waits any more, pauses included, up to an instant; return whether nothing waits."""
        while not (done := (yield from self.round(until))):
            seconds = self.pauses.shortest()
            if time.monotonic() + seconds > until:
                break
            yield Wait(seconds)
        return done

    def _take(self, claimed: Claimed, answer: Answer) -> None:
        item = claimed.item
        if isinstance(item, RunEnd):
            is_settled = self._settle_end(claimed, item, answer)
        else:
            is_settled = self._settle(claimed, item, answer)
        if is_settled:
            self.pauses.end(item.tenant_id)
            return
        tenant = item.tenant_id if answer.status in _OF_A_TENANT else None
        seconds = self.pauses.pause(tenant, answer.retry_after)
        # A request that fails alone must not keep the others back; without an answer they keep their order.
        alone = 0.0 if answer.status is None else min(seconds + backoff(item.attempts), LEASE_SECONDS)
        self._outbox.postpone(claimed, alone)
        message = f"GWI Usage did not take events: {answer.summary}. Waiting: {self._outbox.pending()};"
        self._notices.log("sending", f"{message} the next attempt is in {seconds:.1f} s.")

    def _settle(self, claimed: Claimed, batch: Batch, answer: Answer) -> bool:
        refused = refusals(batch, answer)
        if refused is None:
            return False
        events = json.loads(batch.body) if refused else []
        self._outbox.settle(claimed, [(_without_id(events[each.index]), each) for each in refused])
        if refused:
            reason = f"{refused[0].code}: {refused[0].message}"
            message = f"GWI Usage refused events ({len(refused)}), which are kept aside. The first: {reason}"
            self._notices.log("refused", message, logging.ERROR)
        return True

    def _settle_end(self, claimed: Claimed, end: RunEnd, answer: Answer) -> bool:
        if not is_final(answer, "used"):
            return False
        self._outbox.settle(claimed)
        if answer.status != 200:
            self._notices.log("end", f"The end of run {end.run_id} was refused: {answer.summary}")
        return True


def _request(item: Batch | RunEnd) -> Request:
    if isinstance(item, Batch):
        return Request(path="/v1/events", body=item.body, tenant_id=item.tenant_id)
    return Request(path=run_path(item.run_id, "end"), body=item.body, tenant_id=item.tenant_id)


def _without_id(event: dict[str, object]) -> str:
    return json.dumps({name: value for name, value in event.items() if name != "id"}, separators=(",", ":"))
