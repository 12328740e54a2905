"""Cloud Run function: serves usage, limits, runs and events as JSON."""

import functions_framework
from flask import Request, Response

from shared.bootstrap import start
from shared.http import openapi
from shared.http.app import App
from shared.http.tables import DOCUMENTED, USAGE_API

# The document also describes the routes of record_usage, which are part of the same API.
container = start(takes_members=True, required_when_deployed=["GWI_WEB_ORIGIN"])
app = App((*USAGE_API, openapi.route(DOCUMENTED)), container, takes_members=True)


@functions_framework.http
def usage_api(request: Request) -> Response:
    return app(request)
