"""The models of bodies and query strings, which validate requests and describe them in the OpenAPI document."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)

from shared.domain.ledger.steps import Granularity
from shared.domain.ledger.zones import UTC_NAME, find_zone, first_instant
from shared.domain.metering.events import EventId, Reference, Status
from shared.domain.metering.tags import TAG_NAME
from shared.domain.metering.text import PRINTABLE

ReadVersion = Annotated[
    str | None,
    Field(
        max_length=64,
        description=(
            "The `version` that you have read: if it has changed since, the answer is 409 `changed_meanwhile` and "
            "nothing is stored. Without it, any version is overwritten."
        ),
    ),
]


class PageQuery(BaseModel):
    """The part of a list to return."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = Field(None, max_length=500)


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIRST_INSTANT, _END_OF_TIME = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _first_instant_of_date(value: object, info: ValidationInfo) -> object:
    """Take a date alone as its first instant in the time zone `tz`, which must be an earlier field."""
    zone = find_zone(info.data.get("tz", UTC_NAME))
    if zone is None or not isinstance(value, str) or not _DATE.fullmatch(value):
        return value
    try:
        return first_instant(date.fromisoformat(value), zone)
    except (ValueError, OverflowError):  # pydantic then names what is wrong with the date
        return value


RangeEdge = Annotated[
    AwareDatetime,
    Field(ge=_FIRST_INSTANT, lt=_END_OF_TIME),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}],
            "pattern": "^2[01]",
            "description": "An instant, or a date: its first instant in `tz`. Where usage is summed, an instant is "
            "moved back to a full hour.",
        }
    ),
    BeforeValidator(_first_instant_of_date),
]
"""All usage lies between them; the arithmetic of ranges would fail near the ends of the calendar."""


Tag = Annotated[
    str,
    StringConstraints(min_length=3, max_length=161, pattern=f"{TAG_NAME[:-1]}:{PRINTABLE[1:]}"),
    Field(description="The name of a tag, a colon and its value: `team:search`."),
]


def tag_named(tag: str | None) -> tuple[str, str] | None:
    """Return the name and the value of a Tag."""
    if tag is None:
        return None
    name, _, value = tag.partition(":")
    return name, value


class EventsFilter(BaseModel):
    """The events of an interval, and of what else is named: a combination is all of it at once."""

    model_config = ConfigDict(extra="forbid")

    start: RangeEdge | None = Field(None, alias="from")
    to: RangeEdge | None = None
    provider: Reference | None = None
    model: Reference | None = None
    user_id: Reference | None = None
    workflow_id: Reference | None = None
    api_key: Reference | None = Field(None, description="The id of the API key that recorded them.")
    tag: Tag | None = None
    status: Status | None = None
    errors: bool = Field(
        False, description="Only what usage counts as errors: the status `error` or `failed`."
    )


class EventsQuery(EventsFilter):
    """The events to return."""

    run_id: EventId | None = None
    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = Field(None, max_length=500)
    metadata: bool = Field(False, description="Also return the metadata of the events, which may be large.")


MAX_ZONE_CHARS = 64
TimeZone = Annotated[
    str,
    Field(
        max_length=MAX_ZONE_CHARS,
        description="A time zone of the IANA database. Where usage is summed, its offset from UTC is a whole number "
        "of hours.",
    ),
]


_NAMES = r"user|workflow|key|tag:[a-z][a-z0-9_-]{0,31}"
NameGroup = Annotated[
    str,
    StringConstraints(pattern=f"^({_NAMES})$"),
    Field(description="`user`, `workflow`, `key`, or `tag:` and the name of a tag."),
]
SeriesGroup = Annotated[
    str,
    StringConstraints(pattern=f"^(provider|model|provider,model|{_NAMES})$"),
    Field(
        description="`provider`, `model` or both; `user`, `workflow`, `key`, or `tag:` and the name of a tag, whose "
        "steps are days, weeks or months in UTC."
    ),
]
HasByteOrderMark = Annotated[
    bool,
    Field(description="Begin a CSV file with a byte order mark, without which Excel does not read UTF-8."),
]


class PeriodQuery(BaseModel):
    """A metering period, by default the current one, or an interval of at most 92 days."""

    model_config = ConfigDict(extra="forbid")

    tz: TimeZone = UTC_NAME
    period: Literal["current", "previous"] | None = None
    start: RangeEdge | None = Field(None, alias="from")
    to: RangeEdge | None = None


class StatementQuery(BaseModel):
    """The month of a statement, by default the current one."""

    model_config = ConfigDict(extra="forbid")

    month: str | None = Field(
        None, pattern=r"^2[01]\d\d-(0[1-9]|1[0-2])$", description="A calendar month in UTC: `2026-10`."
    )
    format: Literal["json", "csv"] = "json"
    bom: HasByteOrderMark = False


class UsageQuery(PeriodQuery):
    """The usage of a metering period, by default the current one, or of an interval of at most 92 days."""

    group_by: NameGroup | None = None


class SeriesQuery(BaseModel):
    """The range and the steps of a series; by default the last 30 days by day."""

    model_config = ConfigDict(extra="forbid")

    tz: TimeZone = UTC_NAME
    start: RangeEdge | None = Field(None, alias="from")
    to: RangeEdge | None = None
    granularity: Granularity = "day"
    group_by: SeriesGroup | None = None
    fill: Literal["zero", "none"] = Field(
        "zero", description="`zero`: a row for every step of every group; `none`: rows with usage alone."
    )
    format: Literal["json", "csv"] = "json"
    bom: HasByteOrderMark = False


class TopQuery(PeriodQuery):
    """The names that cost most in a metering period, by default the current one, or in at most 92 days.

    Names are summed by UTC day, so the days at both ends count whole.
    """

    group_by: NameGroup
    limit: int = Field(20, ge=1, le=500)
    format: Literal["json", "csv"] = "json"
    bom: HasByteOrderMark = False
