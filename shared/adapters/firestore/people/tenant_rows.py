"""Write and read the rows of the platform's list. What the tenant decides and what usage decides are fields apart."""

from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any

import grpc

from shared.adapters.firestore.encoding import from_microseconds, get_fields, microseconds
from shared.adapters.firestore.people.commits import commit_audited
from shared.adapters.firestore.people.tenants import (
    change_write,
    create_write,
    set_write,
    tenant_fields,
)
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.errors import Conflict
from shared.domain.people.audit import AuditEntry
from shared.domain.people.tenant_rows import (
    EventRate,
    RowTenant,
    RowUsage,
    TenantRow,
    new_row,
    row_tenant,
)
from shared.domain.people.tenants import Tenant

LAST_EVENT = "last_event_us"
"""In microseconds, because a maximum is one of numbers: a fold of an earlier day never moves it back."""
_LAST_EVENT_AT = "last_event_at"
_TENANT_FIELDS = tuple(field.name for field in fields_of(RowTenant))
_RATE_FIELDS = tuple(field.name for field in fields_of(EventRate))
_USAGE_FIELDS = tuple(
    field.name for field in fields_of(RowUsage) if field.name not in (_LAST_EVENT_AT, "rate")
)


def commit_new_tenant(
    rpc: FirestoreRpc, tenant: Tenant, audits: Sequence[AuditEntry], writes: Sequence[Any]
) -> None:
    """Commit a new tenant with its row, audit entries and other writes; raise Conflict if a document exists."""
    created = create_write(f"{rpc.documents}/tenants/{tenant.id}", tenant_fields(tenant))
    row = set_write(row_name(rpc.documents, tenant.id), row_fields(new_row(tenant)))
    try:
        commit_audited(rpc, [created, row, *writes], *audits)
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.ALREADY_EXISTS:
            raise
        raise Conflict(f"tenant {tenant.id!r} exists already") from error


def row_name(documents: str, tenant_id: str) -> str:
    return f"{documents}/tenant_index/{tenant_id}"


def row_tenant_write(documents: str, tenant: Tenant, now: datetime) -> Any:
    """Return a write of what the tenant decides; without a row, it makes one that the daily job completes."""
    fields = asdict(row_tenant(tenant, now))
    write = set_write(row_name(documents, tenant.id), fields)
    write.update_mask.field_paths.extend(fields)
    return write


def row_usage_write(documents: str, tenant_id: str, usage: RowUsage) -> Any:
    """Return a write of what usage decides; it fails if the tenant has no row."""
    fields = _usage_fields(usage)
    write = change_write(row_name(documents, tenant_id), fields)
    if usage.last_event_at is not None:
        transform = write.update_transforms.add(field_path=LAST_EVENT)
        transform.maximum.integer_value = microseconds(usage.last_event_at)
    return write


def row_fields(row: TenantRow) -> dict[str, object]:
    """Return all fields of a row."""
    fields = asdict(row.tenant)
    if row.usage is not None:
        last = row.usage.last_event_at
        fields |= _usage_fields(row.usage)
        fields[LAST_EVENT] = None if last is None else microseconds(last)
    return fields


def read_row(document: Any) -> TenantRow:
    """Return the row that these writes have left."""
    fields = get_fields(document.fields)
    tenant = RowTenant(**{name: fields[name] for name in _TENANT_FIELDS if name in fields})
    return TenantRow(id=document.name.rpartition("/")[2], tenant=tenant, usage=_usage(fields))


def _usage_fields(usage: RowUsage) -> dict[str, object]:
    """Return the fields of usage, but the last event; without a rate, those of the rate are left as they are."""
    rate = asdict(usage.rate) if usage.rate else {}
    return {name: getattr(usage, name) for name in _USAGE_FIELDS} | rate


def _usage(fields: dict[str, Any]) -> RowUsage | None:
    if "period_end" not in fields:
        return None
    last = fields.get(LAST_EVENT)
    known = {name: fields[name] for name in _USAGE_FIELDS}
    rate = EventRate(*(fields[name] for name in _RATE_FIELDS)) if "rated_at" in fields else None
    return RowUsage(
        last_event_at=None if last is None else from_microseconds(last),
        rate=rate,
        **known,
    )
