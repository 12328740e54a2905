"""Limit how many exports run at once: each holds a thread for as long as its caller reads."""

from collections.abc import Callable
from threading import Lock

from shared.domain.errors import RateLimited, RateStatus

RETRY_SECONDS = 10
_BUSY = RateStatus(limit=1, remaining=0, reset_seconds=RETRY_SECONDS, retry_after_seconds=RETRY_SECONDS)


class ExportSlots:
    """The exports under way in this instance: one for each tenant, and `most` in all."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._tenants: set[str] = set()
        self._lock = Lock()

    def take(self, tenant_id: str) -> Callable[[], None]:
        """Begin an export, and return what ends it; raise RateLimited if there is no slot."""
        with self._lock:
            if tenant_id in self._tenants:
                message = f"an export of tenant {tenant_id!r} is under way; try again when it has ended"
                raise RateLimited(message, _BUSY, code="export_under_way")
            if len(self._tenants) >= self._most:
                raise RateLimited("too many exports are under way; try again", _BUSY, code="too_many_exports")
            self._tenants.add(tenant_id)
        return lambda: self._end(tenant_id)

    def _end(self, tenant_id: str) -> None:
        with self._lock:
            self._tenants.discard(tenant_id)
