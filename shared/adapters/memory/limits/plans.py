"""PlanCatalogs in memory."""

from collections.abc import Iterator

from shared.adapters.memory.state import MemoryState
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.people.audit import AuditEntry
from shared.domain.people.tenants import Tenant
from shared.ports.limits import StalePlans


class MemoryPlanCatalogs(MemoryState):
    """PlanCatalogs over the store's dictionaries."""

    def read_plans(self, known: PlanCatalog) -> PlanCatalog:
        with self._lock:
            saved = self._plans
            return known if saved is None or saved.version == known.version else saved

    def save_plans(self, catalog: PlanCatalog, audit: AuditEntry) -> None:
        with self._lock:
            newest = self._plans.version if self._plans else 0
            if catalog.version != newest + 1:
                raise StalePlans
            self._plans = catalog
            self._plan_changes.append(audit)
            self._record(audit)

    def list_plan_changes(self, limit: int) -> list[AuditEntry]:
        with self._lock:
            return list(reversed(self._plan_changes))[:limit]

    def list_plan_holders(self) -> Iterator[Tenant]:
        with self._lock:
            return iter([self._tenants[each] for each in sorted(self._tenants)])
