"""The HTTP application of a function: finds the route of a request, admits its caller, and answers every error."""

import io
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache

from flask import Request, Response, current_app, has_app_context
from werkzeug.exceptions import HTTPException, MethodNotAllowed, UnsupportedMediaType
from werkzeug.exceptions import NotFound as NoSuchRoute
from werkzeug.routing import Map, Rule
from werkzeug.wsgi import get_input_stream

from shared.domain.errors import (
    FieldProblem,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    TooLarge,
    Unavailable,
)
from shared.domain.people.members import Identity
from shared.domain.people.tenants import Tenant
from shared.http.body_deadlines import discard_body
from shared.http.cors import CrossOrigins
from shared.http.negotiation import NOT_MODIFIED, pack, refuse_unacceptable
from shared.http.problems import problem_of
from shared.http.request_logs import RequestLog, trace_of
from shared.http.routes import (
    PLATFORM_PATHS,
    PRIVATE,
    TENANT_HEADER,
    Call,
    Container,
    ExistingResponse,
    Route,
    SignInLevel,
)
from shared.http.turns import Turns
from shared.logs import traced
from shared.usecases.people.authenticate import Access, PlatformAccess
from shared.usecases.people.authenticate_member import require_verified

MAX_QUERY_CHARS = 8 * 1024
_UNENCODED = "identity"
_GZIP = ("gzip", "x-gzip")
"""Both names are one encoding (RFC 9110, 8.4.1.3)."""
_KEY_START = "gwi_"
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
        if has_app_context():  # of functions-framework, which matches paths before it calls us
            current_app.register_error_handler(
                HTTPException, lambda error: with_common_headers(problem_of(error))
            )

    def __call__(self, request: Request) -> Response:
        """Return the response to `request`; never raise."""
        _end_body_at_its_length(request)
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
        try:
            return self._respond(request, log)
        except Exception as error:  # noqa: BLE001 (callers never see a stack trace)
            log.saw_error(error)
            response = problem_of(error)
            if not discard_body(request):
                response.headers["Connection"] = "close"
            # Otherwise functions-framework would read the body again, and keep it in memory.
            request.stream = io.BytesIO()
            return response

    def _respond(self, request: Request, log: RequestLog) -> Response:
        if request.method == "OPTIONS" and (preflight := self._preflight(request)):
            return preflight
        route, path = self._match(request)
        log.route, log.tenant_id = route.path, path.get("tenant")
        _refuse_unreadable(request, route)
        refuse_unacceptable(request, route)
        asked = Call(request=request, now=self._container.clock(), path=path, crossings=log.crossings)
        call = self._admit(asked, route, log)
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
            raise _no_such_path(request) from error
        return route, path

    def _admit(self, call: Call, route: Route, log: RequestLog) -> Call:
        """Return the call with its caller; raise NotAuthenticated, or Forbidden if the caller may not make it."""
        if route.needs is None:
            return call
        secret = self._bearer(call.request)
        if self._takes_members and not secret.startswith(_KEY_START):
            return self._admit_person(call, route, secret, log)
        log.saw_key(secret)
        access = self._access_of_key(secret, call, route)
        if isinstance(access, PlatformAccess):
            return self._admit_platform(call, route, access)
        if isinstance(route.needs, SignInLevel):
            raise _needs_person()
        access.require(route.needs)
        self._origins.require_reading(call.request, access.permissions)
        for named in (call.path.get("tenant"), call.request.headers.get(TENANT_HEADER)):
            if named is not None:
                access.require_tenant(named)
        return replace(call, access=access)

    def _access_of_key(self, secret: str, call: Call, route: Route) -> Access | PlatformAccess:
        authenticator = self._container.authenticator
        try:
            return authenticator.authenticate(secret, call.now, _address_of(call.request))
        except Unavailable:
            remembered = authenticator.remembered(secret, call.now) if route.answers_while_away else None
            if remembered is None:
                raise
            return remembered

    def _admit_platform(self, call: Call, route: Route, platform: PlatformAccess) -> Call:
        needs = route.platform_permission
        if needs is None:
            raise _needs_person()
        platform.require(needs)
        if call.identity is None:
            self._origins.require_reading(call.request, platform.permissions)
        tenant = None if route.names_tenants else self._named_tenant(call)
        if tenant is None:
            return replace(call, platform=platform)
        call.crossings.append(tenant.id)
        return replace(call, access=platform.to(tenant), platform=platform)

    def _named_tenant(self, call: Call) -> Tenant | None:
        """Return the tenant in the path, as it is stored, or else that of the header, which may be a minute old."""
        in_path, in_header = call.path.get("tenant"), call.request.headers.get(TENANT_HEADER)
        if in_path is None:
            return self._container.tenants.find(in_header, call.now) if in_header else None
        if in_header is not None and in_header != in_path:
            message = f"the header {TENANT_HEADER} names another tenant than the path"
            problem = FieldProblem(field=TENANT_HEADER, code="tenant_mismatch", message=message)
            raise InvalidInput(message, (problem,), code="tenant_mismatch")
        return self._container.authenticator.find_tenant(in_path)

    def _admit_person(self, call: Call, route: Route, token: str, log: RequestLog) -> Call:
        identity = self._container.sign_in.identify(token, call.now)
        log.caller = f"uid:{identity.user_id}"
        identified = replace(call, identity=identity)
        if route.path.startswith(PLATFORM_PATHS):
            return self._admit_operator(identified, route)
        if route.needs is not SignInLevel.SIGNED_IN:
            require_verified(identity)
        if route.needs in (SignInLevel.SIGNED_IN, SignInLevel.VERIFIED):
            return replace(identified, platform=self._operator_for(route, identity))
        member = self._member_of_tenant(identity, route, call.path.get("tenant"))
        if isinstance(member, Access) and _may_all_of(route, member):
            return replace(identified, access=member)
        operator = self._operator_for(route, identity)
        if operator is not None:
            return self._admit_platform(identified, route, operator)
        if isinstance(member, Forbidden):
            raise member
        return replace(identified, access=member)

    def _admit_operator(self, call: Call, route: Route) -> Call:
        operator = self._container.sign_in.access_platform(call.user)
        if operator is None:
            raise _no_such_path(call.request)
        require_verified(call.user)
        return self._admit_platform(call, route, operator)

    def _operator_for(self, route: Route, identity: Identity) -> PlatformAccess | None:
        return self._container.sign_in.access_platform(identity) if route.platform_permission else None

    def _member_of_tenant(
        self, identity: Identity, route: Route, tenant_id: str | None
    ) -> Access | Forbidden:
        """Return the access of a member who may call the route, or the error for anybody else."""
        if tenant_id is None:
            return Forbidden("only a platform key or an operator can do this", code="missing_role")
        try:
            access = self._container.sign_in.access_tenant(identity, tenant_id)
            if route.needs is not None and not isinstance(route.needs, SignInLevel):
                access.require(route.needs)
        except Forbidden as error:
            return error
        return access

    def _bearer(self, request: Request) -> str:
        """Return the key or ID token of the request."""
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secret.strip():
            other = " or an ID token" if self._takes_members else ""
            raise NotAuthenticated(f"send an API key as `Authorization: Bearer gwi_…`{other}")
        return secret.strip()


def _may_all_of(route: Route, member: Access) -> bool:
    """Return False if an operator may do more here: a member may only leave, and an admin not touch owners."""
    is_limited = route.needs == "members:write" and member.role != "owner"
    return route.platform_permission in member.permissions and not is_limited


def _no_such_path(request: Request) -> NotFound:
    return NotFound(f"{request.path} does not exist")


def _needs_person() -> Forbidden:
    return Forbidden("an API key cannot do this; sign in instead", code="missing_scope")


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


def _address_of(request: Request) -> str:
    """Return the network address of the caller, as Google's front end appends it to what the caller claims."""
    return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or request.remote_addr or ""


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
