"""Change the time zone whose days a tenant's dashboard shows."""

from datetime import UTC, datetime, timedelta

from shared.domain.ledger.periods import Period
from shared.domain.ledger.zones import require_whole_hours, zone_named
from shared.domain.people.tenants import Change, Tenant
from shared.ports import Directory

_ONE_YEAR = timedelta(days=366)


def set_time_zone(directory: Directory, tenant: Tenant, name: str, change: Change) -> str:
    """Store the time zone and return it.

    Raise InvalidInput for an unknown zone, and for one whose days cannot be cut by the hour of UTC now or within a
    year. The same zone again leaves no audit entry.
    """
    zone = zone_named(name, "time_zone")
    require_whole_hours(zone, _years_around(change.at), "time_zone")
    if zone.key != tenant.time_zone:
        entry = change.entry(tenant.id, "time_zone.changed", tenant.time_zone, zone.key)
        directory.set_time_zone(tenant.id, zone.key, entry)
    return zone.key


def _years_around(now: datetime) -> Period:
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return Period(hour - _ONE_YEAR, hour + _ONE_YEAR)
