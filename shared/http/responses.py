"""The shapes of answers, from which the OpenAPI document is made too."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json

from shared.domain.limits.limits import LimitStatus
from shared.domain.limits.plans import Plan
from shared.domain.metering.recording import RecordedEvent
from shared.domain.prices.money import usd_string
from shared.domain.prices.token_pools import TokenPools

Usd = str
"""A decimal string, exact to the nano-dollar."""


class ResponseModel(BaseModel):
    """Base of all answers. A field with a default is in every answer too, so the OpenAPI document requires it."""

    model_config = ConfigDict(
        frozen=True, populate_by_name=True, json_schema_serialization_defaults_required=True
    )


class Rejection(ResponseModel):
    """Why one event was not recorded."""

    index: int
    field: str
    code: str
    message: str


class RecordResponse(ResponseModel):
    """What became of a batch. `status` is there if it was asked for with `?status=true`."""

    accepted: int
    duplicates: int
    rejected: list[Rejection]
    ids: list[str] = Field(description="Ids of the events that are recorded, now or before, in their order.")
    status: LimitStatus | None = None
    metering_enabled: bool = True


class CheckResponse(ResponseModel):
    """Whether it fits."""

    allowed: bool
    reason: str | None = None
    code: str | None = None
    status: LimitStatus | None = None


class EventTokens(ResponseModel):
    """The tokens of an event: `input` includes what a cache read or wrote, `output` includes reasoning."""

    model_config = ConfigDict(extra="forbid")

    input_tokens: int
    output_tokens: int
    total_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_1h_tokens: int = Field(description="Part of `cache_write_tokens`.")
    reasoning_tokens: int

    @classmethod
    def of(cls, pools: TokenPools) -> "EventTokens":
        """The answer that tells of `pools`."""
        return cls(**{f"{name}_tokens": count for name, count in pools._asdict().items()})


class EventResponse(ResponseModel):
    """A recorded event, with its tokens normalised and its price."""

    id: str
    ts: datetime
    category: str
    provider: str
    model: str
    status: str | None
    tokens: EventTokens | None
    latency_ms: int | None
    cost_usd: Usd | None
    price_source: str | None = Field(
        description="`client`, `local`, or the version of the catalog that priced it."
    )
    user_id: str | None
    run_id: str | None
    workflow_id: str | None
    request_id: str | None
    metadata: dict[str, Any] | None

    @classmethod
    def of(cls, event: RecordedEvent) -> "EventResponse":
        """The answer that tells of `event`."""
        same = ("id", "ts", "category", "status", "latency_ms", "price_source")
        references = ("user_id", "run_id", "workflow_id", "request_id")
        return cls(
            **{name: getattr(event, name) for name in (*same, *references)},
            provider=event.series.provider,
            model=event.series.model,
            tokens=None if event.tokens is None else EventTokens.of(event.tokens),
            cost_usd=None if event.cost_nanousd is None else usd_string(event.cost_nanousd),
            metadata=None if event.metadata_json is None else from_json(event.metadata_json),
        )


class EventsResponse(ResponseModel):
    """A page of events, newest first."""

    events: list[EventResponse]
    next_cursor: str | None


class PlanResponse(ResponseModel):
    """A plan of the catalog."""

    id: str
    name: str
    tokens_per_period: int
    runs_per_period: int
    requests_per_minute: int
    usd_monthly: Usd
    usd_yearly: Usd
    usd_yearly_per_month: Usd = Field(
        description="The yearly price divided by twelve, cut to the nano-dollar."
    )
    yearly_saving_percent: int

    @classmethod
    def of(cls, plan: Plan) -> "PlanResponse":
        """The answer that tells of `plan`."""
        return cls(
            id=plan.id,
            name=plan.name,
            tokens_per_period=plan.token_limit,
            runs_per_period=plan.run_limit,
            requests_per_minute=plan.requests_per_minute,
            usd_monthly=usd_string(plan.monthly_price_nanousd),
            usd_yearly=usd_string(plan.yearly_price_nanousd),
            usd_yearly_per_month=usd_string(plan.yearly_price_per_month_nanousd),
            yearly_saving_percent=plan.yearly_saving_percent,
        )


class PlansResponse(ResponseModel):
    """The catalog, from the smallest plan to the largest."""

    plans: list[PlanResponse]


class HealthResponse(ResponseModel):
    """Whether the service can answer, and how far the fold is behind."""

    status: Literal["ok"]
    fold_lag_seconds: float = Field(description="How long the most overdue fold is overdue; 0 if none is.")
    oldest_dirty_at: datetime | None = Field(description="When that fold was due; null if none is overdue.")
