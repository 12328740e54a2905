"""Requests to admit a run, to extend its hold and to end it, and their results. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

from shared.domain.errors import UsageError
from shared.domain.ledger.holds import (
    DEFAULT_TTL,
    NO_SPENDER,
    NOTHING_HELD,
    Amounts,
    EndStatus,
    RunAdmission,
    RunKey,
    RunSpender,
    run_key,
)
from shared.domain.limits.limits import LimitStatus
from shared.domain.limits.metrics import LimitedMetric
from shared.domain.prices.planned_calls import PlannedCalls


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """The dollars, in nano-USD, and tokens to set aside, and for how long. None: nothing of this unit."""

    cost_nanousd: int | None = None
    tokens: int | None = None
    ttl: timedelta | None = None

    @property
    def amounts(self) -> Amounts:
        return Amounts(self.cost_nanousd or 0, self.tokens or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """A run that asks to begin, with a hold."""

    run_id: str
    parent_run_id: str | None = None
    spender: RunSpender = NO_SPENDER
    hold: HoldRequest = field(default_factory=HoldRequest)
    own: Amounts = NOTHING_HELD
    """The part of the hold that its children cannot take."""
    planned: PlannedCalls | None = None
    """The calls from which the dollars were computed, if they were."""

    @property
    def key(self) -> RunKey:
        return run_key(self.run_id)

    @property
    def ttl(self) -> timedelta:
        return self.hold.ttl or DEFAULT_TTL

    @property
    def fingerprint(self) -> str:
        """A hash of the content, which distinguishes a repetition from another request. The API key is no part of it.

        Planned calls stand for their dollars, which another price changes between a request and its repetition.
        """
        who = (self.spender.user_id, self.spender.workflow_id, sorted(self.spender.tags))
        hold = (self.planned, self.hold.ttl) if self.planned else self.hold
        content = (self.run_id, self.parent_run_id, who, hold, self.own)
        return blake2b(repr(content).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """The new totals of a run's hold. What is None stays as it is."""

    run_id: str
    hold: HoldRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The end of a run."""

    run_id: str
    status: EndStatus
    error: str | None = None


AdmissionRequest = RunRequest | Extension | End


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A run with its hold, and the tenant's status after it."""

    run_id: str
    admission: RunAdmission
    status: LimitStatus | None
    is_new: bool
    """Whether this request admitted it, and not an earlier one with the same content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A run that has ended, and how much it used of what it held."""

    run_id: str
    status: EndStatus
    ended_at: datetime
    drawn: Amounts
    over: Amounts
    """Used beyond the hold, of the units that it held."""
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLeft:
    """The rest of a hold. None: the run holds nothing of this unit, or the price of a call is not known."""

    cost_nanousd: int | None
    tokens: int | None
    over: Amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The limit that a hold does not fit: that of the plan, of a budget, or what the parent run has left."""

    code: str
    reason: str
    scope: str
    """`plan`, `budget:ID`, or `run:ID` for a parent and for the run itself."""
    value: str | None = None
    """The user, workflow, key or tag value, of a budget that each has for itself."""
    metric: LimitedMetric | None = None
    limit: int | None = None
    used: int | None = None
    held: int | None = None
    asked: int | None = None
    resets_at: datetime | None = None


class RunRefused(UsageError):
    """A run is not admitted, or its hold not extended, because it does not fit."""

    code = "budget_exceeded"

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason, code=refusal.code)
        self.refusal = refusal
