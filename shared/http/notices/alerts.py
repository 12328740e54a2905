"""Routes of usage alerts and of their mail recipients."""

from datetime import datetime

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from shared.domain.notices.alerts import Metric, UsageAlert
from shared.http.app import Call, Container, Route, json_response
from shared.http.bodies import read_body, read_query
from shared.http.inputs import PageQuery
from shared.http.responses import ResponseModel
from shared.usecases.notices.alert_recipients import MAX_RECIPIENTS, set_alert_recipients


class AlertResponse(ResponseModel):
    """A crossed threshold, with the usage and the limit at that time."""

    id: str
    period_start: datetime
    metric: Metric
    threshold_percent: int
    used: int
    limit: int
    reached_at: datetime

    @classmethod
    def of(cls, alert: UsageAlert) -> "AlertResponse":
        names = [name for name in cls.model_fields if name != "period_start"]
        return cls(period_start=alert.period.start, **{name: getattr(alert, name) for name in names})


class AlertsResponse(ResponseModel):
    """A page of alerts, newest first."""

    alerts: list[AlertResponse]
    next_cursor: str | None


class RecipientsBody(BaseModel):
    """The addresses that get alert mails; if empty, the owners get them."""

    model_config = ConfigDict(extra="forbid", strict=True)

    emails: list[str] = Field(max_length=MAX_RECIPIENTS)


class RecipientsResponse(ResponseModel):
    """The addresses that get alert mails; if empty, the owners get them."""

    emails: list[str]


def _alerts(call: Call, container: Container) -> Response:
    query = read_query(call.request, PageQuery)
    page = container.usage.list_alerts(call.path["tenant"], limit=query.limit, cursor=query.cursor)
    alerts = [AlertResponse.of(alert) for alert in page.items]
    return json_response(AlertsResponse(alerts=alerts, next_cursor=page.next_cursor))


def _recipients(call: Call, _container: Container) -> Response:
    return json_response(RecipientsResponse(emails=list(call.caller.tenant.alert_recipients)))


def _set_recipients(call: Call, container: Container) -> Response:
    emails = read_body(call.request, RecipientsBody).emails
    recipients = set_alert_recipients(container.directory, call.caller.tenant, emails, call.change)
    return json_response(RecipientsResponse(emails=list(recipients)))


_TENANT = "/api/v1/tenants/<tenant>"
_RECIPIENTS = f"{_TENANT}/alert-recipients"
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
    ),
)
