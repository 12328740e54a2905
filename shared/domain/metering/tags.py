"""The tags of an event: names and values by which a tenant sorts its usage, such as `feature: search`."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

from shared.domain.metering.text import NOT_BLANK, PRINTABLE

MAX_TAGS: Final = 5
TAG_NAME: Final = r"^[a-z][a-z0-9_-]{0,31}$"

TagName = Annotated[str, StringConstraints(pattern=TAG_NAME)]
TagValue = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128, pattern=PRINTABLE), NOT_BLANK
]


def _in_one_order(tags: dict[str, str]) -> dict[str, str]:
    """Sort tags by name: their order is no part of the event's fingerprint."""
    return dict(sorted(tags.items()))


Tags = Annotated[
    dict[TagName, TagValue],
    Field(
        max_length=MAX_TAGS,
        description="Up to five names with a value each, to sum usage by. A name begins with a lower-case letter.",
        json_schema_extra={"additionalProperties": False},
    ),
    AfterValidator(_in_one_order),
]
