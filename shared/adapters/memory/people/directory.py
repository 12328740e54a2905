"""Directory on dictionaries."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from shared.adapters.memory.cursors import page
from shared.adapters.memory.state import MemoryState
from shared.domain.errors import Conflict, NotFound
from shared.domain.limits.grants import Grant
from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.plans import PlanVersion
from shared.domain.people.tenants import ApiKey, AuditEntry, Tenant
from shared.ports import Page


class MemoryDirectory(MemoryState):
    """Tenants, keys and the audit log."""

    def create_tenant(self, tenant: Tenant, key: ApiKey, audit: AuditEntry) -> None:
        with self._lock:
            if tenant.id in self._tenants:
                raise Conflict(f"tenant {tenant.id!r} exists already")
            self._tenants[tenant.id] = tenant
            self.save_keys([key], audit)

    def find_tenant(self, tenant_id: str) -> Tenant | None:
        with self._lock:
            return self._tenants.get(tenant_id)

    def set_plan(self, tenant_id: str, plan: PlanVersion, audit: AuditEntry) -> None:
        with self._lock:
            tenant = self._existing(tenant_id)
            self._tenants[tenant_id] = replace(tenant, plan=plan.plan, plan_version=plan.version)
            self._audit.append(audit)

    def find_key(self, key_id: str) -> ApiKey | None:
        with self._lock:
            return self._keys.get(key_id)

    def list_keys(self, tenant_id: str | None) -> list[ApiKey]:
        with self._lock:
            keys = [key for key in self._keys.values() if key.tenant_id == tenant_id]
            return sorted(keys, key=lambda key: (key.created_at, key.id))

    def save_keys(self, keys: Sequence[ApiKey], audit: AuditEntry) -> None:
        with self._lock:
            self._keys.update({key.id: _saved(key, self._keys.get(key.id)) for key in keys})
            self._audit.append(audit)

    def touch_key(self, key_id: str, used_at: datetime) -> None:
        with self._lock:
            if key_id in self._keys:
                self._keys[key_id] = replace(self._keys[key_id], last_used_at=used_at)

    def set_alert_recipients(self, tenant_id: str, emails: Sequence[str], audit: AuditEntry) -> None:
        with self._lock:
            self._tenants[tenant_id] = replace(self._existing(tenant_id), alert_recipients=tuple(emails))
            self._audit.append(audit)

    def set_takes_estimates(self, tenant_id: str, takes: bool | None, audit: AuditEntry) -> None:
        with self._lock:
            self._tenants[tenant_id] = replace(self._existing(tenant_id), takes_estimates=takes)
            self._audit.append(audit)

    def set_limits(self, tenant_id: str, overrides: LimitOverrides, audit: AuditEntry) -> None:
        with self._lock:
            self._tenants[tenant_id] = replace(self._existing(tenant_id), overrides=overrides)
            self._audit.append(audit)

    def change_grants(
        self, tenant_id: str, added: Sequence[Grant], removed: Collection[str], audit: AuditEntry
    ) -> None:
        with self._lock:
            tenant = self._existing(tenant_id)
            kept = [each for each in tenant.grants if each.id not in removed]
            grants = sorted([*kept, *added], key=lambda each: each.id)
            self._tenants[tenant_id] = replace(tenant, grants=tuple(grants))
            self._audit.append(audit)

    def set_time_zone(self, tenant_id: str, time_zone: str, audit: AuditEntry) -> None:
        with self._lock:
            self._tenants[tenant_id] = replace(self._existing(tenant_id), time_zone=time_zone)
            self._audit.append(audit)

    def set_suspended_at(self, tenant_id: str, at: datetime | None, audit: AuditEntry) -> None:
        with self._lock:
            self._tenants[tenant_id] = replace(self._existing(tenant_id), suspended_at=at)
            self._audit.append(audit)

    def _existing(self, tenant_id: str) -> Tenant:
        if tenant_id not in self._tenants:
            raise NotFound(f"tenant {tenant_id!r} does not exist")
        return self._tenants[tenant_id]

    def list_audit(self, tenant_id: str | None, *, limit: int, cursor: str | None = None) -> Page[AuditEntry]:
        with self._lock:
            entries = enumerate(self._audit)
            places = {
                (each.at, f"{number:012}"): each for number, each in entries if each.tenant_id == tenant_id
            }
            return page("audit", places, limit, cursor)


def _saved(key: ApiKey, stored: ApiKey | None) -> ApiKey:
    if stored is None:
        return replace(key, last_used_at=None)
    return replace(key, revoked_at=key.revoked_at or stored.revoked_at, last_used_at=stored.last_used_at)
