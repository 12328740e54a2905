"""The route of a tenant's time zone."""

from typing import Annotated

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from shared.http.bodies import read_body
from shared.http.inputs import ReadVersion, TimeZone
from shared.http.responses import ResponseModel, Version
from shared.http.routes import Call, Container, Example, Route, json_response
from shared.usecases.people.time_zone import set_time_zone, time_zone_version


class TimeZoneBody(BaseModel):
    """The time zone whose days the dashboard shows. Metering periods and limits stay in UTC."""

    model_config = ConfigDict(extra="forbid", strict=True)

    time_zone: TimeZone
    version: ReadVersion = None


class TimeZoneResponse(ResponseModel):
    """The time zone whose days the dashboard shows."""

    time_zone: Annotated[str, Field(examples=["Europe/Berlin"])]
    version: Version


def _set_time_zone(call: Call, container: Container) -> Response:
    body = read_body(call.request, TimeZoneBody)
    change = call.change.on_version(body.version)
    changed = set_time_zone(container.directory, call.caller.tenant, body.time_zone, change)
    return json_response(TimeZoneResponse(time_zone=changed.time_zone, version=time_zone_version(changed)))


ROUTES = (
    Route(
        method="PUT",
        path="/api/v1/tenants/<tenant>/time-zone",
        summary="Set the time zone of the dashboard",
        handle=_set_time_zone,
        needs="members:write",
        response=TimeZoneResponse,
        body=TimeZoneBody,
        examples={"Berlin": Example({"time_zone": "Europe/Berlin"})},
    ),
)
