"""Directory on Firestore: tenants, keys and the audit log."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.paging import Listing
from shared.adapters.firestore.people.grants import grants_write
from shared.adapters.firestore.people.tenants import (
    audit_parent,
    audit_write,
    change_write,
    commit_new_tenant,
    create_write,
    key_fields,
    key_write,
    read_audit,
    read_key,
    read_tenant,
    tenant_fields,
)
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.errors import NotFound, Unavailable
from shared.domain.limits.grants import Grant
from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.plans import PlanVersion
from shared.domain.people.tenants import ApiKey, AuditEntry, Tenant
from shared.ports import Page

TOUCH_SECONDS = 0.3
"""The most that storing a key's last use may delay a request; a commit usually takes a tenth of this."""
_AUDIT = Listing("audit", "at", read_audit)


class FirestoreDirectory:
    """Directory on Firestore; every change is committed together with its audit entry."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc

    def create_tenant(self, tenant: Tenant, key: ApiKey, audit: AuditEntry) -> None:
        writes = [
            create_write(self._tenant_name(tenant.id), tenant_fields(tenant)),
            create_write(self._key_name(key.id), key_fields(key)),
        ]
        commit_new_tenant(self._rpc, audit, writes)

    def find_tenant(self, tenant_id: str) -> Tenant | None:
        document = self._find(self._tenant_name(tenant_id))
        return read_tenant(document) if document else None

    def set_plan(self, tenant_id: str, plan: PlanVersion, audit: AuditEntry) -> None:
        self._change_tenant(tenant_id, {"plan": plan.plan, "plan_version": plan.version}, audit)

    def set_alert_recipients(self, tenant_id: str, emails: Sequence[str], audit: AuditEntry) -> None:
        self._change_tenant(tenant_id, {"alert_recipients": list(emails)}, audit)

    def set_takes_estimates(self, tenant_id: str, takes: bool | None, audit: AuditEntry) -> None:
        self._change_tenant(tenant_id, {"takes_estimates": takes}, audit)

    def set_limits(self, tenant_id: str, overrides: LimitOverrides, audit: AuditEntry) -> None:
        self._change_tenant(tenant_id, {"limits": overrides.model_dump(exclude_none=True)}, audit)

    def change_grants(
        self, tenant_id: str, added: Sequence[Grant], removed: Collection[str], audit: AuditEntry
    ) -> None:
        self._commit_change(grants_write(self._tenant_name(tenant_id), added, removed), audit)

    def set_time_zone(self, tenant_id: str, time_zone: str, audit: AuditEntry) -> None:
        self._change_tenant(tenant_id, {"time_zone": time_zone}, audit)

    def set_suspended_at(self, tenant_id: str, at: datetime | None, audit: AuditEntry) -> None:
        self._change_tenant(tenant_id, {"suspended_at": at}, audit)

    def find_key(self, key_id: str) -> ApiKey | None:
        document = self._find(self._key_name(key_id))
        return read_key(document) if document else None

    def list_keys(self, tenant_id: str | None) -> list[ApiKey]:
        query = queries.where_equal(queries.all_of("api_keys"), "tenant_id", tenant_id)
        keys = [read_key(document) for document in self._rpc.query(self._rpc.documents, query)]
        return sorted(keys, key=lambda key: (key.created_at, key.id))

    def save_keys(self, keys: Sequence[ApiKey], audit: AuditEntry) -> None:
        writes = [key_write(self._key_name(key.id), key) for key in keys]
        self._rpc.commit([*writes, audit_write(self._rpc, audit)])

    def touch_key(self, key_id: str, used_at: datetime) -> None:
        write = change_write(self._key_name(key_id), {"last_used_at": used_at})
        try:
            self._rpc.commit([write], give_up_after_seconds=TOUCH_SECONDS)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.NOT_FOUND:
                raise Unavailable(f"Firestore refused the write ({error.code().name})") from error

    def list_audit(self, tenant_id: str | None, *, limit: int, cursor: str | None = None) -> Page[AuditEntry]:
        return _AUDIT.page(self._rpc, audit_parent(self._rpc, tenant_id), limit, cursor)

    def _change_tenant(self, tenant_id: str, fields: Mapping[str, object], audit: AuditEntry) -> None:
        self._commit_change(change_write(self._tenant_name(tenant_id), fields), audit)

    def _commit_change(self, write: Any, audit: AuditEntry) -> None:
        try:
            self._rpc.commit([write, audit_write(self._rpc, audit)])
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.NOT_FOUND:
                raise
            raise NotFound(f"tenant {audit.tenant_id!r} does not exist") from error

    def _find(self, name: str) -> Any:
        return self._rpc.batch_get([name]).get(name)

    def _tenant_name(self, tenant_id: str) -> str:
        return f"{self._rpc.documents}/tenants/{tenant_id}"

    def _key_name(self, key_id: str) -> str:
        return f"{self._rpc.documents}/api_keys/{key_id}"
