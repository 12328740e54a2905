"""Directory on Firestore: tenants, keys and the audit log."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.paging import Listing
from shared.adapters.firestore.people.budgets import SET_BUDGETS, budget_fields
from shared.adapters.firestore.people.commits import commit_audited, find_receipt
from shared.adapters.firestore.people.grants import grants_write
from shared.adapters.firestore.people.tenant_rows import commit_new_tenant, row_tenant_write
from shared.adapters.firestore.people.tenants import (
    audit_parent,
    change_write,
    create_write,
    key_fields,
    key_write,
    metadata_fields,
    read_audit,
    read_key,
    read_tenant,
)
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.errors import NotFound, Unavailable
from shared.domain.limits.budgets import Budget, OnUnreadable
from shared.domain.limits.grants import Grant
from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.plans import PlanVersion
from shared.domain.people.audit import AuditEntry
from shared.domain.people.keys import ApiKey
from shared.domain.people.receipts import Receipt
from shared.domain.people.tenants import Tenant, TenantProfile
from shared.ports import Page, StaleTenant

_MAX_TRIES = 10
_STALE = frozenset({grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.NOT_FOUND})
TOUCH_SECONDS = 0.3
"""The most that storing a key's last use may delay a request; a commit usually takes a tenth of this."""
_AUDIT = Listing("audit", "at", read_audit)


def _unknown(tenant_id: str) -> NotFound:
    return NotFound(f"tenant {tenant_id!r} does not exist")


class FirestoreDirectory:
    """Directory on Firestore; every change is committed together with its audit entry."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc

    def create_tenant(self, tenant: Tenant, key: ApiKey | None, audit: AuditEntry) -> None:
        keys = [create_write(self._key_name(key.id), key_fields(key))] if key else []
        commit_new_tenant(self._rpc, tenant, [audit], keys)

    def find_tenant(self, tenant_id: str) -> Tenant | None:
        document = self._find(self._tenant_name(tenant_id))
        return read_tenant(document) if document else None

    def find_tenants(self, tenant_ids: Collection[str]) -> list[Tenant]:
        names = [self._tenant_name(each) for each in tenant_ids]
        return [read_tenant(each) for each in self._rpc.batch_get(names).values()]

    def set_plan(self, tenant_id: str, plan: PlanVersion, audit: AuditEntry) -> None:
        fields: dict[str, Any] = {"plan": plan.plan, "plan_version": plan.version}
        write = change_write(self._tenant_name(tenant_id), fields)
        self._change_listed(lambda tenant: replace(tenant, **fields), write, audit)

    def set_alert_recipients(
        self, tenant_id: str, emails: Sequence[str], audit: AuditEntry, version: object = None
    ) -> None:
        self._change_tenant(tenant_id, {"alert_recipients": list(emails)}, audit, version)

    def set_takes_estimates(self, tenant_id: str, takes: bool | None, audit: AuditEntry) -> None:
        self._change_tenant(tenant_id, {"takes_estimates": takes}, audit)

    def set_limits(
        self, tenant_id: str, overrides: LimitOverrides, audit: AuditEntry, version: object = None
    ) -> None:
        limits = overrides.model_dump(exclude_none=True)
        self._change_tenant(tenant_id, {"limits": limits}, audit, version)

    def change_grants(
        self, tenant_id: str, added: Sequence[Grant], removed: Collection[str], audit: AuditEntry
    ) -> None:
        write = grants_write(self._tenant_name(tenant_id), added, removed)
        self._commit_change(tenant_id, write, audit)

    def set_budgets(
        self, tenant_id: str, budgets: Sequence[Budget], audit: AuditEntry, version: object = None
    ) -> None:
        self._change_tenant(tenant_id, {SET_BUDGETS: budget_fields(budgets)}, audit, version)

    def set_on_unreadable(self, tenant_id: str, policy: OnUnreadable, audit: AuditEntry) -> None:
        self._change_tenant(tenant_id, {"on_unreadable": policy}, audit)

    def set_time_zone(
        self, tenant_id: str, time_zone: str, audit: AuditEntry, version: object = None
    ) -> None:
        self._change_tenant(tenant_id, {"time_zone": time_zone}, audit, version)

    def set_suspended_at(self, tenant_id: str, at: datetime | None, audit: AuditEntry) -> None:
        write = change_write(self._tenant_name(tenant_id), {"suspended_at": at})
        self._change_listed(lambda tenant: replace(tenant, suspended_at=at), write, audit)

    def set_ended_at(self, tenant_id: str, at: datetime | None, audit: AuditEntry) -> None:
        write = change_write(self._tenant_name(tenant_id), {"ended_at": at})
        self._change_listed(lambda tenant: replace(tenant, ended_at=at), write, audit)

    def set_profile(
        self, tenant_id: str, profile: TenantProfile, audit: AuditEntry, version: object = None
    ) -> None:
        fields = {"name": profile.name, "metadata": metadata_fields(profile.metadata)}
        write = change_write(self._tenant_name(tenant_id), fields)
        self._change_listed(lambda tenant: replace(tenant, name=profile.name), write, audit, version)

    def find_key(self, key_id: str) -> ApiKey | None:
        document = self._find(self._key_name(key_id))
        return read_key(document) if document else None

    def list_keys(self, tenant_id: str | None) -> list[ApiKey]:
        query = queries.where_equal(queries.all_of("api_keys"), "tenant_id", tenant_id)
        keys = [read_key(document) for document in self._rpc.query(self._rpc.documents, query)]
        return sorted(keys, key=lambda key: (key.created_at, key.id))

    def save_keys(self, keys: Sequence[ApiKey], audit: AuditEntry) -> None:
        commit_audited(self._rpc, [key_write(self._key_name(key.id), key) for key in keys], audit)

    def touch_key(self, key_id: str, used_at: datetime) -> None:
        write = change_write(self._key_name(key_id), {"last_used_at": used_at})
        try:
            self._rpc.commit([write], give_up_after_seconds=TOUCH_SECONDS)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.NOT_FOUND:
                raise Unavailable(f"Firestore refused the write ({error.code().name})") from error

    def list_audit(self, tenant_id: str | None, *, limit: int, cursor: str | None = None) -> Page[AuditEntry]:
        return _AUDIT.page(self._rpc, audit_parent(self._rpc, tenant_id), limit, cursor)

    def find_receipt(self, receipt_id: str) -> Receipt | None:
        return find_receipt(self._rpc, receipt_id)

    def _change_tenant(
        self, tenant_id: str, fields: Mapping[str, object], audit: AuditEntry, version: Any = None
    ) -> None:
        write = change_write(self._tenant_name(tenant_id), fields)
        if version is not None:
            write.current_document.update_time.CopyFrom(version)
        self._commit_change(tenant_id, write, audit)

    def _commit_change(self, tenant_id: str, write: Any, audit: AuditEntry) -> None:
        try:
            commit_audited(self._rpc, [write], audit)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.FAILED_PRECONDITION:
                raise StaleTenant from error
            if error.code() != grpc.StatusCode.NOT_FOUND:
                raise
            raise _unknown(tenant_id) from error

    def _change_listed(
        self, change: Callable[[Tenant], Tenant], write: Any, audit: AuditEntry, version: object = None
    ) -> None:
        """Commit a change with the tenant's row, which shows the whole tenant: on condition that it is as read."""
        tenant_id = write.update.name.rpartition("/")[2]
        for _ in range(_MAX_TRIES):
            document = self._find(write.update.name)
            if document is None:
                raise _unknown(tenant_id)
            if version not in (None, document.update_time):
                raise StaleTenant
            write.current_document.update_time.CopyFrom(document.update_time)
            row = row_tenant_write(self._rpc.documents, change(read_tenant(document)), audit.at)
            try:
                commit_audited(self._rpc, [write, row], audit)
            except grpc.RpcError as error:
                if error.code() not in _STALE:
                    raise
            else:
                return
        raise Unavailable(f"too many requests are changing tenant {tenant_id!r} at once")

    def _find(self, name: str) -> Any:
        return self._rpc.batch_get([name]).get(name)

    def _tenant_name(self, tenant_id: str) -> str:
        return f"{self._rpc.documents}/tenants/{tenant_id}"

    def _key_name(self, key_id: str) -> str:
        return f"{self._rpc.documents}/api_keys/{key_id}"
