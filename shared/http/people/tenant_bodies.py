"""Bodies and query strings of the platform's routes of tenants."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from shared.domain.limits.limits import Limit, Percent
from shared.domain.limits.plans import FREE_PLAN_ID, MAX_LIMIT
from shared.domain.metering.text import NOT_BLANK, PRINTABLE
from shared.domain.people.tenant_rows import MAX_KEY_CHARS, RowSort, RowsWanted
from shared.domain.people.tenants import TenantStatus
from shared.domain.prices.money import nanousd_from_decimal, usd_text
from shared.domain.tenant_ids import TenantId
from shared.http.inputs import PageQuery, ReadVersion
from shared.http.reasons import OptionalReason
from shared.usecases.people.manage_grants import MAX_REASON_CHARS
from shared.usecases.people.manage_limits import LIMITS

_MAX_TEXT_CHARS = 1000
MAX_METADATA_KEYS, _MAX_VALUE_CHARS = 20, 500
_METADATA_KEY = r"^[^\x00-\x1f\x7f-\x9f]{1,40}$"
Metadata = Annotated[
    dict[
        Annotated[str, StringConstraints(pattern=_METADATA_KEY)],
        Annotated[str, StringConstraints(max_length=_MAX_VALUE_CHARS)],
    ],
    Field(max_length=MAX_METADATA_KEYS),
    # Pydantic would write patternProperties alone, which allow every other key.
    WithJsonSchema(
        {
            "type": "object",
            "description": "Notes of the platform, which nothing here reads.",
            "propertyNames": {"pattern": _METADATA_KEY},
            "additionalProperties": {"type": "string", "maxLength": _MAX_VALUE_CHARS},
            "maxProperties": MAX_METADATA_KEYS,
        }
    ),
]
Name = Annotated[
    str,
    Field(
        max_length=_MAX_TEXT_CHARS,
        description="At most 200 visible characters in one line, without a link.",
    ),
]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_REASON_CHARS, pattern=PRINTABLE),
    Field(description="Kept in the audit log."),
    NOT_BLANK,
]
PlanId = Annotated[str, Field(max_length=100, description="The id or an alias of a plan.")]


UNLIMITED = "unlimited"


def _cost_limit(text: str) -> int:
    return MAX_LIMIT if text == UNLIMITED else nanousd_from_decimal(Decimal(text))


def _at_most_unlimited(text: str) -> str:
    if _cost_limit(text) > MAX_LIMIT:
        raise PydanticCustomError(
            "cost_out_of_range", "an amount is at most {most}", {"most": usd_text(MAX_LIMIT)}
        )
    return text


CostLimit = Annotated[
    str,
    Field(
        pattern=rf"^([0-9]{{1,7}}(\.[0-9]{{1,9}})?|{UNLIMITED})$",
        description=f"The most that calls may cost at their providers in a period, in USD, or `{UNLIMITED}`.",
    ),
    AfterValidator(_at_most_unlimited),
]


class TenantBody(BaseModel):
    """A tenant to create for oneself."""

    model_config = ConfigDict(extra="forbid")

    name: Name


class OwnLimits(BaseModel):
    """The limits and thresholds that replace those of the plan; null, or an absent field, replaces nothing."""

    model_config = ConfigDict(extra="forbid")

    tokens: Limit | None = None
    runs: Limit | None = None
    provider_cost_usd: CostLimit | None = None
    requests_per_minute: Limit | None = None
    soft_percent: Percent | None = None
    hard_percent: Percent | None = None

    @property
    def values(self) -> dict[str, int | None]:
        """The limits by the names that the domain has for them."""
        cost = None if self.provider_cost_usd is None else _cost_limit(self.provider_cost_usd)
        plain = {name: getattr(self, name) for name in LIMITS if name != "cost_nanousd"}
        return {**plain, "cost_nanousd": cost}


class NewTenantBody(BaseModel):
    """A tenant that the platform creates, without a key. The same body again answers with what exists."""

    model_config = ConfigDict(extra="forbid")

    id: TenantId
    name: Name | None = Field(None, description="By default the id.")
    plan: PlanId = FREE_PLAN_ID
    limits: OwnLimits = Field(default_factory=OwnLimits)
    metadata: Metadata = Field(default_factory=dict)
    owner_email: (
        Annotated[str, Field(max_length=_MAX_TEXT_CHARS, json_schema_extra={"format": "email"})] | None
    ) = Field(None, description="Is invited as owner.")


class TenantPatch(BaseModel):
    """The changes of a tenant; a field that is absent stays as it is. `metadata` is replaced as a whole."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    metadata: Metadata | None = None
    plan: PlanId | None = None
    reason: OptionalReason = ""
    version: ReadVersion = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.name is None and self.metadata is None and self.plan is None:
            raise PydanticCustomError("nothing_to_change", "nothing to change: send name, metadata or plan")
        return self


class OwnLimitsBody(OwnLimits):
    """The limits and thresholds that replace those of the plan; null, or an absent field, replaces nothing."""

    reason: OptionalReason = ""
    version: ReadVersion = None


GrantedAmount = Annotated[int, Field(strict=True, ge=1, le=MAX_LIMIT)]


class GrantBody(BaseModel):
    """A grant: exactly one of `plan`, `tokens` and `runs`, the latter per metering period."""

    model_config = ConfigDict(extra="forbid")

    plan: PlanId | None = None
    tokens: GrantedAmount | None = None
    runs: GrantedAmount | None = None
    until: AwareDatetime | None = Field(None, description="Null: without an end.")
    reason: Reason

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if [self.plan, self.tokens, self.runs].count(None) != 2:
            raise PydanticCustomError("not_one_grant", "a grant is one of plan, tokens and runs")
        return self


class ReasonBody(BaseModel):
    """The reason of a change."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class ReasonQuery(BaseModel):
    """The reason of a change."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


MAX_CSV_TENANTS = 10_000


class TenantsQuery(PageQuery):
    """The tenants to list."""

    cursor: str | None = Field(None, max_length=1000, description="Only with the filters it came from.")
    q: str | None = Field(
        None,
        min_length=1,
        max_length=MAX_KEY_CHARS,
        description="The beginning of an id or, in any case, of a name. Sorts by id and then by name.",
    )
    plan: str | None = Field(None, max_length=100)
    status: TenantStatus | None = None
    over_80: bool | None = Field(None, description="Whether at least 80 % of a limit is used.")
    past_due: bool | None = None
    sort: RowSort | None = Field(
        None,
        description="Names in alphabetical order, all else highest or newest first. By default `created`.",
    )

    format: Literal["json", "csv"] = Field(
        "json",
        description=f"`csv`: a file of all tenants of the filters, at most {MAX_CSV_TENANTS:,}, whatever `limit` is.",
    )
    bom: bool = Field(
        False, description="Begin a CSV file with a byte order mark, without which Excel does not read UTF-8."
    )

    @model_validator(mode="after")
    def _a_search_sorts_by_name(self) -> Self:
        if self.q is not None and self.sort not in (None, "name"):
            raise PydanticCustomError("search_sorts_by_name", "sort: a search with q is sorted by name alone")
        return self

    @property
    def wanted(self) -> RowsWanted:
        return RowsWanted(
            q=self.q,
            plan=self.plan,
            status=self.status,
            over_80=self.over_80,
            past_due=self.past_due,
            sort=self.sort or "created",
        )


def in_utc(instant: datetime | None) -> datetime | None:
    """Return an instant in UTC, as all of the product's own are."""
    return None if instant is None else instant.astimezone(UTC)
