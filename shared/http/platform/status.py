"""The routes by which operators see how the whole service does."""

from flask import Response

from shared.http.platform.status_reading import read_overview, read_system
from shared.http.platform.status_responses import OverviewResponse, SystemResponse
from shared.http.routes import Call, Container, Route, json_response


def _overview(call: Call, container: Container) -> Response:
    return json_response(read_overview(container, call.now))


def _system(_call: Call, container: Container) -> Response:
    return json_response(read_system(container))


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/platform/overview",
        summary="The state of the whole service",
        handle=_overview,
        needs="platform:read",
        response=OverviewResponse,
    ),
    Route(
        method="GET",
        path="/api/v1/platform/system",
        summary="The last ticks, and what has failed",
        handle=_system,
        needs="platform:read",
        response=SystemResponse,
    ),
)
