"""Owns billing periods: boundaries counted from the anchor, in UTC, with month ends that clamp and come back."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta

_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


def boundary(anchor: int, interval: str, steps: int) -> int:
    """Return the boundary `steps` intervals after the anchor, in unix seconds."""
    start = datetime.fromtimestamp(anchor, UTC)
    if interval in _DAYS:
        return int((start + timedelta(days=_DAYS[interval] * steps)).timestamp())
    months = start.year * 12 + start.month - 1 + _MONTHS[interval] * steps
    year, month = divmod(months, 12)
    day = min(start.day, monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def period_at(anchor: int, interval: str, interval_count: int, instant: int) -> tuple[int, int]:
    """Return the period [start, end) that holds `instant`, which is not before the anchor."""
    steps = 0
    while boundary(anchor, interval, steps + interval_count) <= instant:
        steps += interval_count
    return boundary(anchor, interval, steps), boundary(anchor, interval, steps + interval_count)
