"""The counts of a usage object by unit: read by a layout, and made to agree with each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from shared.domain.metering.responses.errors import ExtractionError, malformed, no_usage
from shared.domain.metering.responses.flat_usage import FlatUsage, flatten
from shared.domain.metering.responses.layouts import (
    INPUT,
    OUTPUT,
    READ,
    REASONING,
    WRITE,
    WRITE_1H,
    WRITE_5M,
    Body,
    Layout,
    Row,
)
from shared.domain.prices.token_pools import MAX_TOKENS, TokenPools

_FRACTIONAL: Final = frozenset({"audio_seconds"})
_MAX_DECIMALS: Final = 9

Count = int | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The counts of a usage object; `input` includes what the layout's input leaves out, and so does `output`."""

    layout: Layout
    values: Mapping[str, Count]
    places: Mapping[str, str]
    """The path in the body of each unit that is present."""
    total: int | None
    left: FlatUsage
    """The values that are not read."""

    def of(self, unit: str) -> int:
        """Return a count of tokens; 0 if it is absent."""
        return int(self.values.get(unit, 0))

    def place_of(self, unit: str) -> str:
        """Return the path of a unit, or where it would be."""
        return self.places.get(unit) or self.layout.path(
            next((each.paths[0] for each in self.layout.rows if each.unit == unit), unit)
        )

    def reported(self, *units: str) -> str:
        """Return the paths and values of counts, for a message."""
        return " and ".join(f"{self.place_of(unit)} is {self.of(unit)}" for unit in units)

    def contradiction(self, at: str, message: str) -> ExtractionError:
        """Return the error for counts that cannot all be right."""
        return ExtractionError("contradictory_tokens", self.place_of(at), message)

    def with_output(self, output: int, reasoning: int | None = None) -> "Counts":
        """Return the counts with another output."""
        reasoned = {} if reasoning is None else {REASONING: reasoning}
        return replace(self, values={**self.values, OUTPUT: output, **reasoned})


def read_counts(usage: Body, layout: Layout) -> Counts:
    """Read the counts of `layout` in a usage object. Raises ExtractionError."""
    _check_containers(usage, layout)
    reader = _Reader(layout, flatten(usage))
    for each in layout.rows:
        reader.read(each)
    values = reader.values
    missing = next(
        (each for each in layout.rows if each.unit in layout.required and each.unit not in values), None
    )
    if missing or not values:
        raise no_usage(layout.path((missing or layout.rows[0]).paths[0]))
    total = reader.take(layout.total) if layout.total else None
    for unit, excluded in ((INPUT, layout.input_excludes), (OUTPUT, layout.output_excludes)):
        values[unit] = values.get(unit, 0) + sum(values.get(each, 0) for each in excluded)
    left = {path: value for path, value in reader.flat.items() if not _is_free(path, layout.free)}
    counts = Counts(
        layout=layout,
        values=values,
        places=reader.places,
        total=None if total is None else int(total),
        left=left,
    )
    return _agreeing_with_total(counts)


@dataclass(slots=True)
class _Reader:
    """Takes counts out of a flat usage object, so that what is left is what nothing has read."""

    layout: Layout
    flat: FlatUsage
    values: dict[str, Count] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def read(self, each: Row) -> None:
        """Read a unit at the first of its paths that states one. Another number for the same thing stays."""
        for path in each.paths:
            count = self._count(path, may_be_fraction=each.unit in _FRACTIONAL)
            if count is None:
                continue
            if not self.values.get(each.unit):
                self.values[each.unit] = count
                self.places[each.unit] = self.layout.path(path)
            elif count not in (0, self.values[each.unit]):
                continue
            del self.flat[path]

    def take(self, path: str) -> Count | None:
        """Return a count and take it out; None if it is absent."""
        count = self._count(path)
        self.flat.pop(path, None)
        return count

    def _count(self, path: str, *, may_be_fraction: bool = False) -> Count | None:
        value = self.flat.get(path)
        if value is None:
            return None
        if may_be_fraction and isinstance(value, (int, float)) and 0 <= value <= MAX_TOKENS:
            return round(Decimal(str(value)), _MAX_DECIMALS)
        if self.layout.allows_doubles and isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is int and 0 <= value <= MAX_TOKENS:
            return value
        raise malformed(self.layout.path(path), value, "an integer between 0 and 2^53")


def _check_containers(usage: Body, layout: Layout) -> None:
    """Refuse details of another kind than the layout's: `prompt_tokens_details: [1]`."""
    for path in (path for each in layout.rows for path in each.paths):
        name, dot, _ = path.partition(".")
        name, bracket, _ = name.partition("[")
        value = usage.get(name)
        if value is None or isinstance(value, (int, float)):
            continue
        if bracket and not isinstance(value, list):
            raise malformed(layout.path(name), value, "an array")
        if dot and not bracket and not isinstance(value, dict):
            raise malformed(layout.path(name), value, "an object")


def _is_free(path: str, free: frozenset[str]) -> bool:
    first = path.partition(".")[0].partition("[")[0]
    return path in free or f"{first}.*" in free


def _agreeing_with_total(counts: Counts) -> Counts:
    """Return the counts with reasoning included in the output; raise if they contradict the response's total.

    Gateways differ in whether their output includes reasoning, so the total decides.
    """
    total, layout = counts.total, counts.layout
    input_, output, reasoning = counts.of(INPUT), counts.of(OUTPUT), counts.of(REASONING)
    cached = counts.of(READ) + counts.of(WRITE) if layout.total_may_omit_cached else 0
    if total is None or total in (input_ + output, input_ - cached + output):
        return counts
    other_reading = output - reasoning if REASONING in layout.output_excludes else output + reasoning
    if total == input_ + other_reading:
        return counts.with_output(other_reading)
    unnamed = total - input_ - output
    if layout.total_alone_has_reasoning and unnamed > 0 and not reasoning:
        return counts.with_output(output + unnamed, unnamed)
    raise counts.contradiction(OUTPUT, f"{counts.reported(INPUT, OUTPUT)}, but {layout.total} is {total}")


def pools_of(counts: Counts) -> TokenPools:
    """Return the token pools; raise ExtractionError if one is larger than the pool that includes it."""
    input_, output, reasoning = counts.of(INPUT), counts.of(OUTPUT), counts.of(REASONING)
    read, write, write_1h = counts.of(READ), *_cache_writes(counts)
    for cached in (READ, WRITE):
        if counts.of(cached) > input_:
            raise counts.contradiction(cached, f"{counts.reported(cached)}, but {counts.reported(INPUT)}")
    if reasoning > output:
        raise counts.contradiction(REASONING, f"{counts.reported(REASONING)}, but {counts.reported(OUTPUT)}")
    if max(input_, output) > MAX_TOKENS:
        raise counts.contradiction(INPUT, f"{counts.reported(INPUT, OUTPUT)}, which is more than 2^53")
    return TokenPools(input_, output, input_ + output, read, write, write_1h, reasoning)


def _cache_writes(counts: Counts) -> tuple[int, int]:
    short, long = counts.values.get(WRITE_5M), counts.values.get(WRITE_1H)
    if WRITE not in counts.values:
        return int((short or 0) + (long or 0)), int(long or 0)
    whole = counts.of(WRITE)
    if long is None:
        long = 0 if short is None else whole - short
    if short is None:
        short = whole - long
    if short < 0 or long < 0 or short + long != whole:
        parts = counts.reported(WRITE_5M, WRITE_1H)
        raise counts.contradiction(WRITE, f"{counts.reported(WRITE)}, but {parts}")
    return whole, int(long)
