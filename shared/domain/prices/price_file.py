"""The file of the platform's prices: TOML with one `[[price]]` table for each entry, refused by line."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import chain, repeat
from typing import Any, Final, NamedTuple

from shared.domain.errors import FieldProblem, InvalidInput, shown
from shared.domain.prices.price_book import MAX_ENTRIES, PriceEntry, PriceKey, book_provider

TOKEN_KINDS: Final = (
    *("input", "output", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h", "output_reasoning"),
    *("input_audio", "output_audio", "cache_audio_read", "input_image", "output_image", "cache_image_read"),
    *("input_video", "output_video"),
)
UNIT_KINDS: Final = (
    *("requests", "web_searches", "file_searches", "images", "pages", "seconds", "characters", "sessions"),
)
_FIELDS: Final = frozenset(
    {
        *("provider", "model", "model_prefix", "tenant", "from"),
        *("per_million", "per_unit", "percent", "same_as"),
    }
)
_TABLE: Final = re.compile(r"^[ \t]*\[\[\s*price\s*\]\]", re.MULTILINE)
_MAX_USD: Final = 1_000_000
_MAX_DECIMALS: Final = 12
_LEAST_PERCENT: Final = -100
_MOST_PERCENT: Final = 10_000


def parse_prices(text: str) -> tuple[PriceEntry, ...]:
    """Return the entries of a price file; raise InvalidInput with a problem for each wrong line."""
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _invalid(
            [FieldProblem(field="file", code="invalid_toml", message=f"the file is no TOML: {error}")]
        ) from error
    tables = content.get("price", [])
    others = sorted(set(content) - {"price"})
    if others or not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        found = ", ".join(others) or "price"
        raise _refused("unknown_table", f"the file may only contain [[price]] tables (found {found})")
    if len(tables) > MAX_ENTRIES:
        message = f"the file has {len(tables)} prices; the maximum is {MAX_ENTRIES}"
        raise _refused("too_many_prices", message)
    lines = [text.count("\n", 0, match.start()) + 1 for match in _TABLE.finditer(text)]
    places = (Place(f"line {line}", line) for line in chain(lines, repeat(1)))
    return read_prices(list(zip(places, tables, strict=False)))


class Place(NamedTuple):
    """The place of a table, as messages name it, and its number."""

    words: str
    number: int


def read_prices(tables: Sequence[tuple[Place, Mapping[str, Any]]]) -> tuple[PriceEntry, ...]:
    """Return the entries of tables, each with its place; raise InvalidInput with a problem for each wrong table."""
    problems: list[FieldProblem] = []
    known: dict[tuple[PriceKey, date], Place] = {}
    starts: dict[PriceKey, date] = {}
    entries: list[PriceEntry] = []
    for place, table in tables:
        entry, wrong = _entry(table)
        problems += [_at(place, each) for each in wrong]
        if entry is None:
            continue
        first = known.setdefault((entry.key, entry.starts), place)
        if first is not place:
            message = f"the same price is also on {first.words}: one model has one price from {entry.starts}"
            problems.append(_at(place, FieldProblem(field="from", code="two_prices", message=message)))
        newest = starts.setdefault(entry.key, entry.starts)
        starts[entry.key] = max(newest, entry.starts)
        if newest > entry.starts:
            message = f"{entry.starts} comes after {newest}: list the prices of a model by date"
            problems.append(
                _at(place, FieldProblem(field="from", code="dates_out_of_order", message=message))
            )
        entries.append(entry)
    if problems:
        raise _invalid(problems)
    return tuple(entries)


def _invalid(problems: list[FieldProblem]) -> InvalidInput:
    return InvalidInput(problems[0].message, tuple(problems))


def _refused(code: str, message: str) -> InvalidInput:
    return _invalid([FieldProblem(field="file", code=code, message=message)])


def _at(place: Place, problem: FieldProblem) -> FieldProblem:
    return replace(problem, message=f"{place.words}: {problem.message}", index=place.number)


def _entry(table: Mapping[str, Any]) -> tuple[PriceEntry | None, list[FieldProblem]]:
    """Return the entry of a table, or what is wrong with it."""
    problems = [
        FieldProblem(field=name, code="unknown_field", message=f"{name} is not a field of a price")
        for name in sorted(set(table) - _FIELDS)
    ]
    problems += _problems_of_names(table)
    starts = _date(table.get("from"))
    if starts is None:
        message = f'from is {shown(table.get("from"))}; it must be a day such as "2026-11-01"'
        problems.append(FieldProblem(field="from", code="invalid_date", message=message))
    rates = {name: _rates(table, name, kinds, problems) for name, kinds in _KINDS.items()}
    percent = _percent(table, problems)
    problems += _problems_of_kind(table)
    if problems or starts is None:
        return None, problems
    model, prefix = _lower(table.get("model")), _lower(table.get("model_prefix"))
    key = PriceKey(table.get("tenant"), book_provider(table["provider"]), model, prefix)
    return PriceEntry(
        key=key, starts=starts, percent=percent, same_as=_lower(table.get("same_as")), **rates
    ), []


_KINDS: Final = {"per_million": TOKEN_KINDS, "per_unit": UNIT_KINDS}


def _problems_of_names(table: Mapping[str, Any]) -> Iterator[FieldProblem]:
    for name in ("provider", "model", "model_prefix", "tenant", "same_as"):
        value = table.get(name)
        if (value is not None or name == "provider") and not (isinstance(value, str) and value.strip()):
            message = f"{name} is {shown(value)}; it must be a name"
            yield FieldProblem(field=name, code="invalid_name", message=message)
    if ("model" in table) == ("model_prefix" in table):
        message = "a price is for a model or a model_prefix: give one of them"
        yield FieldProblem(field="model", code="price_for_nobody", message=message)
    same_as = table.get("same_as")
    if isinstance(same_as, str) and "/" not in same_as.strip("/"):
        message = f"same_as is {shown(same_as)}; it must be provider/model"
        yield FieldProblem(field="same_as", code="invalid_name", message=message)


def _problems_of_kind(table: Mapping[str, Any]) -> Iterator[FieldProblem]:
    has_rates = bool(table.get("per_million") or table.get("per_unit"))
    has_other = "percent" in table or "same_as" in table
    if has_rates == has_other:
        message = "a price states per_million or per_unit, or percent or same_as, and not both"
        yield FieldProblem(field="per_million", code="price_without_amount", message=message)


def _rates(
    table: Mapping[str, Any], name: str, kinds: Iterable[str], problems: list[FieldProblem]
) -> dict[str, Decimal]:
    stated = table.get(name, {})
    if not isinstance(stated, dict):
        message = f"{name} is {shown(stated)}; it must be a table"
        problems.append(FieldProblem(field=name, code="invalid_table", message=message))
        return {}
    rates: dict[str, Decimal] = {}
    for kind, value in stated.items():
        if kind not in kinds:
            message = f"{name}.{kind} is no unit; the units are {', '.join(kinds)}"
            problems.append(FieldProblem(field=f"{name}.{kind}", code="unknown_unit", message=message))
            continue
        usd = _decimal(value)
        if usd is None or not 0 <= usd <= _MAX_USD:
            message = f'{name}.{kind} is {shown(value)}; it must be USD in quotes, such as "2.50"'
            problems.append(FieldProblem(field=f"{name}.{kind}", code="invalid_amount", message=message))
            continue
        rates[kind] = usd
    return rates


def _percent(table: Mapping[str, Any], problems: list[FieldProblem]) -> Decimal | None:
    if "percent" not in table:
        return None
    percent = _decimal(table["percent"])
    if percent is None or not _LEAST_PERCENT <= percent <= _MOST_PERCENT:
        message = f'percent is {shown(table["percent"])}; it must be between -100 and 10000, such as "-15"'
        problems.append(FieldProblem(field="percent", code="invalid_percent", message=message))
    return percent


def _decimal(value: object) -> Decimal | None:
    """Return an exact number: text or an integer. A TOML float is not what was written."""
    if type(value) not in (str, int):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    is_exact = number.is_finite() and -int(number.as_tuple().exponent) <= _MAX_DECIMALS
    return number.normalize() + 0 if is_exact else None


def _date(value: object) -> date | None:
    """Return a day, written as a TOML date or as text."""
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _lower(name: str | None) -> str | None:
    return None if name is None else name.strip().lower()


def format_prices(entries: Iterable[PriceEntry]) -> str:
    """Return the file whose import gives these entries, each model's by date."""
    by_date = sorted(entries, key=lambda entry: ([part or "" for part in entry.key], entry.starts))
    return "\n".join(_table_text(entry) for entry in by_date)


def _table_text(entry: PriceEntry) -> str:
    tenant, provider, model, model_prefix = entry.key
    names = {"provider": provider, "model": model, "model_prefix": model_prefix, "tenant": tenant}
    stated = {**names, "from": entry.starts.isoformat(), "percent": entry.percent, "same_as": entry.same_as}
    lines = [f"{name} = {_quoted(str(value))}" for name, value in stated.items() if value is not None]
    for name in _KINDS:
        rates = getattr(entry, name)
        if rates:
            pairs = ", ".join(f"{kind} = {_quoted(f'{usd:f}')}" for kind, usd in rates.items())
            lines.append(f"{name} = {{ {pairs} }}")
    return "\n".join(("[[price]]", *lines, ""))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    controls = "".join(char if char.isprintable() else f"\\U{ord(char):08X}" for char in escaped)
    return f'"{controls}"'
