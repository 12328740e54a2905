"""Cloud Run function: serves usage, limits, runs and events as JSON."""

import functions_framework
from flask import Request, Response

from shared.bootstrap import start
from shared.http.app import App
from shared.http.tables import USAGE_API

app = App(USAGE_API, start(takes_members=True), takes_members=True)


@functions_framework.http
def usage_api(request: Request) -> Response:
    return app(request)
