"""Extracts usage from a provider's raw response. An ambiguous response is refused, never guessed."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from shared.domain.metering.events import shown
from shared.domain.metering.response_formats import FORMATS, possible_formats
from shared.domain.metering.response_layouts import Body, CountRow, Format, Layout, Path, owner
from shared.domain.prices.catalog import ResolvedProvider, catalog_units
from shared.domain.prices.token_pools import MAX_TOKENS, CallUsage, TokenPools

if TYPE_CHECKING:
    from genai_prices.types import ArrayMatch

ErrorCode = Literal["ambiguous_response", "no_usage_in_response", "malformed_usage", "contradictory_tokens"]

INPUT, OUTPUT, REASONING = "input_tokens", "output_tokens", "output_reasoning_tokens"
READ, WRITE = "cache_read_tokens", "cache_write_tokens"
WRITE_5M, WRITE_1H = "cache_write_5m_tokens", "cache_write_1h_tokens"
_POOL_UNITS: Final = frozenset({INPUT, OUTPUT, REASONING, READ, WRITE, WRITE_5M, WRITE_1H})


class ExtractionError(ValueError):
    """The usage of a response cannot be determined; `path` is the position in the response, `code` is stable."""

    def __init__(self, code: ErrorCode, path: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.path = path


class Extracted(NamedTuple):
    """The usage of one response, and the name of its format."""

    usage: CallUsage
    format: str


def extract(response: Body, response_format: str | None, provider: ResolvedProvider) -> Extracted:
    """Return the usage in a response of `provider`, normalised from that provider's conventions.

    Without a `response_format`, the format is detected; a response that fits several is refused. Raises
    ExtractionError.
    """
    known = FORMATS[response_format] if response_format else _only_format(response, provider)
    layout = next(each for each in known.layouts if each.is_of(response, provider))
    counts = _agreeing_with_total(_Counts.read(response, layout))
    return Extracted(
        CallUsage(_pools(counts), _other_units(counts), _price_context(response, known)), known.name
    )


def _only_format(response: Body, provider: ResolvedProvider) -> Format:
    formats = possible_formats(response, provider)
    if not formats:
        raise ExtractionError(
            "no_usage_in_response", "usage", "the response contains no usage in a known format"
        )
    if len(formats) > 1:
        choices = " or ".join(sorted(each.name for each in formats))
        message = f"the response of provider {shown(provider.name)} could be {choices}; set response_format"
        raise ExtractionError("ambiguous_response", "usage", message)
    return formats[0]


def _price_context(response: Body, known: Format) -> Mapping[str, str]:
    """Return the context that selects the price: the service tier, or batch processing."""
    tier = owner(response, known.service_tier).get(known.service_tier[-1]) if known.service_tier else None
    if not isinstance(tier, str):
        return {}
    return {"processing": tier} if tier == "batch" else {"service_tier": tier}


class _Counts(NamedTuple):
    """The counts of a response by unit, and the response's own total."""

    layout: Layout
    values: Mapping[str, int]
    total: int | None

    @classmethod
    def read(cls, response: Body, layout: Layout) -> "_Counts":
        """Read the counts of `layout` that are present in the response."""
        usage, rows = _usage_object(response, layout), layout.counts.rows
        values: dict[str, int] = {}
        for row in rows:
            count = _read(usage, row.path, layout)
            if count is not None:
                values[row.unit] = values.get(row.unit, 0) + count
            elif row.required:
                raise _no_usage(_dotted(layout, row.path))
        if not values:
            raise _no_usage(_dotted(layout, rows[0].path))
        return cls(layout, values, _read(usage, (layout.total,), layout) if layout.total else None)

    def of(self, unit: str) -> int:
        return self.values.get(unit, 0)

    def rows_of(self, unit: str) -> Iterator[CountRow]:
        return (row for row in self.layout.counts.rows if row.unit == unit)

    def place_of(self, unit: str) -> str:
        """Return the path of the first count of `unit`."""
        return _dotted(self.layout, next((row.path for row in self.rows_of(unit)), (unit,)))

    def reported(self, *units: str) -> str:
        """Return the paths and values of counts, for a message."""
        return " and ".join(f"{self.place_of(unit)} is {self.of(unit)}" for unit in units)

    def contradiction(self, at: str, message: str) -> ExtractionError:
        return ExtractionError("contradictory_tokens", self.place_of(at), message)


def _usage_object(response: Body, layout: Layout) -> Body:
    found = response
    for depth, step in enumerate(layout.counts.root, start=1):
        path = ".".join(layout.counts.root[:depth])
        value = found.get(step)
        if value is None:
            raise _no_usage(path)
        if not isinstance(value, dict):
            raise _malformed(path, value, "an object")
        found = value
    return found


def _read(usage: Body, path: Path, layout: Layout) -> int | None:
    found: object = usage
    for depth, step in enumerate(path):
        if found is None:
            return None
        if isinstance(step, str):
            if not isinstance(found, dict):
                raise _malformed(_dotted(layout, path[:depth]), found, "an object")
            found = found.get(step)
        else:
            if not isinstance(found, list):
                raise _malformed(_dotted(layout, path[:depth]), found, "an array")
            found = _matching(found, step)
    if layout.allows_doubles and isinstance(found, float) and found.is_integer():
        found = int(found)
    if found is None or (type(found) is int and 0 <= found <= MAX_TOKENS):
        return found
    raise _malformed(_dotted(layout, path), found, "an integer between 0 and 2^53")


def _matching(items: list[object], step: "ArrayMatch") -> object:
    named = (item for item in items if isinstance(item, dict) and isinstance(item.get(step.field), str))
    return next((item for item in named if step.match.is_match(item[step.field])), None)


def _agreeing_with_total(counts: _Counts) -> _Counts:
    """Return the counts with reasoning included in the output; raise if they contradict the response's total.

    Gateways differ in whether their output includes reasoning, so the total decides.
    """
    total, layout = counts.total, counts.layout
    input_, output, reasoning = counts.of(INPUT), counts.of(OUTPUT), counts.of(REASONING)
    cached = counts.of(READ) + counts.of(WRITE) if layout.total_may_omit_cached else 0
    if total is None or total in (input_ + output, input_ - cached + output):
        return counts
    other_reading = output - reasoning if _adds_reasoning(counts) else output + reasoning
    if total == input_ + other_reading:
        return counts._replace(values={**counts.values, OUTPUT: other_reading})
    unnamed = total - input_ - output
    if layout.total_alone_has_reasoning and unnamed > 0 and not reasoning:
        return counts._replace(values={**counts.values, OUTPUT: output + unnamed, REASONING: unnamed})
    raise counts.contradiction(OUTPUT, f"{counts.reported(INPUT, OUTPUT)}, but {layout.total} is {total}")


def _adds_reasoning(counts: _Counts) -> bool:
    added = {row.path for row in counts.rows_of(OUTPUT)}
    return any(row.path in added for row in counts.rows_of(REASONING))


def _pools(counts: _Counts) -> TokenPools:
    input_, output, reasoning = counts.of(INPUT), counts.of(OUTPUT), counts.of(REASONING)
    read, write, write_1h = counts.of(READ), counts.of(WRITE), _cache_write_1h(counts)
    if read + write > input_:
        raise counts.contradiction(READ, f"{counts.reported(READ, WRITE)}, but {counts.reported(INPUT)}")
    if reasoning > output:
        raise counts.contradiction(REASONING, f"{counts.reported(REASONING)}, but {counts.reported(OUTPUT)}")
    if max(input_, output) > MAX_TOKENS:
        raise counts.contradiction(INPUT, f"{counts.reported(INPUT, OUTPUT)}, which is more than 2^53")
    return TokenPools(input_, output, input_ + output, read, write, write_1h, reasoning)


def _cache_write_1h(counts: _Counts) -> int:
    whole, short, long = counts.of(WRITE), counts.values.get(WRITE_5M), counts.values.get(WRITE_1H)
    if long is None:
        long = 0 if short is None else whole - short
    if short is None:
        short = whole - long
    if short < 0 or long < 0 or short + long != whole:
        parts = counts.reported(WRITE_5M, WRITE_1H)
        raise counts.contradiction(WRITE, f"{counts.reported(WRITE)}, but {parts}")
    return long


def _other_units(counts: _Counts) -> Mapping[str, int]:
    """Return the counts outside the pools that affect the price; text and tool prompts cost the same as input."""
    return {
        unit: count
        for unit, count in counts.values.items()
        if count and unit not in _POOL_UNITS and _is_special(unit)
    }


def _is_special(unit: str) -> bool:
    dimensions = catalog_units().units[unit].dimensions
    return dimensions.get("modality") != "text" and dimensions.get("token_type") != "tool"


def _dotted(layout: Layout, path: Path) -> str:
    """Return a path in the response as errors show it: `usage.prompt_tokens_details.cached_tokens`."""
    steps = (
        step if isinstance(step, str) else f"[{getattr(step.match, 'equals', step.field)}]" for step in path
    )
    return ".".join((*layout.counts.root, *steps))


def _no_usage(path: str) -> ExtractionError:
    return ExtractionError("no_usage_in_response", path, f"{path} is missing from the response")


def _malformed(path: str, value: object, wanted: str) -> ExtractionError:
    return ExtractionError("malformed_usage", path, f"{path} is {shown(value)}, but must be {wanted}")
