"""The messages on the tick's topic."""

from datetime import date
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.domain.ledger.counter_settings import MAX_COUNTER_SHARDS
from shared.domain.tenant_ids import TenantId

MAX_TENANTS = 100
"""The most tenants that one message names."""


class DueDay(NamedTuple):
    """A tenant's day to fold, and how many counter documents of it exist at least."""

    tenant_id: TenantId
    # No usage lies outside, and at the ends of the calendar a fold would look at days that do not exist.
    day: Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2200, 1, 1))]
    shards: Annotated[int, Field(ge=0, le=MAX_COUNTER_SHARDS)]


OutboxId = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]


class TickMessage(BaseModel):
    """A job for `aggregate`. An empty message folds and delivers whatever is due."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    job: Literal["fold", "reconcile", "deliver"] = "fold"
    tenants: Annotated[tuple[TenantId, ...], Field(max_length=MAX_TENANTS)] | None = None
    """Do the job for these tenants only; a fold then does not wait until they are due."""
    due: tuple[DueDay, ...] = ()
    """Fold these days: a tick has found them due."""
    after: TenantId | None = None
    """Reconcile the tenants whose ids come after this one."""
    entries: tuple[OutboxId, ...] = ()
    """Deliver these entries of the outbox, as far as they are still due."""

    @model_validator(mode="after")
    def _parts_belong_to_their_job(self) -> Self:
        if self.due and (self.job != "fold" or self.tenants is not None):
            raise ValueError("due days are for a fold that names no tenants")
        if self.after is not None and (self.job != "reconcile" or self.tenants is not None):
            raise ValueError("after is for a reconciliation that names no tenants")
        if bool(self.entries) != (self.job == "deliver") or (self.entries and self.tenants is not None):
            raise ValueError("entries are for a delivery, which needs some")
        if len({each.tenant_id for each in self.due}) > MAX_TENANTS:
            raise ValueError(f"due days are of at most {MAX_TENANTS} tenants")
        return self
