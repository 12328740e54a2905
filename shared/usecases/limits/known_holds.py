"""The holds that an instance has written last, so that it need not read them before it writes the next ones."""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from shared.domain.ledger.holds import Holds

LOOK_EVERY: Final = timedelta(seconds=2)
"""Before a refusal, the open runs are read no more often than this."""
MOST_KNOWN: Final = 20_000
"""Holds of all tenants together, of about 500 bytes each."""
_MOST_LOOKS: Final = 10_000


class KnownHolds:
    """The holds of the tenants that asked last. A commit proves that they have not changed since."""

    def __init__(self) -> None:
        self._holds: OrderedDict[str, Holds] = OrderedDict()
        self._count = 0
        self._looked_at: OrderedDict[str, datetime] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, tenant_id: str) -> Holds | None:
        """Return the holds as they were written last, if they are known."""
        return self._holds.get(tenant_id)

    def keep(self, tenant_id: str, holds: Holds) -> None:
        """Remember what was written; forget the holds of the tenants that asked longest ago."""
        with self._lock:
            self._remove(tenant_id)
            self._holds[tenant_id] = holds
            self._count += len(holds.by_run)
            while self._count > MOST_KNOWN:
                self._remove(next(iter(self._holds)))

    def forget(self, tenant_id: str) -> None:
        """Forget the holds of a tenant: others may have changed them."""
        with self._lock:
            self._remove(tenant_id)

    def may_look(self, tenant_id: str, now: datetime) -> bool:
        """Return whether the open runs may be read again; then they count as read now."""
        with self._lock:
            last = self._looked_at.get(tenant_id)
            if last is not None and now - last < LOOK_EVERY:
                return False
            self._looked_at[tenant_id] = now
            self._looked_at.move_to_end(tenant_id)
            if len(self._looked_at) > _MOST_LOOKS:
                self._looked_at.popitem(last=False)
            return True

    def _remove(self, tenant_id: str) -> None:
        removed = self._holds.pop(tenant_id, None)
        self._count -= len(removed.by_run) if removed else 0
