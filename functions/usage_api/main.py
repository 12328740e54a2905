"""Cloud Run function: serves usage, limits, runs and events as JSON."""

import functions_framework
from flask import Request, Response

from shared.bootstrap import start
from shared.http.app import App
from shared.http.tables import USAGE_API

container = start(takes_members=True, required_when_deployed=["GWI_WEB_ORIGIN"])
app = App(USAGE_API, container, takes_members=True)


@functions_framework.http
def usage_api(request: Request) -> Response:
    return app(request)
