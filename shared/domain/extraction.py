"""Owns the reading of usage out of a provider's raw response: strict, and never a guess at a convention."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from shared.domain.catalog import catalog_units, find_provider
from shared.domain.events import ResponseFormat, shown
from shared.domain.pricing import NO_PRICE_CONTEXT
from shared.domain.response_shapes import Path, Table, child, possible_formats, table_for
from shared.domain.tokens import MAX_TOKENS, TokenPools

if TYPE_CHECKING:
    from genai_prices.types import ArrayMatch

ErrorCode = Literal["ambiguous_response", "no_usage_in_response", "malformed_usage", "contradictory_tokens"]

INPUT, OUTPUT, REASONING = "input_tokens", "output_tokens", "output_reasoning_tokens"
READ, WRITE = "cache_read_tokens", "cache_write_tokens"
WRITE_5M, WRITE_1H = "cache_write_5m_tokens", "cache_write_1h_tokens"
_POOL_UNITS: Final = frozenset({INPUT, OUTPUT, REASONING, READ, WRITE, WRITE_5M, WRITE_1H})


class ExtractionError(ValueError):
    """The usage of a response cannot be known; `path` is the place in the response, `code` is stable."""

    def __init__(self, code: ErrorCode, path: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.path = path


class Extracted(NamedTuple):
    """The usage of one response: its pools, what else it counted or says that may change the price, its format."""

    pools: TokenPools
    other_units: Mapping[str, int]
    format: ResponseFormat
    price_context: Mapping[str, str] = NO_PRICE_CONTEXT


def extract(
    response: Mapping[str, object], response_format: ResponseFormat | None, provider: str
) -> Extracted:
    """The usage in a provider's response, with the provider's convention undone; raises ExtractionError.

    Without a `response_format` the body must settle it: what could be read in two ways is refused.
    """
    known_format = response_format or _only_format(response, provider)
    table = table_for(known_format, response, provider)
    counts = _read_counts(_usage_object(response, table), table)
    if counts.total is not None:
        counts = _agreeing_with_total(counts, counts.total, known_format, provider)
    return Extracted(
        _pools(counts), _other_units(counts), known_format, _price_context(response, known_format)
    )


def _price_context(response: Mapping[str, object], known_format: ResponseFormat) -> Mapping[str, str]:
    """Which of a model's prices the response says it was served at, in the words of genai-prices.

    OpenAI names the tier beside the usage, Anthropic inside it, where `batch` is a way of processing.
    """
    if known_format in ("openai.chat", "openai.responses"):
        tier = response.get("service_tier")
    elif known_format == "anthropic.messages":
        tier = child(response, "usage").get("service_tier")
    else:
        tier = None
    if not isinstance(tier, str):
        return NO_PRICE_CONTEXT
    return {"processing": tier} if tier == "batch" else {"service_tier": tier}


class _Counts(NamedTuple):
    """Counts by unit, the response's own total, and the table they were read by, which knows their names."""

    table: Table
    values: Mapping[str, int]
    total: int | None

    def of(self, unit: str) -> int:
        return self.values.get(unit, 0)

    def place_of(self, unit: str) -> str:
        return _dotted(self.table, next((row.path for row in self.table.rows if row.unit == unit), (unit,)))

    def told(self, unit: str) -> str:
        """Name and value of a count, for a message."""
        return f"{self.place_of(unit)} is {self.of(unit)}"


def _only_format(response: Mapping[str, object], provider: str) -> ResponseFormat:
    formats = possible_formats(response, provider)
    if not formats:
        raise ExtractionError(
            "no_usage_in_response", "usage", "the response has no usage of any known format"
        )
    if len(formats) > 1:
        choices = f"could be {' or '.join(formats)}: say which in response_format"
        message = f"the response of provider {shown(provider)} {choices}"
        raise ExtractionError("ambiguous_response", "usage", message)
    return formats[0]


def _usage_object(response: Mapping[str, object], table: Table) -> Mapping[str, object]:
    found = response
    for depth, step in enumerate(table.root, start=1):
        path = ".".join(table.root[:depth])
        value = found.get(step)
        if value is None:
            raise _no_usage(path)
        if not isinstance(value, Mapping):
            raise _malformed(path, value, "an object")
        found = value
    return found


def _read_counts(usage: Mapping[str, object], table: Table) -> _Counts:
    values: dict[str, int] = {}
    for row in table.rows:
        count = _read(usage, row.path, table)
        if count is not None:
            values[row.unit] = values.get(row.unit, 0) + count
        elif row.required:
            raise _no_usage(_dotted(table, row.path))
    if not values:
        raise _no_usage(_dotted(table, table.rows[0].path))
    return _Counts(table, values, _read(usage, (table.total,), table) if table.total else None)


def _read(usage: Mapping[str, object], path: Path, table: Table) -> int | None:
    found: object = usage
    for depth, step in enumerate(path):
        if found is None:
            return None
        found = _child(found, step, _dotted(table, path[:depth]))
    return None if found is None else _count(found, _dotted(table, path), table)


def _child(parent: object, step: "str | ArrayMatch", parent_path: str) -> object:
    if isinstance(step, str):
        if not isinstance(parent, Mapping):
            raise _malformed(parent_path, parent, "an object")
        return parent.get(step)
    if not isinstance(parent, list):
        raise _malformed(parent_path, parent, "an array")
    named = (item for item in parent if isinstance(item, Mapping) and isinstance(item.get(step.field), str))
    return next((item for item in named if step.match.is_match(item[step.field])), None)


def _count(value: object, path: str, table: Table) -> int:
    if table.allows_doubles and isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not 0 <= value <= MAX_TOKENS:
        raise _malformed(path, value, "an integer between 0 and 2^53")
    return value


def _agreeing_with_total(
    counts: _Counts, total: int, response_format: ResponseFormat, provider: str
) -> _Counts:
    """The counts, with reasoning inside the output, if the response's own total agrees with any reading.

    Whether reasoning is a part of the output is the convention that gateways break most: the total tells.
    """
    input_, output, reasoning = counts.of(INPUT), counts.of(OUTPUT), counts.of(REASONING)
    cached = counts.of(READ) + counts.of(WRITE)
    if total == input_ + output or (
        response_format == "bedrock.converse" and total == input_ - cached + output
    ):
        return counts
    other_reading = output - reasoning if _adds_reasoning(counts.table) else output + reasoning
    if total == input_ + other_reading:
        return counts._replace(values={**counts.values, OUTPUT: other_reading})
    thinking = total - input_ - output
    if response_format == "openai.chat" and thinking > 0 and not reasoning and _is_google(provider):
        return counts._replace(values={**counts.values, OUTPUT: output + thinking, REASONING: thinking})
    sides = f"{counts.told(INPUT)} and {counts.told(OUTPUT)}"
    raise _contradiction(counts, OUTPUT, f"{sides}, but {counts.table.total} is {total}")


def _adds_reasoning(table: Table) -> bool:
    added = {row.path for row in table.rows if row.unit == OUTPUT}
    return any(row.path in added for row in table.rows if row.unit == REASONING)


def _is_google(provider: str) -> bool:
    """Google's OpenAI-compatible endpoint has thinking in the total only, and itemises it nowhere."""
    found = find_provider(provider)
    return found is not None and found.id == "google"


def _pools(counts: _Counts) -> TokenPools:
    input_, output, reasoning = counts.of(INPUT), counts.of(OUTPUT), counts.of(REASONING)
    read, write, write_1h = counts.of(READ), counts.of(WRITE), _cache_write_1h(counts)
    if read + write > input_:
        raise _contradiction(
            counts, READ, f"{counts.told(READ)} and {counts.told(WRITE)}, but {counts.told(INPUT)}"
        )
    if reasoning > output:
        raise _contradiction(counts, REASONING, f"{counts.told(REASONING)}, but {counts.told(OUTPUT)}")
    if max(input_, output) > MAX_TOKENS:
        told = f"{counts.told(INPUT)} and {counts.told(OUTPUT)}"
        raise _contradiction(counts, INPUT, f"{told}, which is more than 2^53")
    return TokenPools(input_, output, input_ + output, read, write, write_1h, reasoning)


def _cache_write_1h(counts: _Counts) -> int:
    whole, short, long = counts.of(WRITE), counts.values.get(WRITE_5M), counts.values.get(WRITE_1H)
    if long is None:
        long = 0 if short is None else whole - short
    if short is None:
        short = whole - long
    if short < 0 or long < 0 or short + long != whole:
        parts = f"{counts.told(WRITE_5M)} and {counts.told(WRITE_1H)}"
        raise _contradiction(counts, WRITE, f"{counts.told(WRITE)}, but {parts}")
    return long


def _other_units(counts: _Counts) -> Mapping[str, int]:
    """Counts beyond the pools that can change a price. Text and tool prompts cost what input costs."""
    return {
        unit: count
        for unit, count in counts.values.items()
        if count and unit not in _POOL_UNITS and _is_special(unit)
    }


def _is_special(unit: str) -> bool:
    dimensions = catalog_units().units[unit].dimensions
    return dimensions.get("modality") != "text" and dimensions.get("token_type") != "tool"


def _dotted(table: Table, path: Path) -> str:
    """A place in the response, as an error names it: `usage.prompt_tokens_details.cached_tokens`."""
    steps = (
        step if isinstance(step, str) else f"[{getattr(step.match, 'equals', step.field)}]" for step in path
    )
    return ".".join((*table.root, *steps))


def _no_usage(path: str) -> ExtractionError:
    return ExtractionError("no_usage_in_response", path, f"{path} is missing in the response")


def _malformed(path: str, value: object, wanted: str) -> ExtractionError:
    return ExtractionError("malformed_usage", path, f"{path} is {shown(value)}, but must be {wanted}")


def _contradiction(counts: _Counts, unit: str, message: str) -> ExtractionError:
    return ExtractionError("contradictory_tokens", counts.place_of(unit), message)
