"""The route that says that a function serves requests. It asks no other service."""

from typing import Literal

from flask import Response, current_app, has_app_context
from pydantic import BaseModel

from shared.http.routes import Call, Container, Route, json_response


class LivenessResponse(BaseModel):
    """The function answers."""

    status: Literal["ok"] = "ok"


def _alive(_call: Call, _container: Container) -> Response:
    return json_response(LivenessResponse())


ALIVE = Route(
    method="GET",
    path="/",
    summary="Whether this function serves requests; its store may still be away",
    handle=_alive,
    needs=None,
    response=LivenessResponse,
)


def answer_while_alive() -> None:
    """Serve the route beside a function of CloudEvents, which functions-framework asks for nothing but events."""
    if has_app_context():  # of functions-framework, while it loads main.py
        current_app.add_url_rule(ALIVE.path, "alive", lambda: json_response(LivenessResponse()))
