"""The metering event as callers send it: its fields and their limits, and problems that name field and value."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from shared.domain.errors import MAX_SHOWN_VALUE_CHARS, FieldProblem, Problems, cut, shown
from shared.domain.metering.kinds import KIND_PATTERN, MAX_KIND_CHARS
from shared.domain.metering.responses.formats import FORMATS
from shared.domain.metering.tags import Tags
from shared.domain.metering.text import NOT_BLANK, PRINTABLE
from shared.domain.metering.tokens import TokenCounts
from shared.domain.metering.units import Units, decimal_schema
from shared.domain.prices.token_pools import MAX_TOKENS

MAX_PROBLEMS_PER_EVENT = 10
MAX_FIELDS = 100
MAX_PATH_CHARS = 200
_TOO_WIDE = FieldProblem(
    field="event", code="too_many_fields", message=f"event: an object in it has more than {MAX_FIELDS} fields"
)

MAX_USD_DECIMALS = 400
"""No double has more. Without a limit, exact arithmetic on `1e-999999999` would exhaust a server."""

Category = Literal["llm", "tool", "storage", "compute", "other"]
Status = Literal["ok", "error", "started", "completed", "failed"]
ServiceTier = Literal["standard", "flex", "priority", "batch"]
if TYPE_CHECKING:
    ResponseFormat = str
else:
    ResponseFormat = Literal[
        tuple(FORMATS)
    ]  # lists the names in the schema; no type checker can compute them


def _only_text(value: object) -> object:
    """Refuse numbers, even as text: they could mean seconds or milliseconds."""
    if isinstance(value, str):
        if value[4:5] == "-" or not _is_number(value):  # the hyphen after the year saves the slower look
            return value
    elif isinstance(value, datetime):
        return value
    raise PydanticCustomError("timestamp_type", "Input should be RFC 3339 text with an offset")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def not_bool(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("decimal_type", "Input should be a decimal number or its text")
    return value


# A provider and a model, both escaped, must fit into the 1,500 bytes that Firestore allows for a field name.
EventId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=PRINTABLE)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=PRINTABLE)]
ProviderName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=PRINTABLE), NOT_BLANK
]
ModelName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=250, pattern=PRINTABLE), NOT_BLANK
]
Kind = Annotated[str, StringConstraints(max_length=MAX_KIND_CHARS, pattern=KIND_PATTERN)]
Timestamp = Annotated[AwareDatetime, BeforeValidator(_only_text)]
Milliseconds = Annotated[int, Field(strict=True, ge=0, le=MAX_TOKENS)]
UsdEstimate = Annotated[
    Decimal,
    Field(ge=0, le=1_000_000, allow_inf_nan=False, decimal_places=MAX_USD_DECIMALS),
    BeforeValidator(not_bool),
    WithJsonSchema(decimal_schema(1_000_000, MAX_USD_DECIMALS)),
]


class MeteringEvent(BaseModel):
    """One thing that happened in a run: an LLM call, a tool call, a run starting or ending.

    Unknown fields are refused, because ignoring a misspelt `tokens` would lose usage without notice.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: EventId | None = None
    tenant_id: Reference | None = Field(
        None,
        description="The tenant of the event, for platform keys; the header GWI-Tenant names one for all events."
        " A tenant's own key may leave it out.",
    )
    ts: Timestamp | None = None
    category: Category
    provider: ProviderName
    model: ModelName
    tokens: TokenCounts | None = None
    response: dict[str, Any] | None = None
    response_stream: list[Any] | str | None = None
    response_format: ResponseFormat | None = None
    units: Units | None = None
    service_tier: ServiceTier | None = None
    latency_ms: Milliseconds | None = None
    cost_usd_estimate: UsdEstimate | None = None
    user_id: Reference | None = None
    run_id: EventId | None = None
    parent_run_id: EventId | None = Field(
        None, description="The run that started this one, so that both are shown in one tree."
    )
    workflow_id: Reference | None = None
    request_id: Reference | None = None
    tags: Tags | None = None
    status: Status | None = None
    kind: Kind | None = Field(
        None,
        description="The step that the event reports, as a dotted name: `run.started`, `llm.response`, "
        "`tool.failed`, `policy.denied`, `approval.granted`. Without a `status`, the last part "
        "says it: `failed` is an error, `request` and `started` begin a step and are no call of their own.",
    )
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopedEvent:
    """An event, not yet validated, of which the message that contained it says some under names of its own."""

    data: object
    identity: str | None
    """See RecordedEvent; None if it is the event's id."""
    names: Mapping[str, str]
    """The attributes that the sender set, by the field of the event that each became."""
    fingerprint: str | None = None
    """See RecordedEvent; None if it is that of the event."""


_BATCH = TypeAdapter(Annotated[list[MeteringEvent], FailFast()])
_EVENT = TypeAdapter(MeteringEvent)


def parse_events(items: Sequence[object], problems: Problems) -> dict[int, MeteringEvent]:
    """Return the valid events by their index in `items`; add the problems of the invalid ones to `problems`.

    The whole batch is validated at once; only if that fails is each event validated on its own. An item may be an
    EnvelopedEvent, or a FieldProblem that was found in its envelope.
    """
    contents = [item.data if isinstance(item, EnvelopedEvent) else item for item in items]
    if not any(map(_is_too_wide, contents)):
        with suppress(ValidationError):
            return dict(enumerate(_BATCH.validate_python(contents)))
    events: dict[int, MeteringEvent] = {}
    for index, content in enumerate(contents):
        if isinstance(content, FieldProblem):
            problems.add([replace(content, index=index)])
        elif _is_too_wide(content):
            problems.add([replace(_TOO_WIDE, index=index)])
        else:
            try:
                events[index] = _EVENT.validate_python(content)
            except ValidationError as error:
                problems.add(_problems_of(error, items, index), MAX_PROBLEMS_PER_EVENT)
    return events


def _problems_of(error: ValidationError, items: Sequence[object], index: int) -> Iterator[FieldProblem]:
    for details in error.errors(include_url=False):
        yield problem_at(field_problem(details, details["loc"]), items, index)


def _is_too_wide(content: object) -> bool:
    """Return True if the event has so many fields that naming the unknown ones would exhaust the service."""
    if not isinstance(content, dict):
        return False
    for fields in (content, content.get("tokens"), content.get("units"), content.get("tags")):
        if isinstance(fields, dict) and len(fields) > MAX_FIELDS:
            return True
    return False


def problem_at(problem: FieldProblem, items: Sequence[object], index: int) -> FieldProblem:
    """Return the problem of the item at `index`, with the name that its sender gave to the field."""
    item, field = items[index], problem.field
    name = item.names.get(field, field) if isinstance(item, EnvelopedEvent) else field
    message = problem.message
    if name != field and message.startswith(field):
        message = name + message.removeprefix(field)
    return FieldProblem(field=name, code=problem.code, message=message, index=index)


def field_problem(details: ErrorDetails, path: Sequence[int | str], index: int | None = None) -> FieldProblem:
    """Convert an error of pydantic to a FieldProblem whose message names the field and the value."""
    steps = (cut(str(step), MAX_SHOWN_VALUE_CHARS) for step in path if not _names_a_validator(step))
    field = cut(".".join(steps), MAX_PATH_CHARS) or "event"
    message = f"{field}: {details['msg']}"
    if details["type"] != "missing":
        message += f" (got {shown(details['input'])})"
    return FieldProblem(field=field, code=details["type"], message=message, index=index)


def _names_a_validator(step: int | str) -> bool:
    """Return whether pydantic added this step to tell the members of a union apart."""
    return isinstance(step, str) and step.startswith(("function-before[", "function-after[", "constrained-"))
