"""Routes of usage alerts, of their thresholds and their mail recipients."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from shared.domain.limits.budgets import BudgetWindow
from shared.domain.limits.limits import DEFAULT_ALERT_PERCENTS, MAX_ALERT_PERCENTS, Percent
from shared.domain.limits.metrics import LimitedMetric
from shared.domain.notices.alerts import UsageAlert
from shared.domain.people.tenants import Tenant
from shared.http.bodies import read_body, read_query
from shared.http.inputs import PageQuery, ReadVersion
from shared.http.responses import ResponseModel, Version
from shared.http.routes import Call, Container, Example, Route, json_response
from shared.usecases.notices.alert_recipients import (
    MAX_RECIPIENTS,
    AlertRecipient,
    RecipientDependencies,
    list_recipients,
    recipients_version,
    set_alert_recipients,
)
from shared.usecases.notices.alert_thresholds import alert_percents_version, set_alert_percents


class AlertedBudgetResponse(ResponseModel):
    """The budget of an alert."""

    id: str
    window: BudgetWindow
    value: str | None = Field(description="Of the scope; null unless each value has a budget of its own.")


class AlertResponse(ResponseModel):
    """A crossed threshold, or a run over its hold, with the usage and the limit at that time."""

    id: str
    period_start: datetime
    metric: LimitedMetric
    threshold_percent: int
    used: int = Field(description="For `cost`, in nano-USD.")
    limit: int = Field(description="For `cost`, in nano-USD.")
    reached_at: datetime
    used_usd: str | None = Field(description="`used` in USD; null unless the metric is `cost`.")
    limit_usd: str | None = Field(description="`limit` in USD; null unless the metric is `cost`.")
    cost_is_complete: bool | None = Field(
        description="False if calls are unpriced or incomplete: they cost at least `used_usd`."
        " Null unless the metric is `cost`."
    )
    run_id: str | None = Field(
        default=None,
        description="The run that used more than it held, which was `limit`; null for a threshold.",
    )
    budget: AlertedBudgetResponse | None = Field(
        default=None,
        description="The budget; null for a limit of the plan. `period_start` begins its window.",
    )

    @classmethod
    def of(cls, alert: UsageAlert) -> "AlertResponse":
        names = [name for name in cls.model_fields if name not in ("period_start", "budget")]
        budget = AlertedBudgetResponse.model_validate(alert.budget) if alert.budget else None
        fields = {name: getattr(alert, name) for name in names}
        return cls(period_start=alert.period.start, budget=budget, **fields)


class AlertsResponse(ResponseModel):
    """A page of alerts, newest first."""

    alerts: list[AlertResponse]
    next_cursor: str | None


class RecipientsBody(BaseModel):
    """The addresses that get alert mails; if empty, the owners get them."""

    model_config = ConfigDict(extra="forbid", strict=True)

    emails: list[Annotated[str, Field(json_schema_extra={"format": "email"})]] = Field(
        max_length=MAX_RECIPIENTS
    )
    version: ReadVersion = None


class RecipientResponse(ResponseModel):
    """An address that gets alert mails; while it is pending, it has not confirmed, and gets none."""

    email: str
    status: Literal["confirmed", "pending"]


class RecipientsResponse(ResponseModel):
    """The addresses that get alert mails; if empty, the owners get them."""

    emails: list[str]
    recipients: list[RecipientResponse]
    version: Version

    @classmethod
    def of(cls, recipients: Sequence[AlertRecipient]) -> "RecipientsResponse":
        emails = [each.email for each in recipients]
        return cls(
            emails=emails,
            version=recipients_version(emails),
            recipients=[RecipientResponse(email=each.email, status=each.status) for each in recipients],
        )


class ThresholdsBody(BaseModel):
    """The percentages of a limit at which alerts are raised; null for the default ones."""

    model_config = ConfigDict(extra="forbid", strict=True)

    percents: list[Percent] | None = Field(min_length=1, max_length=MAX_ALERT_PERCENTS)
    version: ReadVersion = None


class ThresholdsResponse(ResponseModel):
    """The percentages of a limit at which alerts are raised, in rising order."""

    percents: list[int]
    is_default: bool
    version: Version


def _alerts(call: Call, container: Container) -> Response:
    query = read_query(call.request, PageQuery)
    page = container.usage.list_alerts(call.path["tenant"], limit=query.limit, cursor=query.cursor)
    alerts = [AlertResponse.of(alert) for alert in page.items]
    return json_response(AlertsResponse(alerts=alerts, next_cursor=page.next_cursor))


def _recipients(call: Call, container: Container) -> Response:
    tenant = call.caller.tenant
    found = list_recipients(container.members, container.outbox, tenant, tenant.alert_recipients)
    return json_response(RecipientsResponse.of(found))


def _set_recipients(call: Call, container: Container) -> Response:
    body = read_body(call.request, RecipientsBody)
    stores = RecipientDependencies(
        directory=container.directory,
        members=container.members,
        outbox=container.outbox,
        links=container.links,
    )
    change = call.change.on_version(body.version)
    found = set_alert_recipients(stores, call.caller.tenant, body.emails, change)
    return json_response(RecipientsResponse.of(found))


def _thresholds(call: Call, container: Container) -> Response:
    return json_response(_thresholds_of(call.caller.tenant, container))


def _set_thresholds(call: Call, container: Container) -> Response:
    body = read_body(call.request, ThresholdsBody)
    change = call.change.on_version(body.version)
    changed = set_alert_percents(container.directory, call.caller.tenant, body.percents, change)
    return json_response(_thresholds_of(changed, container))


def _thresholds_of(tenant: Tenant, container: Container) -> ThresholdsResponse:
    policy = container.limits.thresholds.policy_of(tenant)
    percents = policy.alert_percents if policy else DEFAULT_ALERT_PERCENTS
    return ThresholdsResponse(
        percents=list(percents),
        is_default=tenant.overrides.alert_percents is None,
        version=alert_percents_version(tenant),
    )


_TENANT = "/api/v1/tenants/<tenant>"
_RECIPIENTS = f"{_TENANT}/alert-recipients"
_THRESHOLDS = f"{_TENANT}/alert-thresholds"
ROUTES = (
    Route(
        method="GET",
        path=f"{_TENANT}/alerts",
        summary="Usage alerts, newest first",
        handle=_alerts,
        needs="usage:read",
        response=AlertsResponse,
        query=PageQuery,
    ),
    Route(
        method="GET",
        path=_RECIPIENTS,
        summary="Recipients of alert mails",
        handle=_recipients,
        needs="members:write",
        response=RecipientsResponse,
    ),
    Route(
        method="PUT",
        path=_RECIPIENTS,
        summary="Set the recipients of alert mails",
        handle=_set_recipients,
        needs="members:write",
        response=RecipientsResponse,
        body=RecipientsBody,
        examples={"one address": Example({"emails": ["ann@example.com"]})},
    ),
    Route(
        method="GET",
        path=_THRESHOLDS,
        summary="Thresholds of alerts",
        handle=_thresholds,
        needs="usage:read",
        response=ThresholdsResponse,
    ),
    Route(
        method="PUT",
        path=_THRESHOLDS,
        summary="Set the thresholds of alerts",
        handle=_set_thresholds,
        needs="members:write",
        response=ThresholdsResponse,
        body=ThresholdsBody,
        examples={"two thresholds": Example({"percents": [80, 100]})},
    ),
)
