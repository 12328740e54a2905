"""The responses about usage by user, workflow, API key or tag."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from shared.domain.ledger.counters import Totals
from shared.domain.ledger.steps import Granularity
from shared.domain.ledger.sums import cost_status_of
from shared.domain.prices.money import usd_string
from shared.http.ledger.amounts import COST, CostStatusOfSum
from shared.http.responses import ResponseModel, Usd
from shared.usecases.ledger.read_attribution import AttributedUsage, NamedPoint, NamedTotals
from shared.usecases.ledger.read_series import MAX_FILLED_ROWS

_REST = "Null: the rest, which is usage without a name, and of names that are not listed."


class NamedTokens(ResponseModel):
    """Token counts; `input` includes cached tokens, `output` includes reasoning."""

    input: int
    output: int
    total: int


class NamedAmounts(ResponseModel):
    """The metrics that are summed by name."""

    calls: int
    errors: int
    unpriced_calls: int
    incomplete_calls: int
    tokens: NamedTokens
    cost_usd: Usd
    cost_status: CostStatusOfSum

    @classmethod
    def of(cls, totals: Totals) -> "NamedAmounts":
        return NamedAmounts(**named_amounts(totals))


class NamedRow(NamedAmounts):
    """The usage of a name."""

    name: str | None = Field(description=_REST)
    label: str | None = Field(
        description="The label of an API key. Null for other names, and for deleted keys."
    )


class TopResponse(ResponseModel):
    """The names that cost most, in whole UTC days of [from, to). All rows add up to `totals`."""

    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    group_by: str
    tag_names: list[str] = Field(description="The tags that usage is summed by, at most five.")
    totals: NamedAmounts
    names: list[NamedRow] = Field(description="The highest cost first, and the rest last.")

    @classmethod
    def of(cls, usage: AttributedUsage, group_by: str, rows: list[NamedRow]) -> "TopResponse":
        return cls(
            start=usage.within.start,
            end=usage.within.end,
            group_by=group_by,
            tag_names=sorted(usage.tenant.counters.tag_names),
            totals=NamedAmounts.of(usage.totals),
            names=rows,
        )


class NamedSeriesPoint(NamedAmounts):
    """The usage of a name in one step: a day, a week from Monday on, or a month."""

    start: datetime = Field(description="The first instant of the step; it may be before `from`.")
    label: str = Field(
        description="`2026-11-18` for a day, the date of its Monday for a week, `2026-11` for a month."
    )
    name: str | None = Field(description=_REST)

    @classmethod
    def at(cls, point: NamedPoint) -> "NamedSeriesPoint":
        """Return a point of the series."""
        step, name, totals = point
        return cls(start=step.start, label=step.label, name=name, **named_amounts(totals))


class NamedSeriesResponse(ResponseModel):
    """Usage by name over time, in whole UTC days of [from, to)."""

    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    granularity: Granularity
    group_by: str
    time_zone: str = Field(description="Always `UTC`.")
    points: list[NamedSeriesPoint] = Field(
        description=f"In order. Filled, at most {MAX_FILLED_ROWS:,}: beyond it, the names that cost least are in the "
        "rest."
    )


def named_row(row: NamedTotals, labels: Mapping[str, str]) -> NamedRow:
    """Return the row of a name, with its label if it has one."""
    label = labels.get(row.name) if row.name else None
    return NamedRow(name=row.name, label=label, **named_amounts(row.totals))


def named_amounts(totals: Totals) -> dict[str, Any]:
    """Return the fields of NamedAmounts."""
    return {
        "calls": totals.get("calls", 0),
        "errors": totals.get("errors", 0),
        "unpriced_calls": totals.get("unpriced_calls", 0),
        "incomplete_calls": totals.get("incomplete_calls", 0),
        "tokens": NamedTokens(
            input=totals.get("input_tokens", 0),
            output=totals.get("output_tokens", 0),
            total=totals.get("total_tokens", 0),
        ),
        "cost_usd": usd_string(totals.get(COST, 0)),
        "cost_status": cost_status_of(totals),
    }
