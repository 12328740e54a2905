"""The models of bodies and query strings, which validate requests and describe them in the OpenAPI document."""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from shared.domain.metering.events import MeteringEvent
from shared.usecases.ledger.read_series import Granularity, GroupBy


class CheckBody(BaseModel):
    """The planned usage; if empty, the check is whether any usage is left."""

    model_config = ConfigDict(extra="forbid", strict=True)

    tokens: int | None = Field(None, ge=0, le=2**53)
    runs: int | None = Field(None, ge=0, le=2**53)


class EventsBatch(BaseModel):
    """Up to 500 events."""

    events: list[MeteringEvent]


EventsBody = MeteringEvent | list[MeteringEvent] | EventsBatch


class RecordQuery(BaseModel):
    """Options of recording."""

    model_config = ConfigDict(extra="forbid")

    status: bool = Field(
        False, description="Also read and return the limit status; recording itself reads nothing."
    )


class PageQuery(BaseModel):
    """The part of a list to return."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = Field(None, max_length=500)


class EventsQuery(PageQuery):
    """The events to return."""

    run_id: str | None = Field(None, min_length=1, max_length=128)


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIRST_INSTANT, _END_OF_TIME = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _midnight_of_date(value: object) -> object:
    """Take a date alone as its midnight in UTC."""
    return f"{value}T00:00:00Z" if isinstance(value, str) and _DATE.fullmatch(value) else value


SeriesEdge = Annotated[
    AwareDatetime, Field(ge=_FIRST_INSTANT, lt=_END_OF_TIME), BeforeValidator(_midnight_of_date)
]
"""All usage lies between them; the arithmetic of ranges would fail near the ends of the calendar."""


class UsageQuery(BaseModel):
    """The usage of a metering period, by default the current one, or of an interval of at most 92 days."""

    model_config = ConfigDict(extra="forbid")

    period: Literal["current", "previous"] | None = None
    start: SeriesEdge | None = Field(None, alias="from")
    to: SeriesEdge | None = None


class SeriesQuery(BaseModel):
    """The range and the steps of a series; by default the last 30 days by day."""

    model_config = ConfigDict(extra="forbid")

    start: SeriesEdge | None = Field(None, alias="from")
    to: SeriesEdge | None = None
    granularity: Granularity = "day"
    group_by: GroupBy | None = None
    format: Literal["json", "csv"] = "json"
