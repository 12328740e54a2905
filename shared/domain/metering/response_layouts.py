"""The records that describe a response format: signs by which to recognise it, and layouts of its counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from shared.domain.prices.catalog import ResolvedProvider, catalog_providers

if TYPE_CHECKING:
    from genai_prices.types import ArrayMatch

Body = Mapping[str, object]
"""A response as parsed from JSON, whose objects are dicts."""
Path = tuple["str | ArrayMatch", ...]


class Sign(NamedTuple):
    """A field that a body has, and the value it must have; None stands for any value, null included."""

    path: tuple[str, ...]
    value: str | None = None

    def is_in(self, body: Body) -> bool:
        """Return whether `body` has this field, with this value."""
        fields, name = owner(body, self.path), self.path[-1]
        return name in fields and (self.value is None or fields[name] == self.value)


class CountRow(NamedTuple):
    """A count: where it stands below the root of its layout, and the unit of the catalog it is added to.

    A count with two rows is added to both units: cached tokens that are added to the input as well are those
    that the provider's own figure of the input leaves out.
    """

    path: Path
    unit: str
    required: bool = False


class Counts(NamedTuple):
    """The object in a body that has the counts, and each count in it."""

    root: tuple[str, ...]
    rows: tuple[CountRow, ...]


class Extractor(NamedTuple):
    """The name of an extractor of the catalog, which lists the counts of a layout."""

    provider: str
    flavour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The places of a format's counts in all its bodies, in those of `provider`, or in those with `sign`."""

    source: Counts | Extractor
    provider: str | None = None
    """An id of the catalog."""
    sign: Sign | None = None
    total: str | None = None
    """The field below the root that has input and output together."""
    total_may_omit_cached: bool = False
    """The total has the input with its cached tokens for some models, and without them for others."""
    total_alone_has_reasoning: bool = False
    """The total includes reasoning tokens, and no other count does."""
    allows_doubles: bool = False
    """A count may be written as 5.0."""

    @property
    def counts(self) -> Counts:
        """The counts, from the catalog if that lists them."""
        return self.source if isinstance(self.source, Counts) else _extracted(self.source)

    def is_of(self, body: Body, provider: ResolvedProvider) -> bool:
        """Return whether `body`, sent by `provider`, has its counts in this way."""
        return self.provider in (None, provider.id) and (self.sign is None or self.sign.is_in(body))


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A row of the table of response formats."""

    name: str
    found_by: tuple[Sign, ...]
    """A body with one of these signs may be of this format."""
    marks: tuple[Sign, ...] = ()
    """Tell it from the formats that are found by the same signs. One without marks is told by their absence."""
    sent_by: str | None = None
    """The provider whose bodies without any mark are of this format; a gateway or a cloud sends several."""
    service_tier: tuple[str, ...] = ()
    """The field that names the service tier a body was served at, which may have prices of its own."""
    layouts: tuple[Layout, ...]
    """A body is read by the first that is its own; the last is that of all other bodies."""


def owner(body: Body, path: Sequence[str]) -> Body:
    """Return the object in `body` that the last step of `path` is a field of; an empty one if there is none."""
    found = body
    for step in path[:-1]:
        value = found.get(step)
        if not isinstance(value, dict):
            return {}
        found = value
    return found


@cache
def _extracted(extractor: Extractor) -> Counts:
    provider = next(each for each in catalog_providers() if each.id == extractor.provider)
    found = next(each for each in provider.extractors or [] if each.api_flavor == extractor.flavour)
    rows = tuple(CountRow(_steps(each.path), each.dest, each.required) for each in found.mappings)
    return Counts(tuple(step for step in _steps(found.root) if isinstance(step, str)), rows)


def _steps(path: "str | Sequence[str | ArrayMatch]") -> Path:
    return (path,) if isinstance(path, str) else tuple(path)
