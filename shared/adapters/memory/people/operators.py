"""Operators on dictionaries."""

from shared.adapters.memory.state import MemoryState
from shared.domain.people.audit import AuditEntry
from shared.domain.people.operators import Operator


class MemoryOperators(MemoryState):
    """The platform's own people."""

    def find_operator(self, user_id: str) -> Operator | None:
        with self._lock:
            return self._operators.get(user_id)

    def list_operators(self) -> list[Operator]:
        with self._lock:
            return sorted(self._operators.values(), key=lambda each: (each.added_at, each.user_id))

    def save_operator(self, operator: Operator, audit: AuditEntry) -> None:
        with self._lock:
            self._record(audit)
            self._operators[operator.user_id] = operator

    def remove_operator(self, user_id: str, audit: AuditEntry) -> None:
        with self._lock:
            self._record(audit)
            self._operators.pop(user_id, None)
