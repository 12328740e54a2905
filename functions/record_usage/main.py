"""Cloud Run function: records metering events and checks limits."""

import functions_framework
from flask import Request, Response

from shared.bootstrap import start
from shared.domain.prices.catalog import catalog_providers
from shared.http.app import App
from shared.http.metering.record_usage import ROUTES

# The price catalog takes most of a second to load, so it is loaded before the first request.
app = App(ROUTES, start(catalog_providers))


@functions_framework.http
def record_usage(request: Request) -> Response:
    return app(request)
