"""The HTTP application of a function: finds the route of a request, admits its caller, and answers every error."""

import io
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache

from flask import Request, Response, current_app, has_app_context
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.exceptions import NotFound as NoSuchRoute
from werkzeug.routing import Map, Rule

from shared.http.body_deadlines import discard_body
from shared.http.callers import Callers, no_such_path
from shared.http.cors import CrossOrigins
from shared.http.negotiation import NOT_MODIFIED, pack, refuse_unacceptable
from shared.http.problems import problem_of
from shared.http.request_bounds import end_body_at_its_length, refuse_unreadable
from shared.http.request_logs import RequestLog, trace_of
from shared.http.routes import (
    PRIVATE,
    Call,
    Container,
    ExistingResponse,
    Route,
)
from shared.http.turns import Turns
from shared.logs import traced

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


class App:
    """Finds the route of a request, checks its size and caller, and turns every error into a problem document.

    Callers use API keys; with `takes_members`, also ID tokens.
    """

    def __init__(self, routes: Sequence[Route], container: Container, *, takes_members: bool = False) -> None:
        self._map = _map_of(tuple(routes))
        self._container = container
        self._takes_members = takes_members
        self._turns = Turns()
        self._origins = CrossOrigins(container.config.cors_origins)
        self._callers = Callers(container, self._origins, takes_members=takes_members)
        if has_app_context():  # of functions-framework, which matches paths before it calls us
            current_app.register_error_handler(
                HTTPException, lambda error: with_common_headers(problem_of(error))
            )

    def __call__(self, request: Request) -> Response:
        """Return the response to `request`; never raise."""
        end_body_at_its_length(request)
        log = RequestLog(method=request.method)
        with traced(trace_of(request)), self._container.request() as operations:
            response = self._respond_or_refuse(request, log)
            log.write(response.status_code, operations)
        return self._finished(request, response)

    def _finished(self, request: Request, response: Response) -> Response:
        pack(request, response)
        self._origins.expose(request, response)
        return with_common_headers(response)

    def _respond_or_refuse(self, request: Request, log: RequestLog) -> Response:
        route: Route | None = None
        try:
            if request.method == "OPTIONS" and (preflight := self._preflight(request)):
                return preflight
            route, path = self._match(request)
            asked = Call(
                request=request,
                now=self._container.clock(),
                path=path,
                crossings=log.crossings,
                counts=log.counts,
            )
            return self._respond(asked, route, log)
        except Exception as error:  # noqa: BLE001 (callers never see a stack trace)
            log.saw_error(error)
            response = problem_of(error)
            if route and route.errors:
                response = route.errors.convert(request, response)
            if not discard_body(request):
                response.headers["Connection"] = "close"
            # Otherwise functions-framework would read the body again, and keep it in memory.
            request.stream = io.BytesIO()
            return response

    def _respond(self, asked: Call, route: Route, log: RequestLog) -> Response:
        log.route, log.tenant_id = route.path, asked.path.get("tenant")
        refuse_unreadable(asked.request, route)
        refuse_unacceptable(asked.request, route)
        call = self._callers.admit(asked, route, log)
        if call.access:
            log.tenant_id = call.access.tenant_id
        with self._turn(route, call):
            response = route.handle(call, self._container)
        if not isinstance(response, ExistingResponse) and response.status_code != NOT_MODIFIED:
            response.status_code = route.status
        return response

    def _preflight(self, request: Request) -> Response | None:
        methods = self._map.bind("").allowed_methods(request.path)
        routes = [
            self._map.bind("").match(request.path, method)[0] for method in methods if method in _METHODS
        ]
        return self._origins.preflight(request, routes)

    def _turn(self, route: Route, call: Call) -> AbstractContextManager[None]:
        """Let requests that create something for the same tenant or person take turns, so that caps hold."""
        if route.method != "POST" or not self._takes_members or route.needs is None:
            return nullcontext()
        if call.access:
            return self._turns.of(route.path, call.access.tenant_id)
        return self._turns.of(route.path, call.platform.actor if call.platform else call.user.user_id)

    def _match(self, request: Request) -> tuple[Route, Mapping[str, str]]:
        try:
            route, path = self._map.bind("").match(request.path, request.method)
        except MethodNotAllowed as error:
            allowed = sorted(error.valid_methods or ())
            raise MethodNotAllowed(allowed, f"{request.method} is not allowed on {request.path}") from error
        except NoSuchRoute as error:
            raise no_such_path(request) from error
        return route, path


@cache
def _map_of(routes: tuple[Route, ...]) -> Map:
    """Compile the paths of a table, which takes 20 ms; tests make hundreds of applications from one table."""
    rules = [Rule(route.path, methods=[route.method], endpoint=route) for route in routes]
    return Map(rules, strict_slashes=False, merge_slashes=False, redirect_defaults=False)


def with_common_headers(response: Response) -> Response:
    """Set the headers that every response has."""
    response.headers.setdefault("Cache-Control", PRIVATE)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
