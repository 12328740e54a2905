"""ServiceStatus in memory."""

from shared.adapters.memory.state import MemoryState
from shared.domain.platform.failures import DeadLetter, FailureCounts, StripeFailure
from shared.domain.platform.overview import Overview
from shared.domain.platform.ticks import TickRun, with_tick
from shared.ports import FailedAttempt, StoredStatus


class MemoryServiceStatus(MemoryState):
    """The state of this process, as the operator sees it."""

    def __init__(self) -> None:
        super().__init__()
        self._overview: Overview | None = None
        self._ticks: list[TickRun] = []
        self._dead_letters: dict[str, DeadLetter] = {}

    def read_status(self) -> StoredStatus:
        with self._lock:
            return StoredStatus(self._overview, self._ticks)

    def save_overview(self, overview: Overview) -> None:
        with self._lock:
            self._overview = overview

    def add_tick(self, run: TickRun) -> None:
        with self._lock:
            self._ticks = with_tick(self._ticks, run)

    def add_failed_attempt(self, attempt: FailedAttempt) -> None:
        with self._lock:
            known = self._stripe_failures.get(attempt.event_id)
            self._stripe_failures[attempt.event_id] = StripeFailure(
                event_id=attempt.event_id,
                type=attempt.type,
                tenant_id=attempt.tenant_id,
                error=attempt.error,
                attempted_at=(known.attempted_at if known else frozenset()) | {attempt.at},
            )

    def remove_stripe_failure(self, event_id: str) -> None:
        with self._lock:
            self._stripe_failures.pop(event_id, None)

    def list_stripe_failures(self, limit: int) -> list[StripeFailure]:
        with self._lock:
            found = self._stripe_failures.values()
            return sorted(found, key=lambda each: (each.last_at, each.event_id), reverse=True)[:limit]

    def add_dead_letter(self, letter: DeadLetter) -> None:
        with self._lock:
            self._dead_letters[letter.id] = letter

    def list_dead_letters(self, limit: int) -> list[DeadLetter]:
        with self._lock:
            found = self._dead_letters.values()
            return sorted(found, key=lambda each: (each.at, each.id), reverse=True)[:limit]

    def count_failures(self) -> FailureCounts:
        with self._lock:
            return FailureCounts(len(self._stripe_failures), len(self._dead_letters))
