"""The routes of a function: their models, what their handlers get, and what they answer with."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from types import UnionType
from typing import Final, Protocol

from flask import Request, Response
from pydantic import BaseModel

from shared.config import Config
from shared.domain.errors import FieldProblem, InvalidInput, NotAuthenticated
from shared.domain.limits.plan_catalog import CurrentPlans
from shared.domain.notices.mail_templates import Links
from shared.domain.people.audit import Change, member_actor
from shared.domain.people.members import Identity, Permission
from shared.ports import (
    Admissions,
    Directory,
    Endpoints,
    Margins,
    Members,
    Operations,
    Outbox,
    PriceBooks,
    ServiceStatus,
    SignatureCheck,
    TenantIndex,
    UsageStore,
)
from shared.usecases.billing.billing_dependencies import BillingDependencies
from shared.usecases.billing.estimate_prices import PriceEstimator
from shared.usecases.billing.refresh_margins import MarginRefresher
from shared.usecases.ledger.fold_lag import FoldLag
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.admit_runs import RunAdmitter
from shared.usecases.limits.check_limits import Limits
from shared.usecases.limits.estimate_hold import HoldEstimator
from shared.usecases.limits.export_slots import ExportSlots
from shared.usecases.limits.keep_refusals import RefusalKeeper
from shared.usecases.limits.limit_rates import RateLimits
from shared.usecases.limits.manage_plans import PlanManager
from shared.usecases.limits.tenant_rows import TenantRows
from shared.usecases.metering.record_events import EventRecorder
from shared.usecases.metering.record_for_tenants import PlatformRecorder
from shared.usecases.people.authenticate import Access, KeyAuthenticator, PlatformAccess
from shared.usecases.people.authenticate_member import MemberAuthenticator
from shared.usecases.people.named_tenants import NamedTenants
from shared.usecases.platform.stripe_failures import FailureKeeper

MAX_BODY_BYTES = 4 * 1024 * 1024
"""Of events and of Stripe's webhooks. All other bodies are a few fields."""
MAX_SMALL_BODY_BYTES = 64 * 1024
TENANT_HEADER: Final = "GWI-Tenant"
"""Names the tenant for which a platform key acts, where the path names none."""
METERING_PATHS = "/v1/"
"""The beginning of the paths that agents call; these take only keys."""
PLATFORM_PATHS = "/api/v1/platform/"
"""The beginning of the paths that do not exist for signed-in people who are no operators."""


PRIVATE = "no-store"
"""No cache may keep the response."""


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
    def tenant_index(self) -> TenantIndex: ...
    @property
    def rows(self) -> TenantRows: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def endpoints(self) -> Endpoints: ...
    @property
    def links(self) -> Links: ...
    @property
    def export_slots(self) -> ExportSlots: ...
    @property
    def authenticator(self) -> KeyAuthenticator: ...
    @property
    def sign_in(self) -> MemberAuthenticator: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def fold_lag(self) -> FoldLag: ...
    @property
    def events(self) -> EventRecorder: ...
    @property
    def platform_events(self) -> PlatformRecorder: ...
    @property
    def tenants(self) -> NamedTenants: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def runs(self) -> RunAdmitter: ...
    @property
    def hold_estimator(self) -> HoldEstimator: ...
    @property
    def admissions(self) -> Admissions: ...
    @property
    def refusals(self) -> RefusalKeeper: ...
    @property
    def rates(self) -> RateLimits: ...
    @property
    def billing(self) -> BillingDependencies: ...
    @property
    def margins(self) -> Margins: ...
    @property
    def margin_refresher(self) -> MarginRefresher: ...
    @property
    def service(self) -> ServiceStatus: ...
    @property
    def stripe_failures(self) -> FailureKeeper: ...
    @property
    def price_books(self) -> PriceBooks: ...
    @property
    def price_estimator(self) -> PriceEstimator: ...
    @property
    def plans(self) -> CurrentPlans: ...
    @property
    def plan_manager(self) -> PlanManager: ...
    @property
    def verify_signature(self) -> SignatureCheck: ...
    def request(self) -> AbstractContextManager[Operations]: ...


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
    access: Access | None = None
    identity: Identity | None = None
    platform: PlatformAccess | None = None
    """The caller's platform key, or an operator; `access` is then that to the tenant they have named, if any."""
    crossings: list[str] = field(default_factory=list)
    """The tenants for which a platform key, or an operator, acts in this request; for the log."""
    counts: dict[str, int] = field(default_factory=dict)
    """Numbers for the log."""

    @property
    def caller(self) -> Access:
        """The verified key or member; for routes of a tenant."""
        if self.access is None and self.platform is not None:
            raise tenant_required()
        if self.access is None:
            raise NotAuthenticated("use an API key, or sign in as a member of the tenant")
        return self.access

    @property
    def change(self) -> Change:
        """The caller and time of a change, for the audit log."""
        if self.access is None and self.platform is None:
            return Change(member_actor(self.user.email), self.now)
        return (self.platform or self.caller).change(self.now)

    @property
    def user(self) -> Identity:
        """The signed-in user; for routes that only people may call."""
        if self.identity is None:
            raise NotAuthenticated("sign in to do this")
        return self.identity


def tenant_required() -> InvalidInput:
    """Return the error about a platform key that names no tenant."""
    message = f"name the tenant for which this platform key acts, in the header {TENANT_HEADER}"
    problem = FieldProblem(field=TENANT_HEADER, code="tenant_required", message=message)
    return InvalidInput(message, (problem,), code="tenant_required")


@dataclass(frozen=True, slots=True)
class Example:
    """A body that a route accepts, of its content type."""

    body: object
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class ErrorForm:
    """The form of errors on a route of a protocol that has its own: their model, and what makes them of problems."""

    model: type[BaseModel]
    convert: Callable[[Request, Response], Response]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Route:
    """A method and a path, their callers and handler, and the models that describe them in the OpenAPI document.

    `needs` is None if anyone may call the route. A platform key needs the same permission, or `platform_needs` where
    that is a level of sign-in. `status` is the status code of a successful response.
    `body` is sent as JSON, `other_bodies` as their content types; `headers` has a field for each header.
    """

    method: str
    path: str
    summary: str
    handle: Callable[[Call, Container], Response]
    needs: Permission | SignInLevel | None
    platform_needs: Permission | None = None
    response: type[BaseModel] | UnionType | None = None
    body: object = None
    query: type[BaseModel] | None = None
    headers: type[BaseModel] | None = None
    other_bodies: Mapping[str, object] = field(default_factory=dict)
    examples: Mapping[str, Example] = field(default_factory=dict)
    """Bodies by their names, which the OpenAPI document shows."""
    names_tenants: bool = False
    """The body of a platform key may name tenants: the handler finds them, and that of the header."""
    is_also_csv: bool = False
    is_also_protobuf: bool = False
    files: tuple[str, ...] = ()
    """The content types of the files that it answers instead of JSON; `response` is a line of the first."""
    errors: ErrorForm | None = None
    """None for problem documents."""
    answers_while_away: bool = False
    """Whether callers of the last hour are still known while the store is away."""
    may_exist: bool = False
    """Whether the same request again answers 200 with what exists."""
    refusals: tuple[int, ...] = ()
    """Statuses of refusals that few routes have, for the OpenAPI document."""
    status: int = 200
    max_body_bytes: int = MAX_SMALL_BODY_BYTES

    @property
    def platform_permission(self) -> Permission | None:
        """The permission that a platform key needs; None if it cannot call the route."""
        return self.platform_needs or (None if isinstance(self.needs, SignInLevel) else self.needs)


def json_response(model: BaseModel, cache_control: str = PRIVATE) -> Response:
    headers = {"Cache-Control": cache_control}
    return Response(json_text(model), 200, headers, mimetype="application/json")


def json_text(model: BaseModel) -> str:
    return model.model_dump_json(by_alias=True)


class ExistingResponse(Response):
    """The response of a route that creates, when what it was asked for exists already: its status stays 200."""


def existing_response(model: BaseModel) -> Response:
    """Return what an earlier request has created."""
    headers = {"Cache-Control": PRIVATE}
    return ExistingResponse(json_text(model), 200, headers, mimetype="application/json")


def empty_response() -> Response:
    """Return an empty response, for routes whose status is 204."""
    return Response(status=204)
