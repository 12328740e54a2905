"""The models of budgets: as they are set, and what is used of them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from shared.domain.ledger.budget_counts import BudgetUnit
from shared.domain.limits.budget_uses import BudgetUse
from shared.domain.limits.budgets import Budget, BudgetScope, BudgetWindow, OnReach, OnUnknownPrice
from shared.domain.limits.limits import AlertPercents
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.metering.events import not_bool
from shared.domain.metering.tags import TAG_NAME
from shared.domain.metering.text import PRINTABLE
from shared.domain.prices.money import nanousd_from_decimal, usd_string
from shared.http.inputs import ReadVersion
from shared.http.responses import ResponseModel, Version
from shared.usecases.people.manage_budgets import BudgetRequest, budget_version

MAX_AMOUNT_USD = 1_000_000
_AMOUNTS = ("amount_usd", "tokens", "runs")
_SCOPES = ("tenant", "user_id", "workflow_id", "api_key", "tag")
Name = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=PRINTABLE)]
_USD = r"^(1000000(\.0{1,9})?|[1-9][0-9]{0,5}(\.[0-9]{1,9})?|0\.[0-9]{0,8}[1-9])$"
AmountUsd = Annotated[
    Decimal,
    Field(gt=0, le=MAX_AMOUNT_USD, allow_inf_nan=False, decimal_places=9),
    BeforeValidator(not_bool),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_AMOUNT_USD},
                {
                    "type": "string",
                    "pattern": _USD,
                },
            ],
            "description": "More than 0, at most 1000000.",
        }
    ),
]
Amount = Annotated[int, Field(strict=True, ge=1, le=MAX_LIMIT - 1)]


class _Scope(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TenantScope(_Scope):
    """All usage of the tenant."""

    tenant: Literal[True]


class UserScope(_Scope):
    """The usage of one user; `*` is each user apart."""

    user_id: Name


class WorkflowScope(_Scope):
    """The usage of one workflow; `*` is each workflow apart."""

    workflow_id: Name


class KeyScope(_Scope):
    """The usage that one API key records, by the key's id; `*` is each key apart."""

    api_key: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=PRINTABLE)]


class TagOfScope(BaseModel):
    """A tag; the value `*` is each value apart."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(pattern=TAG_NAME)]
    value: Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=PRINTABLE)]


class TagScope(_Scope):
    """The usage with a tag."""

    tag: TagOfScope


def _kind_of(scope: object) -> str | None:
    """Return the only name in a scope, which decides its model; None if that is no scope."""
    if isinstance(scope, dict):
        names = list(scope)
    else:
        names = list(type(scope).model_fields) if isinstance(scope, _Scope) else []
    return names[0] if len(names) == 1 and names[0] in _SCOPES else None


ScopeModel = Annotated[
    Annotated[TenantScope, Tag("tenant")]
    | Annotated[UserScope, Tag("user_id")]
    | Annotated[WorkflowScope, Tag("workflow_id")]
    | Annotated[KeyScope, Tag("api_key")]
    | Annotated[TagScope, Tag("tag")],
    Discriminator(
        _kind_of,
        custom_error_type="invalid_scope",
        custom_error_message=f"name exactly one of {', '.join(_SCOPES)}",
    ),
]


class BudgetBody(BaseModel):
    """A budget: one of `amount_usd`, `tokens` and `runs` for a scope in each window. Windows are in UTC."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"oneOf": [{"required": [name]} for name in _AMOUNTS]}
    )

    scope: ScopeModel
    amount_usd: AmountUsd | SkipJsonSchema[None] = None
    tokens: Amount | SkipJsonSchema[None] = None
    runs: Amount | SkipJsonSchema[None] = Field(
        None, description="At most 10,000 for a scope but the tenant."
    )
    window: BudgetWindow = Field(
        description="`week` begins on Monday, `period` is the metering period, `total` never ends."
    )
    on_reach: OnReach = Field("block", description="`warn`: a check goes on allowing, and says so.")
    thresholds: AlertPercents | None = Field(
        None, description="The percentages at which alerts are raised; null is 80 and 100, `[]` is none."
    )
    on_unknown_price: OnUnknownPrice | None = Field(
        None,
        description="`block`: deny while a call in the window has no complete price. `ignore`: go by what is priced. "
        "Null is `block` for a cost that blocks, else `ignore`.",
    )
    version: ReadVersion = None

    @model_validator(mode="after")
    def _has_one_amount(self) -> "BudgetBody":
        given = [name for name in _AMOUNTS if name in self.model_fields_set]
        if len(given) != 1 or getattr(self, given[0]) is None:
            raise ValueError(f"name exactly one of {', '.join(_AMOUNTS)}")
        return self

    def request(self, budget_id: str) -> BudgetRequest:
        """Return the budget that is wanted."""
        unit, amount = self._amount
        return BudgetRequest(
            id=budget_id,
            scope=scope_of(self.scope),
            unit=unit,
            amount=amount,
            window=self.window,
            on_reach=self.on_reach,
            thresholds=self.thresholds,
            on_unknown_price=self.on_unknown_price,
        )

    @property
    def _amount(self) -> tuple[BudgetUnit, int]:
        if self.amount_usd is not None:
            return "cost", nanousd_from_decimal(self.amount_usd)
        return ("tokens", self.tokens) if self.tokens is not None else ("runs", self.runs or 0)


def scope_of(model: TenantScope | UserScope | WorkflowScope | KeyScope | TagScope) -> BudgetScope:
    """Return the scope that a model names."""
    match model:
        case TenantScope():
            return BudgetScope("tenant")
        case UserScope():
            return BudgetScope("user", model.user_id)
        case WorkflowScope():
            return BudgetScope("workflow", model.workflow_id)
        case KeyScope():
            return BudgetScope("key", model.api_key)
        case TagScope():
            return BudgetScope("tag", model.tag.value, model.tag.name)


def scope_model(scope: BudgetScope) -> TenantScope | UserScope | WorkflowScope | KeyScope | TagScope:
    """Return the model of a scope."""
    match scope.kind:
        case "tenant":
            return TenantScope(tenant=True)
        case "user":
            return UserScope(user_id=scope.value)
        case "workflow":
            return WorkflowScope(workflow_id=scope.value)
        case "key":
            return KeyScope(api_key=scope.value)
        case "tag":
            return TagScope(tag=TagOfScope(name=scope.name, value=scope.value))


class BudgetUseResponse(ResponseModel):
    """The use of a budget in its current window; amounts in its own unit."""

    budget_id: str
    scope: ScopeModel
    value: str | None = Field(
        description="The value of the scope, where each has a budget of its own; null for those of a full month."
    )
    window: BudgetWindow
    unit: BudgetUnit
    limit: str = Field(description="An amount of tokens or runs, or USD.")
    used: str
    held: str = Field(description="Reserved for runs in progress.")
    left: str = Field(description="Neither used nor reserved.")
    percent: float = Field(description="Cut to two decimals; may exceed 100.")
    is_complete: bool = Field(description="False if calls have no complete price: at least `used` is used.")
    resets_at: datetime | None = Field(description="The start of the next window; null if there is none.")

    @classmethod
    def of(cls, use: BudgetUse) -> "BudgetUseResponse":
        budget = use.budget
        return cls(
            budget_id=budget.id,
            scope=scope_model(budget.scope),
            value=(use.value or None) if budget.is_each else None,
            window=budget.window,
            unit=budget.unit,
            limit=_text(budget, budget.amount),
            used=_text(budget, use.used),
            held=_text(budget, use.held),
            left=_text(budget, use.left),
            percent=use.percent,
            is_complete=use.is_complete,
            resets_at=use.resets_at,
        )


class BudgetResponse(ResponseModel):
    """A budget, and what is used of it: once, or for each value of its scope, the most used first."""

    id: str
    scope: ScopeModel
    amount_usd: str | None
    tokens: int | None
    runs: int | None
    window: BudgetWindow
    on_reach: OnReach
    thresholds: list[int]
    on_unknown_price: OnUnknownPrice
    counts_from: datetime | None = Field(
        description="Usage recorded from then on counts. Null for the tenant's own, for which all usage does."
    )
    uses: list[BudgetUseResponse] = Field(description="Empty for a budget of each run.")
    version: Version

    @classmethod
    def of(cls, budget: Budget, uses: Sequence[BudgetUse]) -> "BudgetResponse":
        return cls(
            id=budget.id,
            scope=scope_model(budget.scope),
            amount_usd=usd_string(budget.amount) if budget.unit == "cost" else None,
            tokens=budget.amount if budget.unit == "tokens" else None,
            runs=budget.amount if budget.unit == "runs" else None,
            window=budget.window,
            on_reach=budget.on_reach,
            thresholds=list(budget.thresholds),
            on_unknown_price=budget.on_unknown_price,
            counts_from=budget.counts_from if budget.is_counted else None,
            uses=[BudgetUseResponse.of(use) for use in uses if use.budget.id == budget.id],
            version=budget_version(budget),
        )


class BudgetsResponse(ResponseModel):
    """The budgets of a tenant, in the order of their ids."""

    budgets: list[BudgetResponse]
    on_unreadable: Literal["open", "closed"] = Field(
        description="How checks are answered while usage cannot be read: `open` allows, `closed` denies."
    )


def _text(budget: Budget, amount: int) -> str:
    return usd_string(amount) if budget.unit == "cost" else str(amount)
