"""The callers of routes: recognise a key, a member or an operator, and let them in where they may be."""

from dataclasses import replace

from flask import Request

from shared.domain.errors import (
    FieldProblem,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    Unavailable,
)
from shared.domain.people.members import Identity
from shared.domain.people.tenants import Tenant
from shared.http.cors import CrossOrigins
from shared.http.request_logs import RequestLog
from shared.http.routes import PLATFORM_PATHS, TENANT_HEADER, Call, Container, Route, SignInLevel
from shared.usecases.people.authenticate import Access, PlatformAccess
from shared.usecases.people.authenticate_member import require_verified

_KEY_START = "gwi_"


class Callers:
    """Admits the callers of a function, who use API keys; with `takes_members`, also ID tokens."""

    def __init__(self, container: Container, origins: CrossOrigins, *, takes_members: bool) -> None:
        self._container = container
        self._origins = origins
        self._takes_members = takes_members

    def admit(self, call: Call, route: Route, log: RequestLog) -> Call:
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
            raise no_such_path(call.request)
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


def no_such_path(request: Request) -> NotFound:
    """Return the error about a path that does not exist, or that is hidden from the caller."""
    return NotFound(f"{request.path} does not exist")


def _may_all_of(route: Route, member: Access) -> bool:
    """Return False if an operator may do more here: a member may only leave, and an admin not touch owners."""
    is_limited = route.needs == "members:write" and member.role != "owner"
    return route.platform_permission in member.permissions and not is_limited


def _needs_person() -> Forbidden:
    return Forbidden("an API key cannot do this; sign in instead", code="missing_scope")


def _address_of(request: Request) -> str:
    """Return the network address of the caller, as Google's front end appends it to what the caller claims."""
    return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or request.remote_addr or ""
