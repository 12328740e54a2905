"""Ranges of time in query strings. Usage is counted by the hour, so each edge moves back to a full hour."""

from datetime import UTC, datetime, timedelta

from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.ledger.periods import Period
from shared.domain.ledger.zones import require_whole_hours, zone_named
from shared.http.inputs import PeriodQuery

_ONE_HOUR = timedelta(hours=1)


def whole_hours(start: datetime, end: datetime) -> Period:
    """Return [start, end) with both edges moved back to a full hour, so that neighbouring ranges never overlap.

    Raises InvalidInput if nothing is left.
    """
    first, last = _hour_of(start), _hour_of(end)
    if first >= last:
        message = f"{start.isoformat()} is not before to {end.isoformat()}"
        if start < end:
            message += ", once both are moved back to a full hour"
        raise _invalid("from", "empty_range", message)
    return Period(first, last)


def interval_of(query: PeriodQuery) -> Period | None:
    """Return the interval in `query`, or None if it has none.

    Raises InvalidInput if one end is missing, and for a time zone whose dates do not begin on an hour of UTC.
    """
    zone = zone_named(query.tz, "tz")
    if query.start is None and query.to is None:
        return None
    if query.period is not None:
        raise _invalid(
            "period", "contradictory", f"{query.period!r} is a range of its own: leave out from and to"
        )
    if query.start is None:
        raise _invalid("from", "missing", "missing, but to is given: an interval has both")
    if query.to is None:
        raise _invalid("to", "missing", "missing, but from is given: an interval has both")
    within = whole_hours(query.start, query.to)
    for edge in (within.start, within.end):
        require_whole_hours(zone, Period(edge, edge + _ONE_HOUR), "tz")
    return within


def next_hour(instant: datetime) -> datetime:
    """Return the first whole hour in UTC that is not before `instant`."""
    hour = _hour_of(instant)
    return hour if hour == instant else hour + _ONE_HOUR


def _hour_of(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _invalid(field: str, code: str, what: str) -> InvalidInput:
    message = f"{field}: {what}"
    return InvalidInput(message, (FieldProblem(field=field, code=code, message=message),))
