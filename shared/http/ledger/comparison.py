"""The route that compares usage with the period before."""

from datetime import datetime, timedelta
from typing import Final

from flask import Response
from pydantic import Field

from shared.domain.ledger.comparison import change_percent, changes, preceding
from shared.domain.ledger.counters import Totals
from shared.domain.ledger.periods import period_at, previous
from shared.domain.ledger.sums import cost_status_of
from shared.domain.ledger.usage import Usage
from shared.domain.ledger.zones import zone_named
from shared.domain.prices.money import usd_string
from shared.http.bodies import read_query
from shared.http.inputs import PeriodQuery
from shared.http.ledger.amounts import COST, Amounts, CostStatusOfSum, amounts
from shared.http.ledger.ranges import interval_of, next_hour
from shared.http.negotiation import tagged_response
from shared.http.responses import ResponseModel, Usd
from shared.http.routes import Call, Container, Route
from shared.usecases.limits.compare_usage import Compared, ComparedDay, Comparison, compare_usage

_SMALLEST_STEP: Final = timedelta(microseconds=1)
_NAMES: Final = {COST: "cost"}


class ComparedUsage(Amounts):
    """The usage of an interval, as far as it is compared."""

    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    runs: int

    @classmethod
    def of(cls, usage: Usage, end: datetime) -> "ComparedUsage":
        return cls(start=usage.within.start, end=end, runs=usage.runs, **amounts(usage.totals))


class TotalTokens(ResponseModel):
    """Tokens in all."""

    total: int


class DayAmounts(ResponseModel):
    """The measures of a chart."""

    calls: int
    tokens: TotalTokens
    cost_usd: Usd
    cost_status: CostStatusOfSum

    @classmethod
    def of(cls, totals: Totals) -> "DayAmounts":
        return cls(
            calls=totals.get("calls", 0),
            tokens=TotalTokens(total=totals.get("total_tokens", 0)),
            cost_usd=usd_string(totals.get(COST, 0)),
            cost_status=cost_status_of(totals),
        )


class ComparedDayResponse(ResponseModel):
    """A day of the interval beside the day of the same number in the one before."""

    label: str | None = Field(description="Null for the last days of a longer interval before.")
    sum: DayAmounts | None = Field(
        description="The total from the beginning of the interval to the end of the day. Null before it begins."
    )
    previous_label: str | None = Field(description="Null where the interval before is shorter.")
    previous: DayAmounts | None
    previous_sum: DayAmounts | None

    @classmethod
    def of(cls, day: ComparedDay) -> "ComparedDayResponse":
        before = day.previous_step
        return cls(
            label=day.step.label if day.step else None,
            sum=DayAmounts.of(day.sum) if day.has_begun else None,
            previous_label=before.label if before else None,
            previous=DayAmounts.of(day.previous) if before else None,
            previous_sum=DayAmounts.of(day.previous_sum) if before else None,
        )


class ComparisonResponse(ResponseModel):
    """Usage beside that of the interval before. While an interval goes on, as much of the one before is compared."""

    current: ComparedUsage
    previous: ComparedUsage
    change_percent: dict[str, float | None] = Field(
        description="The change of each metric, of `cost` and of `runs`. Null where it was nothing before, and for "
        "a cost that leaves calls out."
    )
    days: list[ComparedDayResponse] = Field(description="All days of both intervals, in order.")

    @classmethod
    def of(cls, comparison: Comparison) -> "ComparisonResponse":
        current, before = comparison.current, comparison.previous
        metrics = changes(current.totals, before.totals)
        return cls(
            current=ComparedUsage.of(current, comparison.compared.until),
            previous=ComparedUsage.of(before, before.within.end),
            change_percent={
                **{_NAMES.get(metric, metric): change for metric, change in metrics.items()},
                "runs": change_percent(current.runs, before.runs),
            },
            days=[ComparedDayResponse.of(day) for day in comparison.days],
        )


def _comparison(call: Call, container: Container) -> Response:
    query = read_query(call.request, PeriodQuery)
    asked = _compared(query, call), zone_named(query.tz, "tz")
    comparison = compare_usage(container.ledger, call.caller.tenant, asked, call.now)
    return tagged_response(call.request, ComparisonResponse.of(comparison))


def _compared(query: PeriodQuery, call: Call) -> Compared:
    within = interval_of(query)
    if within is not None:
        before = preceding(within, zone_named(query.tz, "tz"))
    else:
        anchor = call.caller.tenant.at(call.now).anchor
        now = period_at(anchor, call.now)
        within = previous(anchor, now) if query.period == "previous" else now
        before = previous(anchor, within)
    # The hour that has begun is counted whole: what was just recorded is in it.
    until = max(min(within.end, next_hour(call.now + _SMALLEST_STEP)), within.start + timedelta(hours=1))
    return Compared(current=within, previous=before, until=until)


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/usage/comparison",
        summary="Usage beside that of the period before, in sums and day by day",
        handle=_comparison,
        needs="usage:read",
        response=ComparisonResponse,
        query=PeriodQuery,
    ),
)
