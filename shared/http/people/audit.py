"""The routes of the audit logs: of a tenant, and of the platform."""

from datetime import datetime

from flask import Response
from pydantic import Field

from shared.domain.people.audit import ActorKind
from shared.http.bodies import read_query
from shared.http.inputs import PageQuery
from shared.http.responses import ResponseModel
from shared.http.routes import Call, Container, Route, json_response


class AuditEntryResponse(ResponseModel):
    """A change to the tenant, or to the platform: its actor, time and reason."""

    at: datetime
    actor: str = Field(
        description=(
            "`member:<email>`, `platform:<prefix>` or `key:<prefix>` of a key, `operator:<email>`, `admin:<login>` "
            "of an operator's command, `recipient:<email>` of an alert mail; else the part of the system."
        )
    )
    actor_kind: ActorKind
    action: str
    before: str | None
    after: str | None
    reason: str


class AuditResponse(ResponseModel):
    """A page of the audit log, newest first."""

    entries: list[AuditEntryResponse]
    next_cursor: str | None


def _audit(call: Call, container: Container) -> Response:
    return _page_of(call.path["tenant"], call, container)


def _platform_audit(call: Call, container: Container) -> Response:
    return _page_of(None, call, container)


def _page_of(tenant_id: str | None, call: Call, container: Container) -> Response:
    query = read_query(call.request, PageQuery)
    page = container.directory.list_audit(tenant_id, limit=query.limit, cursor=query.cursor)
    entries = [AuditEntryResponse.model_validate(each, from_attributes=True) for each in page.items]
    return json_response(AuditResponse(entries=entries, next_cursor=page.next_cursor))


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/audit",
        summary="Audit log, newest first",
        handle=_audit,
        needs="members:write",
        response=AuditResponse,
        query=PageQuery,
    ),
    Route(
        method="GET",
        path="/api/v1/platform/audit",
        summary="Audit log of what belongs to the platform, newest first",
        handle=_platform_audit,
        needs="platform:read",
        response=AuditResponse,
        query=PageQuery,
    ),
)
