"""Change the time zone whose days a tenant's dashboard shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.domain.ledger.periods import Period
from shared.domain.ledger.zones import require_whole_hours, zone_named
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.domain.versions import require_version, version_of
from shared.ports import Directory
from shared.usecases.people.edit_tenant import edit_tenant

_ONE_YEAR = timedelta(days=366)


def set_time_zone(directory: Directory, tenant: Tenant, name: str, change: Change) -> Tenant:
    """Store the time zone and return the tenant with it.

    Raise InvalidInput for an unknown zone, and for one whose days cannot be cut by the hour of UTC now or within a
    year; Conflict if it has changed meanwhile. The same zone again leaves no audit entry.
    """
    zone = zone_named(name, "time_zone")
    require_whole_hours(zone, _years_around(change.at), "time_zone")

    def edit(current: Tenant) -> Tenant:
        require_version(change.based_on, time_zone_version(current))
        if zone.key != current.time_zone:
            entry = change.entry(tenant.id, "time_zone.changed", current.time_zone, zone.key)
            directory.set_time_zone(tenant.id, zone.key, entry, current.version)
        return replace(current, time_zone=zone.key)

    return edit_tenant(directory, tenant, edit)


def time_zone_version(tenant: Tenant) -> str:
    return version_of(tenant.time_zone)


def _years_around(now: datetime) -> Period:
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return Period(hour - _ONE_YEAR, hour + _ONE_YEAR)
