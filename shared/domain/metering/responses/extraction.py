"""Extracts the usage of a provider's response. A count or word that no rule reads is named, never dropped."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from shared.domain.metering.responses.bills import take_bill
from shared.domain.metering.responses.counts import Count, Counts, pools_of, read_counts
from shared.domain.metering.responses.envelopes import refuse_unfinished, unwrap
from shared.domain.metering.responses.errors import malformed, no_usage
from shared.domain.metering.responses.formats import FORMATS, format_of
from shared.domain.metering.responses.layouts import (
    INPUT,
    OUTPUT,
    READ,
    REASONING,
    WRITE,
    WRITE_1H,
    WRITE_5M,
    Body,
    Format,
    Layout,
)
from shared.domain.metering.responses.paid_calls import PaidCalls, paid_calls
from shared.domain.metering.responses.words import read_words, selects_a_price
from shared.domain.prices.catalog import ResolvedProvider
from shared.domain.prices.token_pools import NO_TOKENS, CallUsage, TokenPools

MAX_MODEL_CHARS: Final = 250
_POOLS: Final = frozenset({INPUT, OUTPUT, REASONING, READ, WRITE, WRITE_5M, WRITE_1H})
_AS_INPUT: Final = frozenset({"input_tool_tokens"})
"""Prompts of tools have no price of their own in any catalog: they cost the same as other input."""
_MAX_UNREAD: Final = 20
_MAX_PATH_CHARS: Final = 200


class Extracted(NamedTuple):
    """The usage that a response states."""

    format: str
    calls: tuple[CallUsage, ...]
    """The call itself, or the calls that the provider made inside it: each has a price of its own."""
    places: Mapping[str, str] = MappingProxyType({})
    """The path of each unit, and of each word that selects a price."""
    unread: tuple[str, ...] = ()
    """The paths of what is not zero and no rule reads."""
    bill_nanousd: int | None = None
    """The provider's own bill, if the response states it."""
    served_model: str | None = None

    @property
    def pools(self) -> TokenPools:
        """The tokens of all calls."""
        if len(self.calls) == 1:
            return self.calls[0].pools
        return TokenPools(*(sum(counts) for counts in zip(*(call.pools for call in self.calls), strict=True)))


def extract(
    response: Body,
    response_format: str | None,
    provider: ResolvedProvider,
    *,
    may_be_unfinished: bool = False,
) -> Extracted:
    """Return the usage in a response of `provider`, normalised from that provider's conventions.

    Without a `response_format`, the format is detected; a response that fits several is refused. Raises
    ExtractionError.
    """
    body, is_batch = unwrap(response)
    if not may_be_unfinished:
        refuse_unfinished(body)
    known = _format(body, response_format, provider)
    layout = known.layout_of(body, provider)
    counts = read_counts(_usage_object(body, layout), layout)
    words = read_words(body, layout, counts.left)
    if is_batch or (response_format and FORMATS[response_format].is_batch):
        words.context["processing"] = "batch"
    bill = take_bill(counts.left, provider)
    paid = paid_calls(body, known.name)
    iterations = _iterations(body, layout)
    usage = CallUsage(pools_of(counts), _other_units(counts, paid), words.context)
    unread = [*_unread(counts, paid), *(path for _, each in iterations for path in _costly(each))]
    return Extracted(
        known.name,
        _calls(usage, iterations),
        {**paid.places, **counts.places, **words.places},
        tuple(path[:_MAX_PATH_CHARS] for path in unread[:_MAX_UNREAD]),
        bill,
        _name(body.get("model")) or _name(body.get("modelVersion")),
    )


def _format(body: Body, named: str | None, provider: ResolvedProvider) -> Format:
    """Return the format. The lines of a batch have the format of the response inside them."""
    if named is None or FORMATS[named].is_batch:
        return format_of(body, provider)
    return FORMATS[named]


def _usage_object(body: Body, layout: Layout) -> Body:
    if not layout.root:
        # The body is its own usage object: its texts and lists are the answer, not counts.
        return {name: value for name, value in body.items() if not isinstance(value, (dict, list, str))}
    value = body.get(layout.root)
    if value is None:
        raise no_usage(layout.root)
    if not isinstance(value, dict):
        raise malformed(layout.root, value, "an object")
    return value


def _other_units(counts: Counts, paid: PaidCalls) -> Mapping[str, Count]:
    """Return the counts outside the pools. What the usage states is not counted again in the rest of the body."""
    units = dict(counts.values)
    for unit, number in paid.units.items():
        units[unit] = units.get(unit) or number
    return {unit: count for unit, count in units.items() if count and unit not in _POOLS | _AS_INPUT}


def _iterations(body: Body, layout: Layout) -> list[tuple[str | None, Counts]]:
    """Return the model and counts of each call that Anthropic made for this one. Its usage states only the last."""
    stated = _usage_object(body, layout).get("iterations")
    if "iterations.*" not in layout.free or not isinstance(stated, list):
        return []
    wrong = next((each for each in stated if not isinstance(each, dict)), None)
    if wrong is not None:
        raise malformed("usage.iterations", wrong, "an object")
    return [(_name(each.get("model")), read_counts(each, layout)) for each in stated]


def _calls(usage: CallUsage, iterations: list[tuple[str | None, Counts]]) -> tuple[CallUsage, ...]:
    if not iterations:
        return (usage,)
    calls = [CallUsage(pools_of(counts), {}, usage.price_context, model) for model, counts in iterations]
    # Searches and the like are stated for all calls together, and priced at the event's own model.
    return (*calls, usage._replace(pools=NO_TOKENS)) if usage.other_units else tuple(calls)


def _unread(counts: Counts, paid: PaidCalls) -> Iterator[str]:
    is_search_counted = bool(counts.values.get("web_searches"))
    for place in paid.unread:
        if not (is_search_counted and place.endswith("annotations")):
            yield place
    if counts.of(READ) + counts.of(WRITE) > counts.of(INPUT):
        # The two overlap, which each provider bills in its own way.
        yield counts.place_of(WRITE)
    yield from _costly(counts)


def _costly(counts: Counts) -> Iterator[str]:
    """Yield the paths of what is left and could cost something: numbers that are not zero, and some words."""
    for path, value in counts.left.items():
        if (path == "is_byok" and value is True) or _is_nonzero(value) or selects_a_price(path, value):
            yield counts.layout.path(path)


def _is_nonzero(value: object) -> bool:
    if isinstance(value, str):
        try:
            return float(value) != 0
        except ValueError:
            return False
    return type(value) in (int, float) and value != 0


def _name(value: object) -> str | None:
    """Return the name of a model, or None if the value is none."""
    is_name = isinstance(value, str) and value.isprintable() and 0 < len(value.strip()) <= MAX_MODEL_CHARS
    return str(value).strip() if is_name else None
