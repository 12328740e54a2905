"""Cloud Run function: records metering events and checks limits."""

import functions_framework
from flask import Request, Response

from shared.bootstrap import start
from shared.http.app import App
from shared.http.metering.record_usage import ROUTES

app = App(ROUTES, start(prices_events=True))


@functions_framework.http
def record_usage(request: Request) -> Response:
    return app(request)
