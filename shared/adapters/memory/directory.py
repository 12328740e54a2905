"""Directory on dictionaries."""

from collections.abc import Sequence
from dataclasses import replace

from shared.adapters.memory.state import MemoryState
from shared.domain.errors import Conflict, NotFound
from shared.domain.tenants import ApiKey, AuditEntry, Tenant


class MemoryDirectory(MemoryState):
    """Tenants, keys and the audit trail."""

    def create_tenant(self, tenant: Tenant, key: ApiKey, audit: AuditEntry) -> None:
        with self._lock:
            if tenant.id in self._tenants:
                raise Conflict(f"tenant {tenant.id!r} exists already")
            self._tenants[tenant.id] = tenant
            self.save_keys([key], audit)

    def find_tenant(self, tenant_id: str) -> Tenant | None:
        with self._lock:
            return self._tenants.get(tenant_id)

    def set_plan(self, tenant_id: str, plan: str, audit: AuditEntry) -> None:
        with self._lock:
            if tenant_id not in self._tenants:
                raise NotFound(f"tenant {tenant_id!r} does not exist")
            self._tenants[tenant_id] = replace(self._tenants[tenant_id], plan=plan)
            self._audit.append(audit)

    def find_key(self, key_id: str) -> ApiKey | None:
        with self._lock:
            return self._keys.get(key_id)

    def list_keys(self, tenant_id: str) -> list[ApiKey]:
        with self._lock:
            keys = [key for key in self._keys.values() if key.tenant_id == tenant_id]
            return sorted(keys, key=lambda key: (key.created_at, key.id))

    def save_keys(self, keys: Sequence[ApiKey], audit: AuditEntry) -> None:
        with self._lock:
            self._keys.update({key.id: key for key in keys})
            self._audit.append(audit)

    def list_audit(self, tenant_id: str) -> list[AuditEntry]:
        with self._lock:
            entries = [entry for entry in self._audit if entry.tenant_id == tenant_id]
            return sorted(entries, key=lambda entry: entry.at)
