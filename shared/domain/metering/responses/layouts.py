"""The records that describe a response format: how it is recognised, and where its counts and words stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from shared.domain.prices.catalog import ResolvedProvider

Body = Mapping[str, object]
"""A response as parsed from JSON, whose objects are dicts."""

INPUT: Final = "input_tokens"
OUTPUT: Final = "output_tokens"
REASONING: Final = "output_reasoning_tokens"
CITATION: Final = "output_citation_tokens"
READ: Final = "cache_read_tokens"
WRITE: Final = "cache_write_tokens"
WRITE_5M: Final = "cache_write_5m_tokens"
WRITE_1H: Final = "cache_write_1h_tokens"


class Sign(NamedTuple):
    """A field that identifies a body, and the value it must have; None allows any value, even null."""

    path: tuple[str, ...]
    value: str | None = None

    def is_in(self, body: Body) -> bool:
        """Return whether `body` has this sign."""
        fields, name = owner(body, self.path), self.path[-1]
        return name in fields and (self.value is None or fields[name] == self.value)


def signs(*texts: str) -> tuple[Sign, ...]:
    """Parse signs: `usage.input_tokens` is a field with any value, `type=message` a field with that value."""
    parts = [text.partition("=") for text in texts]
    return tuple(Sign(tuple(path.split(".")), value or None) for path, _, value in parts)


class Row(NamedTuple):
    """A unit of the catalog, and the paths below the layout's root that state its count.

    The first path that is present is the count. The others repeat it in some bodies; one that says something else
    is not read.
    """

    unit: str
    paths: tuple[str, ...]


def row(unit: str, *paths: str) -> Row:
    """Return the row of a unit."""
    return Row(unit, paths)


Selector = Literal["service_tier", "processing", "speed", "region", "latency", "search_context"]
"""A property of a call that can have a price of its own."""


class Word(NamedTuple):
    """A field that selects the price of a call: its path in the body, and the words that mean the base price."""

    path: str
    selects: Selector
    base: frozenset[str]


def word(path: str, selects: Selector, *base: str) -> Word:
    """Return a field that selects a price; `base` is in lower case."""
    return Word(path, selects, frozenset(base))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The places of a format's counts: in all bodies, or only in those of `provider` or with `sign`."""

    root: str = "usage"
    """The field of the body that contains the counts; empty for the body itself."""
    rows: tuple[Row, ...]
    required: tuple[str, ...] = ()
    """The units that every such body states."""
    provider: str | None = None
    """The provider's id in the catalog."""
    sign: Sign | None = None
    free: frozenset[str] = frozenset()
    """The paths of values that cost nothing or are part of a count; `name.*` stands for everything below a name."""
    words: tuple[Word, ...] = ()
    total: str | None = None
    """The path of the sum of input and output."""
    input_excludes: tuple[str, ...] = ()
    """Units that the stated input leaves out, although they are part of the input."""
    output_excludes: tuple[str, ...] = ()
    total_may_omit_cached: bool = False
    """The total includes the cached tokens for some models and excludes them for others."""
    total_alone_has_reasoning: bool = False
    """Only the total includes reasoning tokens."""
    allows_doubles: bool = False
    """A count may be written as 5.0."""

    def is_of(self, body: Body, provider: ResolvedProvider) -> bool:
        """Return whether this layout applies to `body`, a response of `provider`."""
        return self.provider in (None, provider.id) and (self.sign is None or self.sign.is_in(body))

    def path(self, below: str) -> str:
        """Return the path in the body of a path below the root."""
        return f"{self.root}.{below}" if self.root else below


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A row of the table of response formats."""

    name: str
    found_by: tuple[Sign, ...] = ()
    """A body with one of these signs may have this format. Without any, it has to be named."""
    marks: tuple[Sign, ...] = ()
    """Distinguish this format from others with the same `found_by`; a format without marks has none of theirs."""
    sent_by: str | None = None
    """The provider whose bodies without any mark have this format. Gateways and clouds send several formats."""
    only_from: str | None = None
    """The provider that alone sends such a body: from any other, a total does not say what its sides are."""
    layouts: tuple[Layout, ...]
    """The first that applies to a body is used; the last applies to every body."""
    is_batch: bool = False
    """The provider bills such a body at its price for batches."""

    def layout_of(self, body: Body, provider: ResolvedProvider) -> Layout:
        """Return the layout of `body`, a response of `provider`."""
        return next(each for each in self.layouts if each.is_of(body, provider))


def owner(body: Body, path: Sequence[str]) -> Body:
    """Return the object in `body` that contains the last step of `path`; an empty one if there is none."""
    found = body
    for step in path[:-1]:
        value = found.get(step)
        if not isinstance(value, dict):
            return {}
        found = value
    return found
