"""The metering event as callers send it: its fields, their limits, and errors that name field and value."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from shared.domain.errors import FieldProblem
from shared.domain.metering.response_formats import FORMATS
from shared.domain.metering.tokens import TokenCounts
from shared.domain.prices.token_pools import MAX_TOKENS

MAX_SHOWN_VALUE_CHARS = 80
MAX_USD_DECIMALS = 400
"""Any double has fewer. Exact arithmetic on `1e-999999999` would take all of a server's time and memory."""

Category = Literal["llm", "tool", "storage", "compute", "other"]
Status = Literal["ok", "error", "started", "completed", "failed"]
if TYPE_CHECKING:
    ResponseFormat = str
else:
    ResponseFormat = Literal[
        tuple(FORMATS)
    ]  # the schema lists the names, and a type checker cannot compute them


def _only_text(value: object) -> object:
    """Refuse numbers: whether one means seconds or milliseconds would be a guess."""
    if isinstance(value, (str, datetime)):
        return value
    raise PydanticCustomError("timestamp_type", "Input should be RFC 3339 text with an offset")


def _not_bool(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("decimal_type", "Input should be a decimal number or its text")
    return value


# The lengths of names keep provider + model, escaped, under the 1,500 bytes Firestore allows a field name.
_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
EventId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=_PRINTABLE)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=_PRINTABLE)]
ProviderName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
ModelName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=250)]
Timestamp = Annotated[AwareDatetime, BeforeValidator(_only_text)]
Milliseconds = Annotated[int, Field(strict=True, ge=0, le=MAX_TOKENS)]
UsdEstimate = Annotated[
    Decimal,
    Field(ge=0, le=1_000_000, allow_inf_nan=False, decimal_places=MAX_USD_DECIMALS),
    BeforeValidator(_not_bool),
]


class MeteringEvent(BaseModel):
    """One thing that happened in a run: an LLM call, a tool call, a run starting or ending.

    Unknown fields are refused: a misspelt `tokens` that were ignored would be usage lost in silence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: EventId | None = None
    tenant_id: Reference | None = None
    ts: Timestamp | None = None
    category: Category
    provider: ProviderName
    model: ModelName
    tokens: TokenCounts | None = None
    response: dict[str, Any] | None = None
    response_format: ResponseFormat | None = None
    latency_ms: Milliseconds | None = None
    cost_usd_estimate: UsdEstimate | None = None
    user_id: Reference | None = None
    run_id: EventId | None = None
    workflow_id: Reference | None = None
    request_id: Reference | None = None
    status: Status | None = None
    metadata: dict[str, Any] | None = None


_EVENTS = TypeAdapter(list[MeteringEvent])


def parse_events(items: Sequence[object]) -> tuple[dict[int, MeteringEvent], list[FieldProblem]]:
    """Return the valid events by their index in `items`, and every problem of the others.

    A bad item never loses a good one: the batch is validated at once, and only if that fails are the good
    ones validated again without the bad. An item may be a FieldProblem: what was wrong with its envelope.
    """
    try:
        return dict(enumerate(_EVENTS.validate_python(items))), []
    except ValidationError as error:
        problems = [_problem(details) for details in error.errors(include_url=False)]
    bad = {problem.index for problem in problems}
    good = [index for index in range(len(items)) if index not in bad]
    events = _EVENTS.validate_python([items[index] for index in good])
    return dict(zip(good, events, strict=True)), problems


def _problem(details: ErrorDetails) -> FieldProblem:
    index, *path = details["loc"]
    place = index if isinstance(index, int) else None
    if isinstance(details["input"], FieldProblem):
        return replace(details["input"], index=place)
    return field_problem(details, path, place)


def field_problem(details: ErrorDetails, path: Sequence[int | str], index: int | None = None) -> FieldProblem:
    """Return a problem that pydantic found in one field, with the field and the value in the message."""
    field = ".".join(str(step) for step in path) or "event"
    message = f"{field}: {details['msg']}"
    if details["type"] != "missing":
        message += f" (got {shown(details['input'])})"
    return FieldProblem(field=field, code=details["type"], message=message, index=index)


def shown(value: object) -> str:
    """Write `value` as an error message shows it: one line, at most 80 characters."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN_VALUE_CHARS else text[: MAX_SHOWN_VALUE_CHARS - 1] + "…"
