"""Cloud Run function: serves usage, limits, runs and events as JSON."""

import functions_framework
from flask import Request, Response

from shared.bootstrap import start
from shared.http import alerts, api_keys, audit, billing, members, openapi, record_usage, series
from shared.http import usage_api as usage
from shared.http.app import App

tables = (usage, series, billing, members, api_keys, alerts, audit)
routes = tuple(route for table in tables for route in table.ROUTES)
# One document describes the whole interface: what records is another service, but the same product.
app = App(
    (*routes, openapi.route((*record_usage.ROUTES, *routes))), start(takes_members=True), takes_members=True
)


@functions_framework.http
def usage_api(request: Request) -> Response:
    """Entry point."""
    return app(request)
