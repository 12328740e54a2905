"""Group the requests of each tenant: while one group is decided and committed, the next one gathers."""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.domain.errors import Unavailable, UsageError
from shared.domain.limits.runs import Admitted, Ended
from shared.domain.people.tenants import Tenant
from shared.ports import StaleHolds
from shared.usecases.limits.read_admissions import Asked

MOST_AT_ONCE: Final = 100
"""Requests in one commit: each writes a run's document."""
MOST_TRIES: Final = 40
MOST_SECONDS: Final = 20.0
"""Longer than a caller waits for the store."""
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
class _Queue:
    """The waiting requests of a tenant. One of them leads: it decides for all that wait when its turn comes."""

    waiting: list[_Waiter] = field(default_factory=list)
    pause: float = 0.0
    """Seconds to wait before the next reading, after conflicts with other instances."""

    def take(self, most: int) -> list[_Waiter]:
        """Remove the first of the waiting requests."""
        taken = self.waiting[:most]
        del self.waiting[:most]
        return taken


Decide = Callable[[Tenant, Sequence[Asked]], Sequence[Outcome]]


class AdmissionQueues:
    """Calls `decide` for one group of each tenant at a time; it raises StaleHolds to be called again."""

    def __init__(self, decide: Decide, sleep: Callable[[float], None]) -> None:
        self._decide = decide
        self._sleep = sleep
        self._queues: dict[str, _Queue] = {}
        self._lock = threading.Lock()

    def ask(self, tenant: Tenant, asked: Asked) -> Admitted | Ended:
        """Return the outcome of a request, or raise it."""
        waiter = _Waiter(asked)
        with self._lock:
            leads = tenant.id not in self._queues
            queue = self._queues.setdefault(tenant.id, _Queue())
            queue.waiting.append(waiter)
        if not leads and not waiter.turn.wait(MOST_SECONDS):
            self._give_up(queue, waiter)
        if waiter.outcome is None:
            self._lead(tenant, queue)
        if waiter.outcome is None or isinstance(waiter.outcome, UsageError):
            raise waiter.outcome or Unavailable("the admission was interrupted")
        return waiter.outcome

    def _lead(self, tenant: Tenant, queue: _Queue) -> None:
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
                    del self._queues[tenant.id]

    def _decide_group(self, tenant: Tenant, queue: _Queue, group: list[_Waiter]) -> None:
        for _ in range(MOST_TRIES):
            if queue.pause:
                self._sleep(random.uniform(queue.pause / 2, queue.pause))  # noqa: S311 (jitter, no secret)
            with self._lock:
                group += queue.take(MOST_AT_ONCE - len(group))
            try:
                outcomes = self._decide(tenant, [waiter.asked for waiter in group])
            except StaleHolds:
                queue.pause = min(max(2 * queue.pause, _FIRST_PAUSE), _LONGEST_PAUSE)
            else:
                queue.pause = queue.pause / 2 if queue.pause > _FIRST_PAUSE else 0.0
                for waiter, outcome in zip(group, outcomes, strict=True):
                    waiter.outcome = outcome
                return
        raise Unavailable("too many requests change the holds of this tenant at once")

    def _give_up(self, queue: _Queue, waiter: _Waiter) -> None:
        with self._lock:
            if waiter.turn.is_set():
                return
            if waiter in queue.waiting:
                queue.waiting.remove(waiter)
        raise Unavailable("the admission did not get its turn")
