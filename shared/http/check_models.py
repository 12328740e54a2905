"""The body and the response of a check."""

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.limits.limits import LimitStatus
from shared.domain.metering.events import EventId, Reference, UsdEstimate
from shared.domain.metering.tags import Tags
from shared.http.budget_models import BudgetUseResponse
from shared.http.responses import ResponseModel


class CheckBody(BaseModel):
    """The planned usage, and for whom; if no amount is given, the check is whether any usage is left."""

    model_config = ConfigDict(extra="forbid", strict=True)

    tokens: int | None = Field(None, ge=0, le=2**53)
    runs: int | None = Field(None, ge=0, le=2**53)
    cost_usd: UsdEstimate | None = Field(None, strict=False, description="The planned cost at the providers.")
    user_id: Reference | None = None
    workflow_id: Reference | None = None
    run_id: EventId | None = Field(None, description="The run whose own budgets apply too.")
    tags: Tags | None = None


class CheckResponse(ResponseModel):
    """The decision whether the planned usage fits the plan and every budget that applies to it."""

    allowed: bool
    reason: str | None = None
    code: str | None = None
    status: LimitStatus | None = None
    decided: bool = Field(
        default=True,
        description="False if usage could not be read, and the tenant's policy was followed instead.",
    )
    budget: BudgetUseResponse | None = Field(default=None, description="The budget that denies.")
    warnings: list[BudgetUseResponse] = Field(
        default_factory=list, description="The budgets that only warn, and that this usage would exceed."
    )
