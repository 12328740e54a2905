"""Directory on dictionaries."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from shared.adapters.memory.cursors import page
from shared.adapters.memory.state import MemoryState
from shared.domain.errors import Conflict, NotFound
from shared.domain.limits.budgets import Budget, OnUnreadable
from shared.domain.limits.grants import Grant
from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.plans import PlanVersion
from shared.domain.people.audit import AuditEntry
from shared.domain.people.keys import ApiKey
from shared.domain.people.receipts import Receipt
from shared.domain.people.tenant_rows import new_row
from shared.domain.people.tenants import Tenant, TenantProfile
from shared.ports import Page, StaleTenant


class MemoryDirectory(MemoryState):
    """Tenants, keys and the audit log."""

    def create_tenant(self, tenant: Tenant, key: ApiKey | None, audit: AuditEntry) -> None:
        with self._lock:
            if tenant.id in self._tenants:
                raise Conflict(f"tenant {tenant.id!r} exists already")
            self.save_keys([key] if key else [], audit)
            self._tenants[tenant.id] = tenant
            self._rows[tenant.id] = new_row(tenant)

    def find_tenant(self, tenant_id: str) -> Tenant | None:
        with self._lock:
            return self._tenants.get(tenant_id)

    def find_tenants(self, tenant_ids: Collection[str]) -> list[Tenant]:
        with self._lock:
            return [self._tenants[each] for each in tenant_ids if each in self._tenants]

    def set_plan(self, tenant_id: str, plan: PlanVersion, audit: AuditEntry) -> None:
        with self._lock:
            tenant = self._existing(tenant_id)
            self._save(replace(tenant, plan=plan.plan, plan_version=plan.version), audit)

    def find_key(self, key_id: str) -> ApiKey | None:
        with self._lock:
            return self._keys.get(key_id)

    def list_keys(self, tenant_id: str | None) -> list[ApiKey]:
        with self._lock:
            keys = [key for key in self._keys.values() if key.tenant_id == tenant_id]
            return sorted(keys, key=lambda key: (key.created_at, key.id))

    def save_keys(self, keys: Sequence[ApiKey], audit: AuditEntry) -> None:
        with self._lock:
            self._record(audit)
            self._keys.update({key.id: _saved(key, self._keys.get(key.id)) for key in keys})

    def touch_key(self, key_id: str, used_at: datetime) -> None:
        with self._lock:
            if key_id in self._keys:
                self._keys[key_id] = replace(self._keys[key_id], last_used_at=used_at)

    def set_alert_recipients(
        self, tenant_id: str, emails: Sequence[str], audit: AuditEntry, version: object = None
    ) -> None:
        with self._lock:
            tenant = self._existing(tenant_id, version)
            self._record(audit)
            self._tenants[tenant_id] = replace(tenant, alert_recipients=tuple(emails))

    def set_takes_estimates(self, tenant_id: str, takes: bool | None, audit: AuditEntry) -> None:
        with self._lock:
            tenant = self._existing(tenant_id)
            self._record(audit)
            self._tenants[tenant_id] = replace(tenant, takes_estimates=takes)

    def set_limits(
        self, tenant_id: str, overrides: LimitOverrides, audit: AuditEntry, version: object = None
    ) -> None:
        with self._lock:
            tenant = self._existing(tenant_id, version)
            self._record(audit)
            self._tenants[tenant_id] = replace(tenant, overrides=overrides)

    def change_grants(
        self, tenant_id: str, added: Sequence[Grant], removed: Collection[str], audit: AuditEntry
    ) -> None:
        with self._lock:
            tenant = self._existing(tenant_id)
            kept = [each for each in tenant.grants if each.id not in removed]
            grants = sorted([*kept, *added], key=lambda each: each.id)
            self._save(replace(tenant, grants=tuple(grants)), audit)

    def set_budgets(
        self, tenant_id: str, budgets: Sequence[Budget], audit: AuditEntry, version: object = None
    ) -> None:
        with self._lock:
            tenant = self._existing(tenant_id, version)
            self._record(audit)
            self._tenants[tenant_id] = replace(tenant, budgets=tuple(budgets))

    def set_on_unreadable(self, tenant_id: str, policy: OnUnreadable, audit: AuditEntry) -> None:
        with self._lock:
            tenant = self._existing(tenant_id)
            self._record(audit)
            self._tenants[tenant_id] = replace(tenant, on_unreadable=policy)

    def set_time_zone(
        self, tenant_id: str, time_zone: str, audit: AuditEntry, version: object = None
    ) -> None:
        with self._lock:
            tenant = self._existing(tenant_id, version)
            self._record(audit)
            self._tenants[tenant_id] = replace(tenant, time_zone=time_zone)

    def set_suspended_at(self, tenant_id: str, at: datetime | None, audit: AuditEntry) -> None:
        with self._lock:
            self._save(replace(self._existing(tenant_id), suspended_at=at), audit)

    def set_ended_at(self, tenant_id: str, at: datetime | None, audit: AuditEntry) -> None:
        with self._lock:
            self._save(replace(self._existing(tenant_id), ended_at=at), audit)

    def set_profile(
        self, tenant_id: str, profile: TenantProfile, audit: AuditEntry, version: object = None
    ) -> None:
        with self._lock:
            tenant = replace(self._existing(tenant_id, version), name=profile.name, metadata=profile.metadata)
            self._save(tenant, audit)

    def _save(self, tenant: Tenant, audit: AuditEntry) -> None:
        self._record(audit)
        self._put_tenant(tenant, audit.at)

    def _existing(self, tenant_id: str, version: object = None) -> Tenant:
        if tenant_id not in self._tenants:
            raise NotFound(f"tenant {tenant_id!r} does not exist")
        tenant = self._tenants[tenant_id]
        if version not in (None, tenant.version):
            raise StaleTenant
        return tenant

    def list_audit(self, tenant_id: str | None, *, limit: int, cursor: str | None = None) -> Page[AuditEntry]:
        with self._lock:
            entries = enumerate(self._audit)
            places = {
                (each.at, f"{number:012}"): each for number, each in entries if each.tenant_id == tenant_id
            }
            return page("audit", places, limit, cursor)

    def find_receipt(self, receipt_id: str) -> Receipt | None:
        with self._lock:
            return self._receipts.get(receipt_id)


def _saved(key: ApiKey, stored: ApiKey | None) -> ApiKey:
    if stored is None:
        return replace(key, last_used_at=None)
    return replace(key, revoked_at=key.revoked_at or stored.revoked_at, last_used_at=stored.last_used_at)
