"""Cloud Run function: serves usage, limits, runs and events as JSON."""

import functions_framework
from flask import Request, Response

from shared.bootstrap import start
from shared.http import billing, openapi, record_usage, series
from shared.http import usage_api as usage
from shared.http.app import App

routes = (*usage.ROUTES, *series.ROUTES, *billing.ROUTES)
# One document describes the whole interface: what records is another service, but the same product.
app = App((*routes, openapi.route((*record_usage.ROUTES, *routes))), start())


@functions_framework.http
def usage_api(request: Request) -> Response:
    """Entry point."""
    return app(request)
