"""The plans as people write them: a TOML file with one `[[plan]]` table for each, or the same fields as JSON."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from shared.domain.errors import FieldProblem, InvalidInput, shown
from shared.domain.limits.limits import MAX_ALERT_PERCENTS, Percent
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plans import FREE_PLAN_ID, MAX_LIMIT, PLAN_ID, Plan
from shared.domain.prices.money import nanousd_from_decimal, usd_string

MAX_PLANS: Final = 100
MAX_TRIAL_DAYS: Final = 730
_MAX_PRICE_USD: Final = 999_999
"""The largest amount that Stripe charges in USD."""
_TABLE: Final = re.compile(r"^[ \t]*\[\[\s*plan\s*\]\]", re.MULTILINE)
_TABLES: Final = frozenset({"plan", "aliases"})


def _amount(text: str) -> str:
    if not 0 < nanousd_from_decimal(Decimal(text)) <= MAX_LIMIT:
        raise PydanticCustomError(
            "invalid_amount", "an amount is more than 0 and less than 9,000,000 USD; leave it out for none"
        )
    return text


def _price(text: str) -> str:
    if not 0 < Decimal(text) <= _MAX_PRICE_USD:
        raise PydanticCustomError(
            "invalid_price", "a price is 0.01 to 999,999 USD; leave it out if it is not sold"
        )
    return text


def _printable(name: str) -> str:
    if name != name.strip() or not name.isprintable():
        raise PydanticCustomError(
            "invalid_name", "a name neither begins nor ends with a blank, and has no control characters"
        )
    return name


_Id = Annotated[str, Field(pattern=f"^{PLAN_ID.pattern}$")]
_Name = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_printable)]
_PlanLimit = Annotated[int, Field(ge=1, le=MAX_LIMIT)]
_Usd = Annotated[str, Field(pattern=r"^[0-9]{1,7}(\.[0-9]{1,9})?$"), AfterValidator(_amount)]
_Price = Annotated[str, Field(pattern=r"^[0-9]{1,6}(\.[0-9]{1,2})?$"), AfterValidator(_price)]


class PlanPrices(BaseModel):
    """USD as decimal text for each interval that the plan is sold for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    month: _Price | None = None
    year: _Price | None = None

    @model_validator(mode="after")
    def _year_is_fair(self) -> "PlanPrices":
        if self.month and self.year and Decimal(self.year) > 12 * Decimal(self.month):
            raise PydanticCustomError("invalid_price", "a year costs at most twelve months")
        return self


class PlanTable(BaseModel):
    """A plan as it is written; a limit that is left out is none, a threshold that of the deployment."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: _Id
    name: _Name
    tokens: _PlanLimit | None = Field(default=None, description="Tokens of a metering period.")
    runs: _PlanLimit | None = Field(default=None, description="Runs of a metering period.")
    requests_per_minute: _PlanLimit | None = None
    provider_cost_usd: _Usd | None = Field(
        default=None, description="The most that calls may cost at their providers in a metering period."
    )
    soft_percent: Percent | None = None
    hard_percent: Percent | None = None
    alert_percents: Annotated[list[Percent], Field(min_length=1, max_length=MAX_ALERT_PERCENTS)] | None = None
    prices: PlanPrices = PlanPrices()
    trial_days: int | None = Field(default=None, ge=0, le=MAX_TRIAL_DAYS)
    visible: bool = Field(default=True, description="Whether the plan is shown to everybody.")

    @classmethod
    def of(cls, plan: Plan) -> "PlanTable":
        """Return the table that describes a plan."""
        month, year = (_usd(plan.price_nanousd(interval), 0) for interval in ("month", "year"))
        alerts = plan.alert_percents
        return cls(
            id=plan.id,
            name=plan.name,
            tokens=_limit(plan.token_limit),
            runs=_limit(plan.run_limit),
            requests_per_minute=_limit(plan.requests_per_minute),
            provider_cost_usd=_usd(plan.cost_limit_nanousd, MAX_LIMIT),
            soft_percent=plan.soft_percent,
            hard_percent=plan.hard_percent,
            alert_percents=None if alerts is None else list(alerts),
            prices=PlanPrices(month=month, year=year),
            trial_days=plan.trial_days,
            visible=plan.is_visible,
        )

    def plan(self) -> Plan:
        """Return the plan, as a first version."""
        alerts = self.alert_percents
        return Plan(
            id=self.id,
            name=self.name,
            token_limit=self.tokens or MAX_LIMIT,
            run_limit=self.runs or MAX_LIMIT,
            requests_per_minute=self.requests_per_minute or MAX_LIMIT,
            cost_limit_nanousd=_nanousd(self.provider_cost_usd, MAX_LIMIT),
            monthly_price_nanousd=_nanousd(self.prices.month, 0),
            yearly_price_nanousd=_nanousd(self.prices.year, 0),
            soft_percent=self.soft_percent,
            hard_percent=self.hard_percent,
            alert_percents=None if alerts is None else tuple(sorted(set(alerts))),
            trial_days=self.trial_days,
            is_visible=self.visible,
        )


def parse_plans(text: str) -> PlanCatalog:
    """Return the plans of a file; raise InvalidInput with a problem for each wrong line."""
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _invalid(
            [FieldProblem(field="file", code="invalid_toml", message=f"the file is no TOML: {error}")]
        ) from error
    tables, aliases = content.get("plan", []), content.get("aliases", {})
    others = sorted(set(content) - _TABLES)
    if others or not isinstance(tables, list) or not isinstance(aliases, dict):
        message = "the file may only contain [[plan]] tables and the table [aliases]"
        found = ", ".join(others) or "another kind of plan or aliases"
        raise _invalid(
            [FieldProblem(field="file", code="unknown_table", message=f"{message} (found {found})")]
        )
    lines = [text.count("\n", 0, match.start()) + 1 for match in _TABLE.finditer(text)]
    return read_plans(tables, aliases, lines)


def read_plans(
    tables: Sequence[object], aliases: Mapping[str, object], lines: Sequence[int] = ()
) -> PlanCatalog:
    """Return the plans of these tables; raise InvalidInput with all problems, each with its line or its place."""
    if len(tables) > MAX_PLANS:
        message = f"there are {len(tables)} plans; the maximum is {MAX_PLANS}"
        raise _invalid([FieldProblem(field="plan", code="too_many_plans", message=message)])
    plans: list[Plan] = []
    problems: list[FieldProblem] = []
    for index, table in enumerate(tables):
        try:
            plans.append(PlanTable.model_validate(table).plan())
        except ValidationError as error:
            number, place = (lines[index], "line") if index < len(lines) else (index, "plan")
            problems += [_at(place, number, each) for each in _problems_of_table(error)]
    problems += _problems_of_plans([_id_of(table) for table in tables], plans if not problems else None)
    problems += _problems_of_aliases(aliases, {_id_of(table) for table in tables})
    if problems:
        raise _invalid(problems)
    return PlanCatalog(plans=tuple(plans), aliases={name: str(target) for name, target in aliases.items()})


def _problems_of_table(error: ValidationError) -> Iterator[FieldProblem]:
    for details in error.errors(include_url=False):
        name = ".".join(map(str, details["loc"])) or "plan"
        got = "" if details["type"] == "missing" else f" (got {shown(details['input'])})"
        code = "unknown_field" if details["type"] == "extra_forbidden" else details["type"]
        yield FieldProblem(field=name, code=code, message=f"{name}: {details['msg']}{got}")


def _problems_of_plans(ids: Sequence[object], plans: Sequence[Plan] | None) -> Iterator[FieldProblem]:
    for twice in sorted({str(each) for each in ids if each is not None and ids.count(each) > 1}):
        message = f"plan {shown(twice)} is listed {ids.count(twice)} times"
        yield FieldProblem(field="id", code="duplicate_plan", message=message)
    free = [plan.id for plan in plans or () if not plan.is_sold]
    if plans is not None and free != [FREE_PLAN_ID]:
        found = ", ".join(free) or "none"
        message = f"exactly one plan has no price, and its id is {FREE_PLAN_ID!r} (found {found})"
        yield FieldProblem(field="prices", code="one_free_plan", message=message)


def _problems_of_aliases(aliases: Mapping[str, object], ids: Iterable[object]) -> Iterator[FieldProblem]:
    known = set(ids)
    for name, target in aliases.items():
        if name in known:
            yield _alias_problem(name, "alias_is_plan", "it is the id of a plan too")
            continue
        if not PLAN_ID.fullmatch(name):
            yield _alias_problem(name, "invalid_alias", "use small letters, digits and hyphens, at most 32")
        seen = {name}
        while target in aliases and target not in known and target not in seen:
            seen.add(str(target))
            target = aliases[str(target)]
        if target in seen:
            yield _alias_problem(name, "alias_circle", f"it leads back to {shown(target)}")
        elif target not in known:
            yield _alias_problem(name, "unknown_plan", f"there is no plan {shown(target)}")


def _alias_problem(name: str, code: str, why: str) -> FieldProblem:
    return FieldProblem(field=f"aliases.{name}", code=code, message=f"alias {shown(name)}: {why}")


def _id_of(table: object) -> object:
    plan_id = table.get("id") if isinstance(table, Mapping) else None
    return plan_id if isinstance(plan_id, str) else None


def _at(place: str, number: int, problem: FieldProblem) -> FieldProblem:
    message = f"{place} {number}: {problem.message}"
    return FieldProblem(field=problem.field, code=problem.code, message=message, index=number)


def _invalid(problems: Sequence[FieldProblem]) -> InvalidInput:
    return InvalidInput(problems[0].message, tuple(problems))


def _nanousd(usd: str | None, default: int) -> int:
    return default if usd is None else nanousd_from_decimal(Decimal(usd))


def _usd(nanousd: int, absent: int) -> str | None:
    return None if nanousd == absent else usd_string(nanousd)


def _limit(value: int) -> int | None:
    return None if value == MAX_LIMIT else value


def format_plans(catalog: PlanCatalog) -> str:
    """Return the file that gives these plans again, each in its newest version."""
    tables = [_table_text(PlanTable.of(plan)) for plan in catalog.plans]
    aliases = [f'{name} = "{target}"' for name, target in catalog.aliases.items()]
    return "\n".join([*tables, *(["\n".join(["[aliases]", *aliases, ""])] if aliases else [])])


def _table_text(table: PlanTable) -> str:
    lines = [f"{name} = {_toml(value)}" for name, value in _written(table).items()]
    return "\n".join(("[[plan]]", *lines, ""))


def _written(table: PlanTable) -> dict[str, Any]:
    """Return the fields that say something else than their absence."""
    return table.model_dump(exclude_none=True, exclude_defaults=True)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        pairs = ", ".join(f"{name} = {_toml(each)}" for name, each in value.items())
        return f"{{ {pairs} }}"
    if isinstance(value, bool | int | list):
        return str(value).lower()
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
