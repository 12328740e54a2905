"""Group the requests of each tenant: while one group is decided and committed, the next one gathers."""

import random
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from shared.domain.errors import Unavailable, UsageError
from shared.domain.ledger.holds import Holds
from shared.domain.limits.runs import Admitted, Ended
from shared.domain.people.tenants import Tenant
from shared.ports import StaleHolds
from shared.usecases.limits.read_admissions import Asked

MOST_AT_ONCE: Final = 100
"""Requests in one commit: each writes a run's document."""
MOST_TRIES: Final = 40
MOST_SECONDS: Final = 20.0
"""Longer than a caller waits for the store."""
LOOK_EVERY: Final = timedelta(seconds=2)
"""Before a refusal, the open runs are read no more often than this."""
MOST_REMEMBERED: Final = 20_000
"""Holds of all tenants, of about 500 bytes each."""
_MOST_QUEUES: Final = 1_000
_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.25

Outcome = Admitted | Ended | UsageError


@dataclass(slots=True, eq=False)
class _Waiter:
    """A request that waits for its turn to lead a group, or for its outcome from another's."""

    asked: Asked
    turn: threading.Event = field(default_factory=threading.Event)
    outcome: Outcome | None = None


@dataclass(slots=True)
class TenantQueue:
    """The waiting requests of a tenant, and what this instance knows of its holds."""

    holds: Holds | None = None
    """As this instance last wrote them. A commit proves that they have not changed since."""
    looked_at: datetime | None = None
    """When the open runs were last read."""
    pause: float = 0.0
    """Seconds to wait before the next reading, after conflicts with other instances."""
    waiting: list[_Waiter] = field(default_factory=list)
    is_led: bool = False

    def may_look(self, now: datetime) -> bool:
        """Return whether the open runs may be read again."""
        return self.looked_at is None or now - self.looked_at >= LOOK_EVERY

    def take(self, most: int) -> list[_Waiter]:
        """Remove the first of the waiting requests."""
        taken = self.waiting[:most]
        del self.waiting[:most]
        return taken


Decide = Callable[[Tenant, Sequence[Asked], TenantQueue], Sequence[Outcome]]


class AdmissionQueues:
    """Calls `decide` for one group of each tenant at a time; it raises StaleHolds to be called again."""

    def __init__(self, decide: Decide, sleep: Callable[[float], None]) -> None:
        self._decide = decide
        self._sleep = sleep
        self._queues: OrderedDict[str, TenantQueue] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, tenant: Tenant, asked: Asked) -> Admitted | Ended:
        """Return the outcome of a request, or raise it."""
        waiter = _Waiter(asked)
        with self._lock:
            queue = self._queues.setdefault(tenant.id, TenantQueue())
            self._queues.move_to_end(tenant.id)
            queue.waiting.append(waiter)
            leads = not queue.is_led
            queue.is_led = True
            self._forget_some()
        if not leads and not waiter.turn.wait(MOST_SECONDS):
            self._give_up(queue, waiter)
        if waiter.outcome is None:
            self._lead(tenant, queue)
        if waiter.outcome is None or isinstance(waiter.outcome, UsageError):
            raise waiter.outcome or Unavailable("the admission was interrupted")
        return waiter.outcome

    def _lead(self, tenant: Tenant, queue: TenantQueue) -> None:
        """Decide the next group, and hand the lead to the first request after it."""
        group: list[_Waiter] = []
        try:
            self._decide_group(tenant, queue, group)
        except UsageError as error:
            for waiter in group:
                waiter.outcome = error
        finally:
            with self._lock:
                for waiter in group:
                    waiter.outcome = waiter.outcome or Unavailable("the admission was interrupted")
                    waiter.turn.set()
                if queue.waiting:
                    queue.waiting[0].turn.set()
                else:
                    queue.is_led = False

    def _decide_group(self, tenant: Tenant, queue: TenantQueue, group: list[_Waiter]) -> None:
        for _ in range(MOST_TRIES):
            if queue.pause:
                self._sleep(random.uniform(queue.pause / 2, queue.pause))  # noqa: S311 (jitter, no secret)
            with self._lock:
                group += queue.take(MOST_AT_ONCE - len(group))
            try:
                outcomes = self._decide(tenant, [waiter.asked for waiter in group], queue)
            except StaleHolds:
                queue.holds = None
                queue.pause = min(max(2 * queue.pause, _FIRST_PAUSE), _LONGEST_PAUSE)
            else:
                queue.pause = queue.pause / 2 if queue.pause > _FIRST_PAUSE else 0.0
                for waiter, outcome in zip(group, outcomes, strict=True):
                    waiter.outcome = outcome
                return
        raise Unavailable("too many requests change the holds of this tenant at once")

    def _give_up(self, queue: TenantQueue, waiter: _Waiter) -> None:
        with self._lock:
            if waiter.turn.is_set():
                return
            if waiter in queue.waiting:
                queue.waiting.remove(waiter)
        raise Unavailable("the admission did not get its turn")

    def _forget_some(self) -> None:
        """Forget the holds, and the queues, of the tenants that asked longest ago."""
        room = MOST_REMEMBERED
        for tenant_id in reversed(list(self._queues)) if len(self._queues) > 1 else ():
            queue = self._queues[tenant_id]
            room -= len(queue.holds.by_run) if queue.holds else 0
            if room < 0 and not queue.is_led:
                queue.holds = None
        idle = [each for each, queue in self._queues.items() if not queue.is_led]
        for tenant_id in idle[: max(0, len(self._queues) - _MOST_QUEUES)]:
            del self._queues[tenant_id]
