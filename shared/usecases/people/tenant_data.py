"""Export all data of a tenant, erase a person from it, or delete it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, is_dataclass, replace
from dataclasses import fields as fields_of
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic_core import to_jsonable_python

from shared.domain.errors import Conflict
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.periods import days_of_month, month_of, start_of
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.ports import (
    BillingStore,
    CorrectionsWanted,
    Directory,
    Endpoints,
    EventsWanted,
    Members,
    Page,
    TenantData,
    UsageStore,
)
from shared.usecases.people.manage_tenants import existing_tenant

Line = dict[str, Any]

DELETABLE_AFTER = timedelta(days=30)
"""For so long an ended tenant may come back, and ask for its data."""
LAST_KIND = "end"
"""The kind of the line that only a complete export has."""
_PAGE = 500
_SECRETS = ("secret", "previous_secret", "version", "receipt")


@dataclass(frozen=True, slots=True)
class ExportedStores:
    """The stores that an export reads."""

    directory: Directory
    members: Members
    usage: UsageStore
    billing: BillingStore
    endpoints: Endpoints


def export_tenant(stores: ExportedStores, tenant_id: str, now: datetime) -> Iterator[Line]:
    """Yield everything that is stored of a tenant but for secrets, in pages; raise NotFound.

    Each line names its kind as `object`. The last one is of the kind `end` and counts the others. What is recorded
    meanwhile may be missing.
    """
    tenant = existing_tenant(stores.directory, tenant_id)
    count = 0
    for kind, items in _parts(stores, tenant, now):
        for item in items:
            count += 1
            yield {"object": kind, **_fields(item)}
    yield {"object": LAST_KIND, "tenant_id": tenant_id, "exported_at": now.isoformat(), "lines": count}


def erase_user(
    data: TenantData, tenant_id: str, user_id: str, place: str | None = None
) -> Iterator[tuple[int, str | None]]:
    """Erase a user from a tenant's events; yield how many were rewritten so far, and the place reached.

    Begun again at a place, or from the start, it does what is left: an erased event no longer names the user.
    """
    rewritten = 0
    while True:
        found = data.erase_user(tenant_id, user_id, place)
        rewritten, place = rewritten + found.rewritten, found.next_place
        yield rewritten, place
        if place is None:
            return


def erase_name(data: TenantData, tenant: Tenant, user_id: str) -> int:
    """Erase a user from the sums by name and from budgets; return how many documents had the name."""
    return data.erase_name(
        tenant.id, user_id, {each.key for each in tenant.budgets if each.scope.kind != "user"}
    )


def deletable_tenant(directory: Directory, tenant_id: str, now: datetime) -> Tenant:
    """Return a tenant that may be deleted; raise NotFound, or Conflict if it has not ended long enough ago."""
    tenant = existing_tenant(directory, tenant_id)
    if tenant.ended_at is None:
        message = f"tenant {tenant_id!r} has not ended; end it first, then wait {DELETABLE_AFTER.days} days"
        raise Conflict(message, code="tenant_not_ended")
    if now < (deletable_at := tenant.ended_at + DELETABLE_AFTER):
        message = f"tenant {tenant_id!r} ended {tenant.ended_at:%Y-%m-%d}; wait until {deletable_at:%Y-%m-%d}"
        raise Conflict(message, code="tenant_ended_lately")
    return tenant


def delete_tenant(data: TenantData, tenant: Tenant, change: Change) -> Iterator[int]:
    """Delete all data of a tenant; yield how many documents are gone so far.

    The tenant itself goes last, so that a repeated call finds it and does what is left.
    """
    deleted = 0
    while some := data.delete_some(tenant.id):
        deleted += some
        yield deleted
    data.delete_tenant(tenant.id, change.entry(None, "tenant.deleted", tenant.id, None))


def _parts(stores: ExportedStores, tenant: Tenant, now: datetime) -> Iterator[tuple[str, Iterator[object]]]:
    """Yield each kind of data with its items, which are read while they are written."""
    usage, billing, of = stores.usage, stores.billing, tenant.id
    yield "tenant", iter([tenant])
    yield "member", iter(stores.members.list_members(of))
    yield "invitation", iter(stores.members.list_invitations(of))
    yield "api_key", iter(stores.directory.list_keys(of))
    yield "endpoint", iter(stores.endpoints.list_endpoints(of))
    yield "invoice", _all(lambda cursor: billing.list_invoices(of, limit=_PAGE, cursor=cursor))
    yield "alert", _all(lambda cursor: usage.list_alerts(of, limit=_PAGE, cursor=cursor))
    yield "audit", _all(lambda cursor: stores.directory.list_audit(of, limit=_PAGE, cursor=cursor))
    yield "usage", _hours(usage, tenant, now)
    yield "run", _all(lambda cursor: usage.list_runs(of, limit=_PAGE, cursor=cursor))
    yield "event", _events(usage, tenant)


def _all(page_at: Callable[[str | None], Page[Any]]) -> Iterator[Any]:
    cursor: str | None = None
    while True:
        page = page_at(cursor)
        yield from page.items
        if (cursor := page.next_cursor) is None:
            return


def _events(usage: UsageStore, tenant: Tenant) -> Iterator[RecordedEvent]:
    """Yield all events as they were recorded, each with its correction."""
    if tenant.has_corrections:
        yield from _all(partial(_page_of_events, usage, tenant))
    else:
        yield from usage.scan_events(tenant.id, with_metadata=True)


def _page_of_events(usage: UsageStore, tenant: Tenant, cursor: str | None) -> Page[RecordedEvent]:
    """Return events as they were recorded, each with its correction."""
    page = usage.list_events(tenant.id, EventsWanted(with_metadata=True), limit=_PAGE, cursor=cursor)
    if not page.items:
        return page
    found = usage.list_corrections(tenant.id, CorrectionsWanted.of(page.items))
    corrections = {identity: replace(each, version=None) for identity, each in found.items()}
    events = [event._replace(correction=corrections.get(event.identity)) for event in page.items]
    return Page(events, page.next_cursor)


def _hours(usage: UsageStore, tenant: Tenant, now: datetime) -> Iterator[Line]:
    """Yield the folded usage of each hour, provider and model, a day's documents at a time."""
    # Events may be older than the tenant, by their retention at most.
    month = month_of((tenant.created_at - timedelta(days=62)).date())
    while month <= now.date():
        for day in days_of_month(month):
            rollups = usage.read(tenant.id, Wanted(days=(day,), fields=frozenset({"hours"}))).documents.days
            for cell, totals in sorted(rollups[day].cells.items()) if day in rollups else ():
                hour = start_of(day) + timedelta(hours=cell.hour)
                amounts: Line = dict(totals.items())
                yield {"hour": hour.isoformat(), **cell.series._asdict(), **amounts}
        month = month_of(month + timedelta(days=31))


def _fields(item: object) -> Line:
    """Return the fields of an item as JSON has them, without secrets."""
    if isinstance(item, dict):
        return item
    if isinstance(item, tuple) and hasattr(item, "_asdict"):
        fields: Line = item._asdict()
    elif is_dataclass(item) and not isinstance(item, type):
        fields = {name: getattr(item, name) for name in item.__dataclass_fields__}
    else:
        raise TypeError(f"{item!r} has no fields to export")
    hidden = {name for name in fields if name in _SECRETS or name.startswith("_")}
    shown = {name: value for name, value in fields.items() if name not in hidden}
    return {name: to_jsonable_python(_plain(value)) for name, value in shown.items()}


def _plain(value: object) -> object:
    """Return a named tuple or a record within an item, and those within it, as a map."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: _plain(part) for name, part in value._asdict().items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields_of(value)}
    return value
