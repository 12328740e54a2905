"""Write and read the Firestore documents of tenants, keys and audit entries."""

from collections.abc import Mapping
from dataclasses import fields as fields_of
from dataclasses import replace
from itertools import starmap
from typing import Any
from uuid import uuid4

from shared.adapters.firestore.encoding import Write, decode_key, encode_key, get_fields, read_as, set_fields
from shared.adapters.firestore.people.budgets import SET_BUDGETS, budget_fields, read_budgets
from shared.adapters.firestore.people.grants import GRANTS, grants_fields, read_grants
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.ledger.counter_settings import LONGEST_FOLD_MINUTES, CounterSettings
from shared.domain.ledger.zones import UTC_NAME
from shared.domain.limits.entitlement import Entitlement
from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.plans import PlanVersion
from shared.domain.people.audit import AUDIT_KEPT_FOR, AuditEntry
from shared.domain.people.keys import ENDED_KEYS_KEPT_FOR, ApiKey
from shared.domain.people.tenants import BillingSummary, Tenant

HAS_CORRECTIONS = "has_corrections"
TENANT_FIELDS = (
    "name",
    "plan",
    "plan_version",
    "least_versions",
    "limits",
    GRANTS,
    SET_BUDGETS,
    "on_unreadable",
    "period",
    "created_at",
    "alert_recipients",
    "takes_estimates",
    "time_zone",
    "suspended_at",
    "ended_at",
    "metadata",
    "created_from",
    "billing",
    "counter_shards",
    "most_counter_shards",
    "counter_shards_lowered_at",
    "complete_until",
    "fold_minutes",
    "full_until",
    "tag_names",
    "has_holds",
    HAS_CORRECTIONS,
)
"""All fields of a tenant's document, for reads with a field mask."""
PLAN_FIELDS = (
    *("name", "created_at", "limits", "period", "plan", "plan_version", "least_versions", GRANTS),
    *(
        "billing.entitlement",
        "billing.status",
        "billing.interval",
        "billing.scheduled_plan",
        "billing.scheduled_at",
    ),
)
"""The fields of a tenant's document that concern its plan."""
_EXPIRE_AT = "expire_at"
"""The field after which Firestore deletes a document (TTL)."""
_SUMMARY_FIELDS = tuple(field.name for field in fields_of(BillingSummary))


def create_write(name: str, fields: Mapping[str, object]) -> Any:
    """Return a write that creates a document; it fails if the document exists."""
    write = set_write(name, fields)
    write.current_document.exists = False
    return write


def set_write(name: str, fields: Mapping[str, object]) -> Any:
    """Return a write that creates or replaces a document."""
    write = Write()
    write.update.name = name
    set_fields(write.update.fields, fields)
    return write


def change_write(name: str, fields: Mapping[str, object]) -> Any:
    """Return a write that changes only `fields`; it fails if the document does not exist."""
    write = set_write(name, fields)
    write.update_mask.field_paths.extend(fields)
    write.current_document.exists = True
    return write


def delete_write(name: str) -> Any:
    """Return a write that deletes a document, if it exists."""
    write = Write()
    write.delete = name
    return write


def raise_shards_write(name: str, counter_shards: int) -> Any:
    """Return a write that raises a tenant's number of counter shards to `counter_shards`, and never lowers it."""
    write = Write()
    write.update.name = name
    write.update_mask.SetInParent()
    write.update_transforms.add(field_path="counter_shards").maximum.integer_value = counter_shards
    write.current_document.exists = True
    return write


def tenant_fields(tenant: Tenant) -> dict[str, object]:
    """Return the fields of a new tenant's document."""
    return {
        "name": tenant.name,
        **plan_fields(tenant),
        "limits": tenant.overrides.model_dump(exclude_none=True),
        GRANTS: grants_fields(tenant.grants),
        SET_BUDGETS: budget_fields(tenant.budgets),
        "on_unreadable": tenant.on_unreadable,
        "period": {"anchor": tenant.anchor},
        "created_at": tenant.created_at,
        **_counter_fields(tenant.counters),
        "alert_recipients": list(tenant.alert_recipients),
        "takes_estimates": tenant.takes_estimates,
        "time_zone": tenant.time_zone,
        "suspended_at": tenant.suspended_at,
        "ended_at": tenant.ended_at,
        "metadata": metadata_fields(tenant.metadata),
        "created_from": tenant.created_from,
    }


def plan_fields(tenant: Tenant) -> dict[str, object]:
    """Return the fields of a tenant's plan; the versions that it was moved to are a map by plan."""
    return {
        "plan": tenant.plan,
        "plan_version": tenant.plan_version,
        "least_versions": dict(tenant.least_versions),
    }


def metadata_fields(metadata: Mapping[str, str]) -> dict[str, object]:
    """Return metadata with keys that are legal in a map."""
    return {encode_key(key): value for key, value in metadata.items()}


def counter_settings_write(name: str, settings: CounterSettings, version: Any) -> Any:
    """Return a write of the counter settings that fails if the tenant has changed since `version`."""
    write = set_write(name, _counter_fields(settings))
    write.update_mask.field_paths.extend(_counter_fields(settings))
    write.current_document.update_time.CopyFrom(version)
    return write


def _counter_fields(settings: CounterSettings) -> dict[str, object]:
    return {
        "counter_shards": settings.shards,
        "most_counter_shards": settings.most_shards,
        "counter_shards_lowered_at": settings.lowered_at,
        "complete_until": settings.complete_until,
        "fold_minutes": settings.fold_minutes,
        "full_until": settings.full_until,
        "tag_names": settings.tag_names,
    }


def _read_counter_settings(fields: Mapping[str, Any]) -> CounterSettings:
    return CounterSettings(
        shards=fields.get("counter_shards", 1),
        most_shards=fields.get("most_counter_shards", 1),
        lowered_at=fields.get("counter_shards_lowered_at"),
        complete_until=fields.get("complete_until"),
        fold_minutes=fields.get("fold_minutes", LONGEST_FOLD_MINUTES),
        full_until=fields.get("full_until"),
        tag_names=tuple(fields.get("tag_names", ())),
    )


def read_tenant(document: Any) -> Tenant:
    """Return the tenant of a document."""
    fields = get_fields(document.fields)
    period, billing = fields.get("period", {}), fields.get("billing", {})
    return Tenant(
        id=document.name.rpartition("/")[2],
        name=fields["name"],
        plan=fields["plan"],
        plan_version=fields.get("plan_version", 1),
        least_versions=tuple(starmap(PlanVersion, sorted(fields.get("least_versions", {}).items()))),
        created_at=fields["created_at"],
        overrides=read_as(LimitOverrides, fields.get("limits", {})),
        anchor=period.get("anchor"),
        counters=_read_counter_settings(fields),
        entitlement=_read_entitlement(billing.get("entitlement")),
        billing=_read_summary(billing),
        alert_recipients=tuple(fields.get("alert_recipients", ())),
        takes_estimates=fields.get("takes_estimates"),
        time_zone=fields.get("time_zone", UTC_NAME),
        grants=read_grants(fields.get(GRANTS, {})),
        budgets=read_budgets(fields.get(SET_BUDGETS, {})),
        on_unreadable=fields.get("on_unreadable", "closed"),
        has_holds=fields.get("has_holds", False),
        has_corrections=fields.get(HAS_CORRECTIONS, False),
        suspended_at=fields.get("suspended_at"),
        ended_at=fields.get("ended_at"),
        metadata={decode_key(key): value for key, value in fields.get("metadata", {}).items()},
        created_from=fields.get("created_from"),
        version=document.update_time,
    )


def entitlement_fields(granted: Entitlement | None) -> dict[str, object] | None:
    """Return an entitlement, with the one that follows it, as a map."""
    if granted is None:
        return None
    return {
        "plan": granted.plan,
        # Only where it says something: an instance that is being replaced does not know the field.
        **({"plan_version": granted.plan_version} if granted.plan_version > 1 else {}),
        "until": granted.until,
        "subscription_id": granted.subscription_id,
        "anchor": granted.anchor,
        "interval": granted.interval,
        "quantity": granted.quantity,
        "then": entitlement_fields(granted.then),
    }


def _read_summary(billing: Mapping[str, Any]) -> BillingSummary:
    summary = BillingSummary(**{name: billing[name] for name in _SUMMARY_FIELDS if name in billing})
    if "ends_at" in billing or not summary.cancel_at_period_end:
        return summary
    # Written before `ends_at` existed.
    return replace(summary, ends_at=summary.period_end)


def _read_entitlement(fields: dict[str, Any] | None) -> Entitlement | None:
    if fields is None:
        return None
    return read_as(Entitlement, fields, then=_read_entitlement(fields["then"]))


def key_write(name: str, key: ApiKey) -> Any:
    """Return a write that creates or replaces a key, but keeps its last use and its revocation.

    Another instance may have stored either since the key was read.
    """
    unchanged = () if key.revoked_at else ("revoked_at",) if key.expires_at else ("revoked_at", _EXPIRE_AT)
    # What the mask leaves out is not written either: a lost response is recognised by what the write contains.
    fields = {field: value for field, value in key_fields(key).items() if field not in unchanged}
    write = set_write(name, fields)
    write.update_mask.field_paths.extend(fields)
    return write


def key_fields(key: ApiKey) -> dict[str, object]:
    """Return the fields of a key's document, except its last use, which touch_key writes."""
    return {
        "tenant_id": key.tenant_id,
        "scopes": list(key.scopes),
        "label": key.label,
        "prefix": key.prefix,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "created_by": key.created_by,
        _EXPIRE_AT: key.ends_at + ENDED_KEYS_KEPT_FOR if key.ends_at else None,
    }


def read_key(document: Any) -> ApiKey:
    fields = get_fields(document.fields)
    return read_as(ApiKey, fields, id=document.name.rpartition("/")[2], scopes=tuple(fields["scopes"]))


def audit_write(rpc: FirestoreRpc, entry: AuditEntry) -> Any:
    # Not a create, whose repetition after a lost response would be refused and cost a read.
    return set_write(f"{audit_parent(rpc, entry.tenant_id)}/audit/{uuid4().hex}", audit_fields(entry))


def audit_parent(rpc: FirestoreRpc, tenant_id: str | None) -> str:
    """Return the name below which the audit log of a tenant, or of the platform, lies."""
    return f"{rpc.documents}/tenants/{tenant_id}" if tenant_id is not None else rpc.documents


def audit_fields(entry: AuditEntry) -> dict[str, object]:
    return {
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "before": entry.before,
        "after": entry.after,
        "reason": entry.reason,
        _EXPIRE_AT: entry.at + AUDIT_KEPT_FOR,
    }


def read_audit(document: Any) -> AuditEntry:
    fields = get_fields(document.fields)
    *_, collection, owner, _, _ = document.name.split("/")
    return read_as(AuditEntry, fields, tenant_id=owner if collection == "tenants" else None)
