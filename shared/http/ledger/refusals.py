"""The route of the runs that were refused."""

from datetime import date, datetime

from flask import Response
from pydantic import Field

from shared.domain.limits.metrics import LimitedMetric
from shared.domain.limits.refused_runs import RefusedRuns
from shared.domain.prices.money import usd_string
from shared.http.responses import ResponseModel
from shared.http.routes import Call, Container, Route, json_response


class RefusedRunsResponse(ResponseModel):
    """How often one limit refused a run today, and the last time."""

    code: str
    scope: str = Field(
        description="`plan`, `budget:` and its id, or `run:` and the id of the last run whose hold was too small."
    )
    value: str | None = Field(
        description="The value of the budget's scope that was refused last, where each has a budget of its own."
    )
    count: int = Field(
        description="Requests to admit or extend a run. At least so many: of many, up to a minute's may be missing."
    )
    last_at: datetime
    reason: str = Field(description="Of the last refusal, in one sentence.")
    metric: LimitedMetric | None
    limit: str | None = Field(description="Tokens, runs or USD.")
    resets_at: datetime | None = Field(description="The start of the next window, if there is one.")

    @classmethod
    def of(cls, refused: RefusedRuns) -> "RefusedRunsResponse":
        last = refused.last
        text = usd_string if last.metric == "cost" else str
        return cls(
            code=last.code,
            scope=last.scope,
            value=last.value or None,
            count=refused.count,
            last_at=refused.last_at,
            reason=last.reason,
            metric=last.metric,
            limit=None if last.limit is None else text(last.limit),
            resets_at=last.resets_at,
        )


class RefusalsResponse(ResponseModel):
    """The runs that were refused on the current UTC day, by the limit that they did not fit, the newest first."""

    day: date
    refused: list[RefusedRunsResponse]


def _refusals(call: Call, container: Container) -> Response:
    day = call.now.date()
    found = container.admissions.read_refusals(call.path["tenant"], day)
    return json_response(RefusalsResponse(day=day, refused=[RefusedRunsResponse.of(each) for each in found]))


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/refusals",
        summary="Runs that were refused today, and why",
        handle=_refusals,
        needs="usage:read",
        response=RefusalsResponse,
    ),
)
