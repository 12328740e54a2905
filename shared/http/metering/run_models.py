"""The bodies and the responses of the routes that admit, extend and end runs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.errors import cut
from shared.domain.ledger.holds import DEFAULT_TTL, MAX_TTL, Amounts, EndStatus, RunAdmission, RunSpender
from shared.domain.limits.limits import LimitStatus
from shared.domain.limits.runs import Admitted, End, Ended, Extension, HoldRequest, RunRequest
from shared.domain.metering.events import EventId, ModelName, ProviderName, Reference
from shared.domain.metering.redaction import redact_text
from shared.domain.metering.tags import Tags
from shared.domain.prices.money import NANOUSD_PER_USD, nanousd_from_decimal, usd_string, usd_text
from shared.domain.prices.planned_calls import PlannedCalls
from shared.http.bodies import invalid_field
from shared.http.budget_models import MAX_AMOUNT_USD, Amount, AmountUsd
from shared.http.responses import ResponseModel, Usd

MAX_PLANNED_CALLS: Final = 1_000_000
MAX_CALL_TOKENS: Final = 10**9
MAX_ERROR_CHARS: Final = 1_000
_MAX_SENT_ERROR_CHARS: Final = 32_000
_DEFAULT_SECONDS, _MAX_SECONDS = (int(each.total_seconds()) for each in (DEFAULT_TTL, MAX_TTL))


class EstimateBody(BaseModel):
    """The calls that a run plans. It holds what they cost at most, without discounts for cached tokens."""

    model_config = ConfigDict(extra="forbid", strict=True)

    provider: ProviderName
    model: ModelName
    calls: int = Field(ge=1, le=MAX_PLANNED_CALLS)
    max_input_tokens: int = Field(ge=1, le=MAX_CALL_TOKENS, description="Of one call.")
    max_output_tokens: int = Field(ge=0, le=MAX_CALL_TOKENS, description="Of one call.")

    @property
    def planned(self) -> PlannedCalls:
        return PlannedCalls(
            self.provider, self.model, self.calls, self.max_input_tokens, self.max_output_tokens
        )


class _HoldBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    budget_usd: AmountUsd | None = Field(
        None, strict=False, description="The dollars to set aside; null: none."
    )
    hold_tokens: Amount | None = Field(None, description="The tokens to set aside; null: none.")
    ttl_seconds: int | None = Field(
        None, ge=1, le=_MAX_SECONDS, description=f"The hold expires after it; null is {_DEFAULT_SECONDS}."
    )

    @property
    def hold(self) -> HoldRequest:
        return HoldRequest(
            cost_nanousd=None if self.budget_usd is None else nanousd_from_decimal(self.budget_usd),
            tokens=self.hold_tokens,
            ttl=None if self.ttl_seconds is None else timedelta(seconds=self.ttl_seconds),
        )


class AdmitBody(_HoldBody):
    """A run that wants to begin, and what it sets aside: dollars, tokens, both, or what `estimate` comes to."""

    run_id: EventId
    parent_run_id: EventId | None = Field(
        None, description="An open run from whose hold this one takes its own."
    )
    workflow_id: Reference | None = None
    user_id: Reference | None = None
    tags: Tags | None = None
    own_usd: AmountUsd | None = Field(
        None, strict=False, description="The part of the dollars that children of this run cannot take."
    )
    own_tokens: Amount | None = Field(None, description="The same of the tokens.")
    estimate: EstimateBody | None = Field(None, description="Instead of `budget_usd` and `hold_tokens`.")

    def request(self, key: str | None, price: Callable[[PlannedCalls], int]) -> RunRequest:
        """Return the run to admit; `price` says what planned calls cost at most. Raise InvalidInput."""
        hold, planned = self.hold, self.estimate.planned if self.estimate else None
        if planned:
            if hold.cost_nanousd is not None or hold.tokens is not None:
                message = "estimate: name either the calls that are planned, or budget_usd and hold_tokens"
                raise invalid_field("estimate", "estimate_and_hold", message)
            # Calls that cost nothing hold nothing: after a hold of $0, a check would deny even them.
            hold = replace(hold, cost_nanousd=_bounded(price(planned)) or None)
        own = HoldRequest(
            cost_nanousd=None if self.own_usd is None else nanousd_from_decimal(self.own_usd),
            tokens=self.own_tokens,
        ).amounts
        for field, kept, held in (
            ("own_usd", own.cost, hold.amounts.cost),
            ("own_tokens", own.tokens, hold.amounts.tokens),
        ):
            if kept > held:
                raise invalid_field(field, "own_exceeds_hold", f"{field}: more than the run holds")
        return RunRequest(
            run_id=self.run_id,
            parent_run_id=self.parent_run_id,
            spender=RunSpender(self.user_id, self.workflow_id, key, tuple((self.tags or {}).items())),
            hold=hold,
            own=own,
            planned=planned,
        )


def _bounded(nanousd: int) -> int:
    if nanousd > MAX_AMOUNT_USD * NANOUSD_PER_USD:
        message = f"estimate: the calls cost {usd_text(nanousd)}; a run holds at most ${MAX_AMOUNT_USD:,}"
        raise invalid_field("estimate", "hold_too_large", message)
    return nanousd


class ExtendBody(_HoldBody):
    """The new totals of a hold, and how long it lasts from now on. What is null or left out stays as it is."""

    def extension(self, run_id: str) -> Extension:
        """Return the extension; raise InvalidInput if it changes nothing."""
        if self.hold == HoldRequest():
            message = "body: name at least one of budget_usd, hold_tokens, ttl_seconds"
            raise invalid_field("body", "nothing_to_change", message)
        return Extension(run_id=run_id, hold=self.hold)


class EndBody(BaseModel):
    """How a run has ended."""

    model_config = ConfigDict(extra="forbid", strict=True)

    status: EndStatus
    error: str | None = Field(
        None,
        max_length=_MAX_SENT_ERROR_CHARS,
        description=f"Kept without known secrets, and cut to {MAX_ERROR_CHARS:,} characters.",
    )

    def end(self, run_id: str) -> End:
        # Redacted before it is cut: half a secret has no known form.
        error = cut(redact_text(self.error), MAX_ERROR_CHARS) if self.error else None
        return End(run_id=run_id, status=self.status, error=error)


class HoldResponse(ResponseModel):
    """The amounts that a run has set aside, in total. Null: nothing of this unit."""

    usd: Usd | None
    tokens: int | None
    expires_at: datetime | None = Field(description="Null only while metering is disabled.")

    @classmethod
    def of(cls, admission: RunAdmission) -> "HoldResponse":
        amounts = admission.amounts
        return cls(
            usd=usd_string(amounts.cost) if admission.holds_cost else None,
            tokens=amounts.tokens if admission.holds_tokens else None,
            expires_at=admission.expires_at,
        )


class AdmittedResponse(ResponseModel):
    """A run with its hold, and the tenant's status after it."""

    run_id: str
    hold: HoldResponse
    status: LimitStatus | None
    metering_enabled: bool = Field(
        default=True, description="False: every run is admitted, and nothing is held."
    )

    @classmethod
    def of(cls, admitted: Admitted) -> "AdmittedResponse":
        return cls(run_id=admitted.run_id, hold=HoldResponse.of(admitted.admission), status=admitted.status)

    @classmethod
    def unmetered(cls, run_id: str) -> "AdmittedResponse":
        """Return the response while metering is disabled."""
        nothing = HoldResponse(usd=None, tokens=None, expires_at=None)
        return cls(run_id=run_id, hold=nothing, status=None, metering_enabled=False)


class AmountsResponse(ResponseModel):
    """Dollars and tokens."""

    usd: Usd
    tokens: int

    @classmethod
    def of(cls, amounts: Amounts) -> "AmountsResponse":
        return cls(usd=usd_string(amounts.cost), tokens=amounts.tokens)


class EndedResponse(ResponseModel):
    """A run that has ended, and what it had used by then."""

    run_id: str
    status: EndStatus
    ended_at: datetime
    used: AmountsResponse
    over: AmountsResponse = Field(description="The part of `used` beyond what the run held.")
    metering_enabled: bool = Field(default=True, description="False: nothing was held.")

    @classmethod
    def of(cls, ended: Ended) -> "EndedResponse":
        return cls(
            run_id=ended.run_id,
            status=ended.status,
            ended_at=ended.ended_at,
            used=AmountsResponse.of(ended.drawn),
            over=AmountsResponse.of(ended.over),
        )

    @classmethod
    def unmetered(cls, end: End, now: datetime) -> "EndedResponse":
        """Return the response while metering is disabled."""
        nothing = AmountsResponse.of(Amounts())
        return cls(
            run_id=end.run_id,
            status=end.status,
            ended_at=now,
            used=nothing,
            over=nothing,
            metering_enabled=False,
        )
