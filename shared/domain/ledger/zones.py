"""Owns time zones: the known ones, and those whose days can be cut from usage by the hour of UTC."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from shared.domain.errors import FieldProblem, InvalidInput, shown
from shared.domain.ledger.periods import Period

UTC_NAME: Final = "UTC"
_ONE_HOUR = timedelta(hours=1)
_NOT_IANA = frozenset({"Factory", "localtime", "posixrules"})
"""Files beside the zones on some systems; `localtime` is another zone on every machine."""


def find_zone(name: str) -> ZoneInfo | None:
    """Return the IANA time zone of this name, or None if there is none."""
    return ZoneInfo(name) if name in _known_names() else None


def zone_named(name: str, field: str) -> ZoneInfo:
    """Return the IANA time zone of this name; raise InvalidInput about `field` if there is none."""
    zone = find_zone(name)
    if zone is None:
        what = f"{shown(name)} is not a known time zone; send an IANA name such as Europe/Berlin"
        raise _invalid(field, "unknown_time_zone", what)
    return zone


def require_whole_hours(zone: ZoneInfo, within: Period, field: str) -> None:
    """Raise InvalidInput about `field` if the zone's offset is not a whole number of hours throughout `within`."""
    for hour in _hours(within):
        if _offset(hour.astimezone(zone)) % _ONE_HOUR:
            # Named by its end, as the day begins within the hour.
            local = (hour + _ONE_HOUR).astimezone(zone)
            what = (
                f"{zone.key} is {_words(local)} on {local.date()}. Usage is counted by the hour of UTC, so days "
                "can be cut only for a zone whose offset from UTC is a whole number of hours"
            )
            raise _invalid(field, "unsupported_time_zone", what)


def is_utc(zone: ZoneInfo, within: Period) -> bool:
    """Return True if the zone's clock shows UTC throughout `within`."""
    return zone.key == UTC_NAME or not any(_offset(hour.astimezone(zone)) for hour in _hours(within))


def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which a day begins in the zone: its midnight, or the end of a gap over it."""
    # With fold=0, a midnight that the clock jumps over is the jump, and one that it shows twice is the first.
    return datetime.combine(day, time(), zone).astimezone(UTC)


@cache
def _known_names() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_IANA


def _hours(within: Period) -> list[datetime]:
    count = (within.end - within.start) // _ONE_HOUR
    return [within.start + number * _ONE_HOUR for number in range(count)]


def _offset(local: datetime) -> timedelta:
    return local.utcoffset() or timedelta()


def _words(local: datetime) -> str:
    """Return the offset of a local time as `UTC+05:30`."""
    return f"UTC{local.isoformat()[19:25]}"


def _invalid(field: str, code: str, what: str) -> InvalidInput:
    message = f"{field}: {what}"
    return InvalidInput(message, (FieldProblem(field=field, code=code, message=message),))
