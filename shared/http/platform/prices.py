"""The routes by which the platform reads and replaces its own prices."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final, Self

from flask import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from shared.domain.billing.price_effects import PriceEffect
from shared.domain.errors import FieldProblem, InvalidInput, Problems
from shared.domain.prices.money import usd_string
from shared.domain.prices.price_book import MAX_ENTRIES, PriceEntry
from shared.domain.prices.price_file import TOKEN_KINDS, UNIT_KINDS, Place, read_prices
from shared.http.bodies import read_body, read_query
from shared.http.platform.dry_runs import DryRunQuery
from shared.http.reasons import FreeReason
from shared.http.responses import ResponseModel, Usd
from shared.http.routes import MAX_BODY_BYTES, Call, Container, Example, Route, json_response
from shared.usecases.prices.manage_prices import (
    PriceChanges,
    change_prices,
    preview_prices,
    read_book,
    replacement,
)

_PATH = "/api/v1/platform/prices"
_MAX_NAME_CHARS = 300
_FILE_NAMES: Final[Mapping[str, str]] = {"tenant_id": "tenant", "starts": "from"}
"""The names of fields that a price file has for those of the API."""
_API_NAMES: Final[Mapping[str, str]] = {ours: api for api, ours in _FILE_NAMES.items()}


def _a_day(text: str) -> str:
    date.fromisoformat(text)
    return text


Day = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra={"format": "date"}),
    AfterValidator(_a_day),
]
Name = Annotated[str, Field(min_length=1, max_length=_MAX_NAME_CHARS)]
_AMOUNT = r"^[0-9]{1,7}(\.[0-9]{1,12})?$"
Amount = Annotated[str, Field(pattern=_AMOUNT)]


def _by_kind(kinds: Iterable[str], description: str) -> WithJsonSchema:
    """Return the schema of amounts by their kinds; the rule itself is that of price files."""
    return WithJsonSchema(
        {
            "type": "object",
            "description": description,
            "propertyNames": {"pattern": f"^({'|'.join(kinds)})$"},
            "additionalProperties": {"type": "string", "pattern": _AMOUNT},
            "default": {},
        }
    )


Amounts = dict[str, Amount]
PerMillion = Annotated[Amounts, _by_kind(TOKEN_KINDS, "USD per million tokens, by their kind.")]
PerUnit = Annotated[Amounts, _by_kind(UNIT_KINDS, "USD for one image, web search and so on.")]


class PriceModel(BaseModel):
    """A price, as a price file says it: of a `model` or all with a `model_prefix`, for a tenant or for all.

    It states `per_million` or `per_unit`, or else `percent` or `same_as`.
    """

    model_config = ConfigDict(extra="forbid")

    tenant_id: Name | None = Field(None, description="Null: for all tenants.")
    provider: Name
    model: Name | None = None
    model_prefix: Name | None = None
    starts: Day = Field(description="The day, in UTC, from which it holds.")
    per_million: PerMillion = {}
    per_unit: PerUnit = {}
    percent: Annotated[str, Field(pattern=r"^[+-]?[0-9]{1,5}(\.[0-9]{1,12})?$")] | None = Field(
        None, description="The difference from the catalog's price: `-15` is 15 % less."
    )
    same_as: Name | None = Field(None, description="The model whose price holds, as `provider/model`.")

    @property
    def table(self) -> dict[str, Any]:
        """The table of a price file."""
        stated = self.model_dump(exclude_none=True)
        return {_FILE_NAMES.get(name, name): value for name, value in stated.items() if value != {}}

    @classmethod
    def of(cls, entry: PriceEntry) -> Self:
        tenant_id, provider, model, model_prefix = entry.key
        # A file may have longer names than a request.
        return cls.model_construct(
            tenant_id=tenant_id,
            provider=provider,
            model=model,
            model_prefix=model_prefix,
            starts=entry.starts.isoformat(),
            per_million={kind: f"{usd:f}" for kind, usd in entry.per_million.items()},
            per_unit={kind: f"{usd:f}" for kind, usd in entry.per_unit.items()},
            percent=None if entry.percent is None else f"{entry.percent:f}",
            same_as=entry.same_as,
        )


class PlatformPricesBody(BaseModel):
    """All of the platform's own prices."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[int, Field(strict=True, ge=0, le=2**53)] = Field(
        description="The version that was read. If it is not the newest, nothing changes (`changed_meanwhile`)."
    )
    prices: list[PriceModel] = Field(max_length=MAX_ENTRIES)
    reason: FreeReason = ""

    @property
    def entries(self) -> tuple[PriceEntry, ...]:
        """The prices; raises InvalidInput with the first problems, each with the index of its price."""
        places = [Place(f"prices.{index}", index) for index in range(len(self.prices))]
        # A price file lists the prices of a model by date; here, any order will do.
        ordered = sorted(zip(places, self.prices, strict=True), key=lambda each: each[1].starts)
        try:
            return read_prices([(place, price.table) for place, price in ordered])
        except InvalidInput as error:
            raise _placed(error) from error


class PlatformPricesResponse(ResponseModel):
    """The platform's own prices, as they can be sent back."""

    version: int
    prices: list[PriceModel]


class PriceEffectResponse(ResponseModel):
    """An estimate: this month's tokens of the models concerned, at the prices before and after.

    What a provider bills itself, and a caller's own estimates, do not follow the prices; here they are counted as if.
    """

    tenants: int = Field(description="How many used these models this month.")
    cost_before_usd: Usd
    cost_after_usd: Usd
    negative_before: int = Field(description="How many of them have a negative margin this month.")
    negative_after: int = Field(description="How many of them would have one.")
    sentences: list[str] = Field(description="All of this for people, and what the estimate leaves out.")
    is_cut: bool = Field(description="Not all tenants were looked at.")

    @classmethod
    def of(cls, effect: PriceEffect) -> Self:
        return cls(
            tenants=effect.tenants,
            cost_before_usd=usd_string(effect.cost_before_nanousd),
            cost_after_usd=usd_string(effect.cost_after_nanousd),
            negative_before=effect.negative_before,
            negative_after=effect.negative_after,
            sentences=list(effect.sentences),
            is_cut=effect.is_cut,
        )


class PriceChangesResponse(ResponseModel):
    """The difference from the prices before; without any, there is no new version."""

    version: int
    added: list[PriceModel]
    removed: list[PriceModel]
    effect: PriceEffectResponse


def _prices(_call: Call, container: Container) -> Response:
    book = read_book(container.price_books)
    return json_response(PlatformPricesResponse(version=book.version, prices=_listed(book.entries)))


def _replace(call: Call, container: Container) -> Response:
    query, body = read_query(call.request, DryRunQuery), _read(call)
    books, edit = container.price_books, replacement(body.entries)
    changes = preview_prices(books, edit, body.version)
    # Before the change, so that an answer never says that nothing was changed when it was.
    effect = container.price_estimator.estimate(changes, call.now)
    if not query.dry_run:
        changes = change_prices(books, edit, call.change.because(body.reason), body.version)
    return json_response(_changes(changes, effect))


def _changes(changes: PriceChanges, effect: PriceEffect) -> PriceChangesResponse:
    return PriceChangesResponse(
        version=changes.version,
        added=_listed(changes.added),
        removed=_listed(changes.removed),
        effect=PriceEffectResponse.of(effect),
    )


def _listed(entries: Iterable[PriceEntry]) -> list[PriceModel]:
    """Return prices by their keys, each model's by date."""
    by_date = sorted(entries, key=lambda each: ([part or "" for part in each.key], each.starts))
    return [PriceModel.of(entry) for entry in by_date]


def _read(call: Call) -> PlatformPricesBody:
    try:
        return read_body(call.request, PlatformPricesBody)
    except InvalidInput as error:
        raise _placed(error) from error


def _placed(error: InvalidInput) -> InvalidInput:
    """Return the error with the index of the price for each problem, and the field in it."""
    problems = Problems(is_truncated=error.is_truncated)
    problems.add(map(_with_index, error.problems))
    return InvalidInput(
        error.message, tuple(problems.listed), code=error.code, is_truncated=problems.is_truncated
    )


def _with_index(problem: FieldProblem) -> FieldProblem:
    prices, _, rest = problem.field.partition(".")
    index, _, field = rest.partition(".")
    if prices == "prices" and index.isdecimal():
        return replace(problem, index=int(index), field=field or prices)
    first, dot, rest = problem.field.partition(".")
    return replace(problem, field=f"{_API_NAMES.get(first, first)}{dot}{rest}")


_EXAMPLE = {
    "version": 0,
    "reason": "contract of November",
    "prices": [
        {
            "provider": "openai",
            "model": "gpt-4o",
            "starts": "2026-11-01",
            "per_million": {"input": "2.50", "output": "10"},
        },
        {
            "tenant_id": "acme",
            "provider": "anthropic",
            "model_prefix": "claude-",
            "starts": "2026-11-01",
            "percent": "-15",
        },
    ],
}

ROUTES = (
    Route(
        method="GET",
        path=_PATH,
        summary="The platform's own prices",
        handle=_prices,
        needs="prices:write",
        response=PlatformPricesResponse,
    ),
    Route(
        method="PUT",
        path=_PATH,
        summary="Replace the platform's own prices, and say what that does to this month's margins",
        handle=_replace,
        needs="prices:write",
        response=PriceChangesResponse,
        body=PlatformPricesBody,
        query=DryRunQuery,
        examples={"two prices": Example(_EXAMPLE)},
        max_body_bytes=MAX_BODY_BYTES,
    ),
)
