"""Cloud Run function: records metering events, checks limits and admits runs."""

import functions_framework
from flask import Request, Response

from shared.bootstrap import start
from shared.http.app import App
from shared.http.metering.record_usage import ROUTES

app = App(ROUTES, start(prices_events=True, required_when_deployed=["GWI_WEB_ORIGIN"]))


@functions_framework.http
def record_usage(request: Request) -> Response:
    return app(request)
