"""The shapes of answers, from which the OpenAPI document is made too."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import from_json

from shared.domain.counters import Series, Totals, add
from shared.domain.events import MeteringEvent
from shared.domain.limits import LimitStatus
from shared.domain.money import usd_string
from shared.domain.plans import Plan
from shared.domain.recording import RecordedEvent
from shared.domain.rollups import PeriodRollup
from shared.domain.runs import Run, RunStatus
from shared.usecases.read_series import OTHER_LABEL, Granularity, GroupBy, Point

Usd = str
"""A decimal string, exact to the nano-dollar."""


class Answer(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)


class Rejection(Answer):
    """Why one event was not recorded."""

    index: int
    field: str
    code: str
    message: str


class RecordAnswer(Answer):
    """What became of a batch. `status` is there if it was asked for with `?status=true`."""

    accepted: int
    duplicates: int
    rejected: list[Rejection]
    ids: list[str] = Field(description="Ids of the events that are recorded, now or before, in their order.")
    status: LimitStatus | None = None
    metering_enabled: bool = True


class CheckBody(BaseModel):
    """What is about to be used; with neither, whether anything is left."""

    model_config = ConfigDict(extra="forbid", strict=True)

    tokens: int | None = Field(None, ge=0, le=2**53)
    runs: int | None = Field(None, ge=0, le=2**53)


class CheckAnswer(Answer):
    """Whether it fits."""

    allowed: bool
    reason: str | None = None
    code: str | None = None
    status: LimitStatus | None = None


class EventsBatch(BaseModel):
    """Up to 500 events."""

    events: list[MeteringEvent]


EventsBody = MeteringEvent | list[MeteringEvent] | EventsBatch


class RecordQuery(BaseModel):
    """Options of recording."""

    model_config = ConfigDict(extra="forbid")

    status: bool = Field(
        False, description="Read and return the limits' status: recording itself reads nothing."
    )


class PageQuery(BaseModel):
    """Which part of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = Field(None, max_length=500)


class EventsQuery(PageQuery):
    """Which events."""

    run_id: str | None = Field(None, min_length=1, max_length=128)


_FIRST_INSTANT, _END_OF_TIME = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
SeriesEdge = Annotated[AwareDatetime, Field(ge=_FIRST_INSTANT, lt=_END_OF_TIME)]
"""No usage lies outside; and at the ends of the calendar, the arithmetic of ranges would leave it."""


class SeriesQuery(BaseModel):
    """Which usage over time; by default the last 30 days by day."""

    model_config = ConfigDict(extra="forbid")

    start: SeriesEdge | None = Field(None, alias="from")
    to: SeriesEdge | None = None
    granularity: Granularity = "day"
    group_by: GroupBy | None = None
    format: Literal["json", "csv"] = "json"


class TokenSums(Answer):
    """Token counts; `input` includes cached tokens, `output` includes reasoning."""

    input: int
    output: int
    total: int
    cache_read: int
    cache_write: int
    reasoning: int

    @classmethod
    def of(cls, totals: Totals) -> "TokenSums":
        """The token metrics of `totals`."""
        return cls(**{name: totals.get(f"{name}_tokens", 0) for name in cls.model_fields})


class Breakdown(Answer):
    """A row of a breakdown."""

    calls: int
    tokens: int
    cost_usd: Usd

    @classmethod
    def of(cls, totals: Totals) -> "Breakdown":
        """A row of `totals`."""
        cost_usd = usd_string(totals.get("cost_nanousd", 0))
        return cls(calls=totals.get("calls", 0), tokens=totals.get("total_tokens", 0), cost_usd=cost_usd)


class Amounts(Answer):
    """All metrics of one row."""

    calls: int
    tool_calls: int
    errors: int
    unpriced_calls: int
    latency_ms: int
    tokens: TokenSums
    cost_usd: Usd


def _amounts(totals: Totals) -> dict[str, Any]:
    names = ("calls", "tool_calls", "errors", "unpriced_calls", "latency_ms")
    plain = {name: totals.get(name, 0) for name in names}
    return {**plain, "tokens": TokenSums.of(totals), "cost_usd": usd_string(totals.get("cost_nanousd", 0))}


class SeriesRow(Amounts):
    """Usage of one model at one provider."""

    provider: str
    model: str


class Aggregate(Answer):
    """A tenant's usage in its current metering period, as it is now."""

    tenant_id: str
    period_start: datetime
    period_end: datetime
    updated_at: datetime
    total_runs: int
    total_llm_calls: int
    total_tool_calls: int
    total_errors: int
    total_tokens: TokenSums
    total_latency_ms: int
    total_cost_usd: Usd
    unpriced_calls: int
    by_provider: dict[str, Breakdown]
    by_model: dict[str, Breakdown]
    series: list[SeriesRow]

    @classmethod
    def of(cls, tenant_id: str, rollup: PeriodRollup) -> "Aggregate":
        """The answer that tells of `rollup`."""
        totals = rollup.totals
        return cls(
            tenant_id=tenant_id,
            period_start=rollup.period.start,
            period_end=rollup.period.end,
            updated_at=rollup.folded_at,
            total_runs=rollup.runs,
            total_llm_calls=totals.get("calls", 0),
            total_tool_calls=totals.get("tool_calls", 0),
            total_errors=totals.get("errors", 0),
            total_tokens=TokenSums.of(totals),
            total_latency_ms=totals.get("latency_ms", 0),
            total_cost_usd=usd_string(totals.get("cost_nanousd", 0)),
            unpriced_calls=totals.get("unpriced_calls", 0),
            by_provider=_breakdown(rollup.series, lambda series: series.provider),
            by_model=_breakdown(rollup.series, lambda series: series.model),
            series=[_series_row(series, rollup.series[series]) for series in sorted(rollup.series)],
        )


def _breakdown(rows: Mapping[Series, Totals], name_of: Callable[[Series], str]) -> dict[str, Breakdown]:
    sums: dict[str, Totals] = {}
    for series, totals in rows.items():
        add(sums.setdefault(name_of(series) or OTHER_LABEL, {}), totals)
    return {name: Breakdown.of(sums[name]) for name in sorted(sums)}


def _series_row(series: Series, totals: Totals) -> SeriesRow:
    provider, model = series.provider or OTHER_LABEL, series.model or OTHER_LABEL
    return SeriesRow(provider=provider, model=model, **_amounts(totals))


class Billing(Answer):
    """What the tenant is billed by."""

    plan: str
    plan_name: str | None


class UsageAnswer(Answer):
    """Usage, limits and billing of the current period; no status if the tenant's plan is unknown."""

    aggregate: Aggregate
    status: LimitStatus | None
    billing: Billing


class SeriesPoint(Amounts):
    """Usage of one hour or day."""

    start: datetime
    provider: str | None = None
    model: str | None = None

    @classmethod
    def of(cls, point: Point, group_by: str | None) -> "SeriesPoint":
        """The answer that tells of `point`."""
        provider = point.group if group_by == "provider" else None
        model = point.group if group_by == "model" else None
        return cls(start=point.start, provider=provider, model=model, **_amounts(point.totals))


class SeriesAnswer(Answer):
    """Usage over time; `from` and `to` are the whole hours that were read, [from, to)."""

    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    granularity: Literal["hour", "day"]
    group_by: Literal["provider", "model"] | None
    points: list[SeriesPoint]


class EventAnswer(Answer):
    """A recorded event, with its tokens normalised and its price."""

    id: str
    ts: datetime
    category: str
    provider: str
    model: str
    status: str | None
    tokens: dict[str, int] | None
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
    def of(cls, event: RecordedEvent) -> "EventAnswer":
        """The answer that tells of `event`."""
        tokens = event.tokens and {f"{name}_tokens": count for name, count in event.tokens._asdict().items()}
        same = ("id", "ts", "category", "status", "latency_ms", "price_source")
        references = ("user_id", "run_id", "workflow_id", "request_id")
        return cls(
            **{name: getattr(event, name) for name in (*same, *references)},
            provider=event.series.provider,
            model=event.series.model,
            tokens=tokens,
            cost_usd=None if event.cost_nanousd is None else usd_string(event.cost_nanousd),
            metadata=None if event.metadata_json is None else from_json(event.metadata_json),
        )


class EventsAnswer(Answer):
    """A page of events, newest first."""

    events: list[EventAnswer]
    next_cursor: str | None


class RunAnswer(Amounts):
    """A run and its sums."""

    id: str
    status: RunStatus
    began_at: datetime
    last_at: datetime
    duration_ms: int

    @classmethod
    def of(cls, run: Run, now: datetime) -> "RunAnswer":
        """The answer that tells of `run`."""
        duration_ms = round((run.last_at - run.began_at).total_seconds() * 1000)
        return cls(
            id=run.id,
            status=run.status(now),
            began_at=run.began_at,
            last_at=run.last_at,
            duration_ms=duration_ms,
            **_amounts(run.totals),
        )


class RunsAnswer(Answer):
    """A page of runs, newest first."""

    runs: list[RunAnswer]
    next_cursor: str | None


class PlanAnswer(Answer):
    """A plan of the catalog."""

    id: str
    name: str
    tokens_per_period: int
    runs_per_period: int
    requests_per_minute: int
    usd_monthly: Usd
    usd_yearly: Usd
    yearly_saving_percent: int

    @classmethod
    def of(cls, plan: Plan) -> "PlanAnswer":
        """The answer that tells of `plan`."""
        return cls(
            id=plan.id,
            name=plan.name,
            tokens_per_period=plan.token_limit,
            runs_per_period=plan.run_limit,
            requests_per_minute=plan.requests_per_minute,
            usd_monthly=usd_string(plan.monthly_price_nanousd),
            usd_yearly=usd_string(plan.yearly_price_nanousd),
            yearly_saving_percent=plan.yearly_saving_percent,
        )


class PlansAnswer(Answer):
    """The catalog, from the smallest plan to the largest."""

    plans: list[PlanAnswer]


class HealthAnswer(Answer):
    """Whether the service can answer, and how far the fold is behind."""

    status: Literal["ok"]
    fold_lag_seconds: float = Field(description="Age of the oldest counter that is not folded; 0 if all are.")
    oldest_dirty_at: datetime | None
