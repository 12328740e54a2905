"""A function's HTTP surface: a table of routes, and what is the same for each of them."""

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask import Request, Response
from pydantic import BaseModel
from werkzeug.exceptions import MethodNotAllowed, UnsupportedMediaType
from werkzeug.exceptions import NotFound as NoSuchRoute
from werkzeug.routing import Map, Rule
from werkzeug.wsgi import get_input_stream

from shared.config import Config
from shared.domain.errors import NotAuthenticated, NotFound, TooLarge
from shared.domain.tenants import Scope
from shared.http.problems import problem_of
from shared.ports import TickPublisher, UsageStore
from shared.usecases.authenticate import Access, KeyAuthenticator
from shared.usecases.billing_parts import Billing
from shared.usecases.check_limits import Thresholds
from shared.usecases.live_usage import LiveUsageReader

MAX_BODY_BYTES = 4 * 1024 * 1024
_DISCARDED_BYTES = 64 * 1024
_PRIVATE = "no-store"


class Container(Protocol):
    """What routes need; bootstrap builds it."""

    @property
    def config(self) -> Config: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...
    @property
    def usage(self) -> UsageStore: ...
    @property
    def publisher(self) -> TickPublisher: ...
    @property
    def authenticator(self) -> KeyAuthenticator: ...
    @property
    def live_usage(self) -> LiveUsageReader: ...
    @property
    def thresholds(self) -> Thresholds: ...
    @property
    def billing(self) -> Billing: ...


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a route: who calls, when, and the parts of the path."""

    request: Request
    now: datetime
    path: Mapping[str, str]
    access: Access | None

    @property
    def caller(self) -> Access:
        """The verified caller of a route that has a scope."""
        if self.access is None:
            raise NotAuthenticated("this needs a key")
        return self.access


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path, who may call it, what it does, and the models that describe it in the OpenAPI document."""

    method: str
    path: str
    summary: str
    handle: Callable[[Call, Container], Response]
    scope: Scope | None
    answer: type[BaseModel] | None = None
    body: object = None
    query: type[BaseModel] | None = None


class App:
    """Finds the route, checks size and caller, and turns every error into a problem document."""

    def __init__(self, routes: Sequence[Route], container: Container) -> None:
        rules = [Rule(route.path, methods=[route.method], endpoint=route) for route in routes]
        self._map = Map(rules, strict_slashes=False, merge_slashes=False, redirect_defaults=False)
        self._container = container

    def __call__(self, request: Request) -> Response:
        """The answer to `request`; never raises."""
        try:
            response = self._answer(request)
        except Exception as error:  # noqa: BLE001 (the last line of defence: a caller never sees a trace)
            response = problem_of(error)
            _discard_body(request)
        response.headers.setdefault("Cache-Control", _PRIVATE)
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def _answer(self, request: Request) -> Response:
        route, path = self._match(request)
        _refuse_unreadable(request)
        now = self._container.clock()
        access = self._authenticate(request, route.scope, now) if route.scope else None
        if access is not None and "tenant" in path:
            access.require_tenant(path["tenant"])
        return route.handle(Call(request, now, path, access), self._container)

    def _match(self, request: Request) -> tuple[Route, Mapping[str, str]]:
        try:
            route, path = self._map.bind("").match(request.path, request.method)
        except MethodNotAllowed as error:
            allowed = sorted(error.valid_methods or ())
            raise MethodNotAllowed(allowed, f"{request.method} is not allowed on {request.path}") from error
        except NoSuchRoute as error:
            raise NotFound(f"{request.path} does not exist") from error
        return route, path

    def _authenticate(self, request: Request, scope: Scope, now: datetime) -> Access:
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secret:
            raise NotAuthenticated("send the key as `Authorization: Bearer gwi_…`")
        access = self._container.authenticator.authenticate(secret.strip(), now)
        access.require(scope)
        return access


def json_answer(model: BaseModel, cache_control: str = _PRIVATE) -> Response:
    """A model as JSON."""
    headers = {"Cache-Control": cache_control}
    return Response(model.model_dump_json(by_alias=True), 200, headers, mimetype="application/json")


def _refuse_unreadable(request: Request) -> None:
    """Refuse by the headers what is too large or encoded, before any of the body is read."""
    # One byte more, because werkzeug cuts a longer body off there instead of refusing it: see parse_json.
    request.max_content_length = MAX_BODY_BYTES + 1
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise TooLarge(f"the body is {request.content_length} bytes, at most {MAX_BODY_BYTES} are read")
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise UnsupportedMediaType(f"Content-Encoding {encoding!r} is not supported; send the body as it is")


def _discard_body(request: Request) -> None:
    """Read what is left of a refused body without keeping it, so that its sender gets to read the answer.

    functions-framework reads it too, after us: it would keep all of it, or fail at the limit set above.
    """
    with suppress(Exception):  # what cannot be read any further needs no second complaint
        rest = get_input_stream(request.environ)
        while rest.read(_DISCARDED_BYTES):
            pass
    request.stream = io.BytesIO()
