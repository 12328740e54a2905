"""Compares the usage of a metering period, or of any interval, with the one before it: in sums and day by day."""

from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, zip_longest
from zoneinfo import ZoneInfo

from shared.domain.ledger.comparison import part_so_far
from shared.domain.ledger.counters import Totals, sum_totals
from shared.domain.ledger.periods import Period
from shared.domain.ledger.steps import Step
from shared.domain.ledger.usage import Detail, Usage
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.ledger.read_series import Point, SeriesRequest, read_series
from shared.usecases.limits.read_usage import require_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The interval that is shown, the one that it is compared with, and the instant up to which both are counted."""

    current: Period
    previous: Period
    until: datetime

    @property
    def part(self) -> Period:
        """The part of the previous interval that is as long as the current one has lasted."""
        return part_so_far(self.previous, self.current, self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedDay:
    """A day of the current interval, if it has one of this number, beside the same day of the previous one.

    `sum` and `previous_sum` are the totals from the beginning of each interval to the end of the day.
    """

    step: Step | None
    """None for the last days of a previous interval that is longer."""
    has_begun: bool
    sum: Totals
    previous_step: Step | None
    previous: Totals
    previous_sum: Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The usage of two intervals, of the previous one only as far as the current one has come."""

    compared: Compared
    current: Usage
    previous: Usage
    days: list[ComparedDay]


def compare_usage(ledger: Ledger, known: Tenant, of: tuple[Compared, ZoneInfo], now: datetime) -> Comparison:
    """Return the comparison. `known` may be a minute old; raise InvalidInput for too long an interval, and for a zone
    whose days are not whole hours.
    """
    compared, zone = of
    require_days(compared.current)

    def points(within: Period) -> list[Point]:
        return read_series(ledger, known, SeriesRequest(within=within, granularity="day", zone=zone), now)

    return Comparison(
        compared=compared,
        current=ledger.within(known, compared.current, Detail.TOTALS, now).usage,
        previous=ledger.within(known, compared.part, Detail.TOTALS, now).usage,
        days=_days(points(compared.current), points(compared.previous), compared.until),
    )


def _days(current: list[Point], previous: list[Point], until: datetime) -> list[ComparedDay]:
    pairs = zip_longest(
        zip(current, _sums(current), strict=True), zip(previous, _sums(previous), strict=True)
    )
    return [
        ComparedDay(
            step=ours[0].step if ours else None,
            has_begun=ours is not None and ours[0].step.start < until,
            sum=ours[1] if ours else {},
            previous_step=theirs[0].step if theirs else None,
            previous=theirs[0].totals if theirs else {},
            previous_sum=theirs[1] if theirs else {},
        )
        for ours, theirs in pairs
    ]


def _sums(points: list[Point]) -> list[Totals]:
    """Return the total up to each point."""
    return list(
        accumulate((point.totals for point in points), lambda so_far, more: sum_totals((so_far, more)))
    )
