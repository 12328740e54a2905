"""The HTTP application of a function: its routes, and the parts that all routes share."""

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from flask import Request, Response, current_app, has_app_context
from pydantic import BaseModel
from werkzeug.exceptions import HTTPException, MethodNotAllowed, UnsupportedMediaType
from werkzeug.exceptions import NotFound as NoSuchRoute
from werkzeug.routing import Map, Rule
from werkzeug.wsgi import get_input_stream

from shared.config import Config
from shared.domain.errors import Forbidden, NotAuthenticated, NotFound, TooLarge
from shared.domain.notices.mail_templates import Links
from shared.domain.people.members import Identity, Permission
from shared.domain.people.tenants import Change
from shared.http.body_deadlines import discard_body
from shared.http.problems import problem_of
from shared.ports import Directory, Endpoints, Members, Outbox, SignatureCheck, UsageStore
from shared.usecases.billing.billing_dependencies import BillingDependencies
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.check_limits import Limits
from shared.usecases.metering.record_events import EventRecorder
from shared.usecases.people.authenticate import Access, KeyAuthenticator
from shared.usecases.people.authenticate_member import MemberAuthenticator, require_verified

MAX_BODY_BYTES = 4 * 1024 * 1024
"""Of events and of Stripe's webhooks. All other bodies are a few fields."""
MAX_SMALL_BODY_BYTES = 64 * 1024
MAX_QUERY_CHARS = 8 * 1024
_UNENCODED = "identity"
_GZIP = ("gzip", "x-gzip")
"""Both names are one encoding (RFC 9110, 8.4.1.3)."""
_PRIVATE = "no-store"
_KEY_START = "gwi_"
METERING_PATHS = "/v1/"
"""The beginning of the paths that agents call; these take only keys."""


class Container(Protocol):
    """The parts of a function that routes use; bootstrap builds it."""

    @property
    def config(self) -> Config: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...
    @property
    def usage(self) -> UsageStore: ...
    @property
    def directory(self) -> Directory: ...
    @property
    def members(self) -> Members: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def endpoints(self) -> Endpoints: ...
    @property
    def links(self) -> Links: ...
    @property
    def authenticator(self) -> KeyAuthenticator: ...
    @property
    def sign_in(self) -> MemberAuthenticator: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def events(self) -> EventRecorder: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def billing(self) -> BillingDependencies: ...
    @property
    def verify_signature(self) -> SignatureCheck: ...
    def one_deadline(self) -> AbstractContextManager[None]: ...


class SignInLevel(Enum):
    """How far a person must be signed in to call a route that requires no permission; keys cannot call it."""

    SIGNED_IN = "any signed-in user"
    VERIFIED = "any signed-in user with a verified email address"
    MEMBER = "any member of the tenant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to a route: its caller, its time, and the parameters in its path."""

    request: Request
    now: datetime
    path: Mapping[str, str]
    access: Access | None
    identity: Identity | None = None

    @property
    def caller(self) -> Access:
        """The verified key or member; for routes of a tenant."""
        if self.access is None:
            raise NotAuthenticated("use an API key, or sign in as a member of the tenant")
        return self.access

    @property
    def change(self) -> Change:
        """The caller and time of a change, for the audit log."""
        return self.caller.change(self.now)

    @property
    def user(self) -> Identity:
        """The signed-in user; for routes that only people may call."""
        if self.identity is None:
            raise NotAuthenticated("sign in to do this")
        return self.identity


@dataclass(frozen=True, slots=True)
class Example:
    """A body that a route accepts, of its content type."""

    body: object
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Route:
    """A method and a path, their callers and handler, and the models that describe them in the OpenAPI document.

    `needs` is None if anyone may call the route. `status` is the status code of a successful response.
    `body` is sent as JSON, `other_bodies` as their content types; `headers` has a field for each header.
    """

    method: str
    path: str
    summary: str
    handle: Callable[[Call, Container], Response]
    needs: Permission | SignInLevel | None
    response: type[BaseModel] | None = None
    body: object = None
    query: type[BaseModel] | None = None
    headers: type[BaseModel] | None = None
    other_bodies: Mapping[str, object] = field(default_factory=dict)
    examples: Mapping[str, Example] = field(default_factory=dict)
    """Bodies by their names, which the OpenAPI document shows."""
    is_also_csv: bool = False
    status: int = 200
    max_body_bytes: int = MAX_SMALL_BODY_BYTES


class App:
    """Finds the route of a request, checks its size and caller, and turns every error into a problem document.

    Callers use API keys; with `takes_members`, also ID tokens.
    """

    def __init__(self, routes: Sequence[Route], container: Container, *, takes_members: bool = False) -> None:
        rules = [Rule(route.path, methods=[route.method], endpoint=route) for route in routes]
        self._map = Map(rules, strict_slashes=False, merge_slashes=False, redirect_defaults=False)
        self._container = container
        self._takes_members = takes_members
        if has_app_context():  # of functions-framework, which matches paths before it calls us
            current_app.register_error_handler(HTTPException, lambda error: _finished(problem_of(error)))

    def __call__(self, request: Request) -> Response:
        """Return the response to `request`; never raise."""
        _end_body_at_its_length(request)
        try:
            with self._container.one_deadline():
                response = self._respond(request)
        except Exception as error:  # noqa: BLE001 (callers never see a stack trace)
            response = problem_of(error)
            if not discard_body(request):
                response.headers["Connection"] = "close"
            # Otherwise functions-framework would read the body again, and keep it in memory.
            request.stream = io.BytesIO()
        return _finished(response)

    def _respond(self, request: Request) -> Response:
        route, path = self._match(request)
        _refuse_unreadable(request, route)
        now = self._container.clock()
        access, identity = self._admit(request, route.needs, path.get("tenant"), now)
        call = Call(request=request, now=now, path=path, access=access, identity=identity)
        response = route.handle(call, self._container)
        response.status_code = route.status
        return response

    def _match(self, request: Request) -> tuple[Route, Mapping[str, str]]:
        try:
            route, path = self._map.bind("").match(request.path, request.method)
        except MethodNotAllowed as error:
            allowed = sorted(error.valid_methods or ())
            raise MethodNotAllowed(allowed, f"{request.method} is not allowed on {request.path}") from error
        except NoSuchRoute as error:
            raise NotFound(f"{request.path} does not exist") from error
        return route, path

    def _admit(
        self, request: Request, needs: Permission | SignInLevel | None, tenant_id: str | None, now: datetime
    ) -> tuple[Access | None, Identity | None]:
        if needs is None:
            return None, None
        secret = self._bearer(request)
        if self._takes_members and not secret.startswith(_KEY_START):
            return self._admit_person(secret, needs, tenant_id, now)
        access = self._container.authenticator.authenticate(secret, now)
        if isinstance(needs, SignInLevel):
            raise Forbidden("an API key cannot do this; sign in instead", code="missing_scope")
        access.require(needs)
        if tenant_id is not None:
            access.require_tenant(tenant_id)
        return access, None

    def _admit_person(
        self, token: str, needs: Permission | SignInLevel, tenant_id: str | None, now: datetime
    ) -> tuple[Access | None, Identity]:
        identity = self._container.sign_in.identify(token, now)
        if needs is not SignInLevel.SIGNED_IN:
            require_verified(identity)
        if tenant_id is None or needs in (SignInLevel.SIGNED_IN, SignInLevel.VERIFIED):
            return None, identity
        access = self._container.sign_in.access_tenant(identity, tenant_id)
        if not isinstance(needs, SignInLevel):
            access.require(needs)
        return access, identity

    def _bearer(self, request: Request) -> str:
        """Return the key or ID token of the request."""
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secret.strip():
            other = " or an ID token" if self._takes_members else ""
            raise NotAuthenticated(f"send an API key as `Authorization: Bearer gwi_…`{other}")
        return secret.strip()


def _finished(response: Response) -> Response:
    """Set the headers that every response has."""
    response.headers.setdefault("Cache-Control", _PRIVATE)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def json_response(model: BaseModel, cache_control: str = _PRIVATE) -> Response:
    headers = {"Cache-Control": cache_control}
    return Response(model.model_dump_json(by_alias=True), 200, headers, mimetype="application/json")


def empty_response() -> Response:
    """Return an empty response, for routes whose status is 204."""
    return Response(status=204)


def max_body_bytes(request: Request) -> int:
    """Return the most bytes that the body of this request may have."""
    return (request.max_content_length or 0) - 1


def _refuse_unreadable(request: Request, route: Route) -> None:
    """Refuse what is too large or encoded by the headers, before reading any of the body."""
    most = route.max_body_bytes
    # One byte more, because werkzeug truncates a longer body instead of refusing it; read_bytes refuses it.
    request.max_content_length = most + 1
    if (request.content_length or 0) > most:
        raise TooLarge(f"the body is {request.content_length} bytes; the maximum is {most}")
    if len(request.query_string) > MAX_QUERY_CHARS:
        raise TooLarge(f"the query string is too long; the maximum is {MAX_QUERY_CHARS} characters")
    encoding = request.headers.get("Content-Encoding", _UNENCODED)
    if encoding.lower() != _UNENCODED and not is_gzip(request):
        message = f"Content-Encoding {encoding!r} is not supported; send the body unencoded, or gzip it once"
        raise UnsupportedMediaType(message)


def is_gzip(request: Request) -> bool:
    """Return whether the body is gzip-encoded, by its header."""
    return request.headers.get("Content-Encoding", "").lower() in _GZIP


def _end_body_at_its_length(request: Request) -> None:
    """Replace the server's input by a stream that knows where the body ends, however often it is read.

    Werkzeug's own server hands over the bare socket: reading it beyond the body waits for bytes that never come.
    """
    request.environ["wsgi.input"] = get_input_stream(request.environ)
    request.environ["wsgi.input_terminated"] = True
