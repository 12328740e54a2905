"""The models of responses, from which the OpenAPI document is made too."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AliasGenerator,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Json,
    computed_field,
)

from shared.domain.limits.limits import LimitStatus
from shared.domain.limits.plans import MAX_LIMIT, Plan
from shared.domain.metering.corrections import CorrectionState
from shared.domain.metering.run_bundles import stated_error
from shared.domain.prices.costs import CostStatus
from shared.domain.prices.money import usd_string


def _usd(value: object) -> object:
    return usd_string(value) if isinstance(value, int) else value


Usd = Annotated[str, BeforeValidator(_usd)]
"""A decimal string, exact to the nano-dollar; validation converts an integer from nano-USD."""


Version = Annotated[
    str,
    Field(
        description="Send it with a change, which is then refused if somebody else has changed this meanwhile."
    ),
]


class ResponseModel(BaseModel):
    """Base of all responses: `model_validate` takes the record of the domain that the response shows.

    A field with a default is in every response too, so the OpenAPI document requires it.
    """

    model_config = ConfigDict(
        frozen=True,
        from_attributes=True,
        populate_by_name=True,
        json_schema_serialization_defaults_required=True,
    )


class Rejection(ResponseModel):
    """The reason why one event was not recorded."""

    index: int
    field: str
    code: str
    message: str


class RunLeftResponse(ResponseModel):
    """The rest of a run's hold."""

    remaining_usd: Usd | None = Field(
        description="Null if it holds no dollars, or if the price of one of its calls is not known."
    )
    remaining_tokens: int | None = Field(description="Null if it holds no tokens.")
    over: bool = Field(description="Whether it has used more than it held.")


class RecordResponse(ResponseModel):
    """The result of recording a batch. `status` and `run` are set only if requested with `?status=true`."""

    accepted: int
    duplicates: int
    rejected: list[Rejection]
    truncated: bool = Field(False, description="Whether `rejected` lists only the first problems.")
    ids: list[str] = Field(description="Ids of the events that are recorded, now or earlier, in order.")
    status: LimitStatus | None = None
    run: RunLeftResponse | None = Field(
        default=None, description="Null if the recorded events are not all of one run."
    )
    redacted: int = Field(
        default=0,
        description="How many known secrets the metadata of these events contained; none of them is stored.",
    )
    metering_enabled: bool = True


class EventTokens(ResponseModel):
    """The tokens of an event: `input` includes what a cache read or wrote, `output` includes reasoning."""

    model_config = ConfigDict(
        extra="forbid",
        alias_generator=AliasGenerator(validation_alias=lambda name: name.removesuffix("_tokens")),
    )

    input_tokens: int
    output_tokens: int
    total_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_1h_tokens: int = Field(description="Part of `cache_write_tokens`.")
    reasoning_tokens: int


class EventSeries(ResponseModel):
    """The names under which an event is counted: the catalog's, or as they were sent if it does not list them."""

    provider: str
    model: str


class ErrorResponse(ResponseModel):
    """An error as the metadata of its event states it, without known secrets."""

    name: str | None
    message: str | None


class CorrectionResponse(ResponseModel):
    """The last correction of an event. The audit log has those before it."""

    state: CorrectionState = Field(
        description="`voided` and `amended` events do not count. An `amendment` was recorded instead of an `amended` "
        "one. The cost of a `rerated` event was computed again."
    )
    reason: str
    by: str
    at: datetime
    replaced_by: str | None = Field(description="The id of the event that was recorded instead.")
    replaces: str | None = Field(description="The id of the event instead of which this one was recorded.")


class EventResponse(ResponseModel):
    """A recorded event, with its tokens normalised and its price."""

    id: str
    ts: datetime
    category: str
    provider: str
    model: str
    series: EventSeries
    status: str | None
    tokens: EventTokens | None
    latency_ms: int | None
    served_model: str | None = Field(
        description="The model that answered, where it is another one than `model`."
    )
    cost_usd: Usd | None = Field(validation_alias=AliasPath("cost", "nanousd"))
    cost_status: CostStatus | None = Field(
        validation_alias=AliasPath("cost", "status"),
        description="`incomplete`: the event costs at least `cost_usd`. Null: it cannot cost anything.",
    )
    unread: list[str] = Field(
        validation_alias=AliasPath("cost", "unread"),
        description="The parts of the response that `cost_usd` leaves out.",
    )
    price_source: str | None = Field(
        validation_alias=AliasPath("cost", "source"),
        description="`client`, `provider`, `local`, or the version of the catalog that priced it.",
    )
    catalog_cost_usd: Usd | None = Field(
        validation_alias=AliasPath("cost", "catalog_nanousd"),
        description="The catalog's figure, where the provider's own bill is the cost.",
    )
    user_id: str | None
    run_id: str | None
    parent_run_id: str | None = Field(description="The run that started the run of this event.")
    workflow_id: str | None
    request_id: str | None
    kind: str | None
    api_key: str | None = Field(
        validation_alias="key",
        description="The id of the API key that recorded it; null for events older than this field.",
    )
    tags: dict[str, str] | None
    metadata: Json[dict[str, Any]] | None = Field(
        validation_alias="metadata_json", description="In a list, only with `metadata=true`."
    )
    metadata_cut: bool = Field(description="Whether the metadata was longer than is stored, and was cut.")
    redactions: int = Field(
        description="How many known secrets of the metadata were replaced by `[redacted]`."
    )
    correction: CorrectionResponse | None = Field(description="Null if the event was never corrected.")
    adjusts: str | None = Field(
        description="The id of a corrected event that was more than 35 days old: this one has the difference."
    )

    @computed_field(description="The error of a failed event, where `metadata` is there and states one.")  # type: ignore[prop-decorator]
    @property
    def error(self) -> ErrorResponse | None:
        if self.metadata is None or self.status not in ("error", "failed"):
            return None
        stated = stated_error(self.metadata)
        return ErrorResponse.model_validate(stated) if stated.name or stated.message else None


class EventsResponse(ResponseModel):
    """A page of events, newest first. It may end early: go on while there is a `next_cursor`."""

    events: list[EventResponse] = Field(validation_alias="items")
    next_cursor: str | None


class PlanResponse(ResponseModel):
    """A plan in one of its versions. A limit of null is unlimited, a price of null is not sold."""

    id: str
    version: int = Field(description="Grows when the limits, the thresholds or the prices change.")
    name: str
    is_free: bool = Field(description="Whether it is the plan of a tenant without a subscription.")
    tokens_per_period: int | None
    runs_per_period: int | None
    requests_per_minute: int | None
    provider_cost_usd_per_period: Usd | None = Field(
        description="The most that calls may cost at their providers in a metering period."
    )
    usd_monthly: Usd | None = Field(description="`0.00` for the free plan.")
    usd_yearly: Usd | None = Field(description="`0.00` for the free plan.")
    usd_yearly_per_month: Usd | None = Field(
        description="The yearly price divided by twelve, cut to the nano-dollar."
    )
    yearly_saving_percent: int

    @classmethod
    def of(cls, plan: Plan) -> "PlanResponse":
        """Return the response about a plan."""
        monthly, yearly = plan.monthly_price_nanousd, plan.yearly_price_nanousd
        is_free = not plan.is_sold
        return cls(
            id=plan.id,
            version=plan.version,
            name=plan.name,
            is_free=is_free,
            tokens_per_period=_limit(plan.token_limit),
            runs_per_period=_limit(plan.run_limit),
            requests_per_minute=_limit(plan.requests_per_minute),
            provider_cost_usd_per_period=_text(_limit(plan.cost_limit_nanousd)),
            usd_monthly=_text(monthly if monthly or is_free else None),
            usd_yearly=_text(yearly if yearly or is_free else None),
            usd_yearly_per_month=_text(plan.yearly_price_per_month_nanousd if yearly or is_free else None),
            yearly_saving_percent=plan.yearly_saving_percent,
        )


def _limit(value: int) -> int | None:
    return None if value == MAX_LIMIT else value


def _text(nanousd: int | None) -> str | None:
    return None if nanousd is None else usd_string(nanousd)


class PlansResponse(ResponseModel):
    """The plans that are shown to everybody, in their newest versions, from the smallest to the largest."""

    plans: list[PlanResponse]


class HealthResponse(ResponseModel):
    """The health of the service, and the lag of the fold."""

    status: Literal["ok"]
    fold_lag_seconds: float = Field(
        description="How long the most overdue fold is overdue, in whole minutes, as of the last 10 seconds."
    )
    oldest_dirty_at: datetime | None = Field(
        default=None,
        description="Always null: the instant would reveal when some tenant had used the service.",
    )
