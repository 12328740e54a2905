"""The part of the responses about runs that shows what a run holds, and what it has left."""

from datetime import datetime
from typing import Any

from pydantic import Field

from shared.domain.ledger.holds import NOTHING_HELD, Amounts
from shared.domain.limits.run_left import left_of
from shared.domain.metering.runs import Run
from shared.domain.prices.money import usd_string
from shared.http.responses import ResponseModel, Usd


class RunHoldResponse(ResponseModel):
    """The amounts that a run has set aside, in total. Null: nothing of this unit."""

    usd: Usd | None
    tokens: int | None
    own_usd: Usd | None = Field(description="The part that its children cannot take.")
    own_tokens: int | None = Field(description="The part that its children cannot take.")
    expires_at: datetime


class RunOverResponse(ResponseModel):
    """The dollars and tokens that a run has used beyond its hold, or after its end or the expiry of its hold."""

    usd: Usd
    tokens: int


class RunBudgetFields(ResponseModel):
    """The budget of a run that was admitted; null throughout for a run that only events name."""

    hold: RunHoldResponse | None
    remaining_usd: Usd | None = Field(
        description="0 after the end, or when the hold has expired. Null: no dollars are held, or a call has no "
        "complete price. In lists also for an open run with children."
    )
    remaining_tokens: int | None = Field(
        description="Null: no tokens are held. In lists also for an open run with children."
    )
    over: RunOverResponse | None
    ended_at: datetime | None = Field(description="When it was ended; null if only events say that it has.")
    error: str | None = Field(description="As its end names it.")


def budget_fields(run: Run, below: Amounts | None, now: datetime) -> dict[str, Any]:
    """Return the fields of a run's budget. `below` is what its children have taken; None if that was not read."""
    end, admission = run.end, run.admission
    ended = {"ended_at": end.ended_at if end else None, "error": end.error if end else None}
    if admission is None:
        return {**dict.fromkeys(("hold", "remaining_usd", "remaining_tokens", "over")), **ended}
    left = left_of(run.sums, below or NOTHING_HELD, now)
    is_known = end is not None or below is not None or not admission.has_children
    has_usd, has_tokens = admission.holds_cost, admission.holds_tokens
    return {
        "hold": RunHoldResponse(
            usd=usd_string(admission.amounts.cost) if has_usd else None,
            tokens=admission.amounts.tokens if has_tokens else None,
            own_usd=usd_string(admission.own.cost) if has_usd else None,
            own_tokens=admission.own.tokens if has_tokens else None,
            expires_at=admission.expires_at,
        ),
        "remaining_usd": None if left.cost_nanousd is None or not is_known else usd_string(left.cost_nanousd),
        "remaining_tokens": left.tokens if is_known else None,
        "over": RunOverResponse(usd=usd_string(left.over.cost), tokens=left.over.tokens),
        **ended,
    }
