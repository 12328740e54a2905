"""The records that describe a response format: the signs that identify it, and the layouts of its counts."""

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
    """A field that identifies a body, and the value it must have; None allows any value, even null."""

    path: tuple[str, ...]
    value: str | None = None

    def is_in(self, body: Body) -> bool:
        """Return whether `body` has this sign."""
        fields, name = owner(body, self.path), self.path[-1]
        return name in fields and (self.value is None or fields[name] == self.value)


class CountRow(NamedTuple):
    """A count: its path below the layout's root, and the catalog's unit it is added to.

    A count with two rows is added to both units: cached tokens are also added to the input where the
    provider's own input count excludes them.
    """

    path: Path
    unit: str
    required: bool = False


class Counts(NamedTuple):
    """The path of the object in a body that contains the counts, and each count in it."""

    root: tuple[str, ...]
    rows: tuple[CountRow, ...]


class Extractor(NamedTuple):
    """The name of an extractor in the catalog, which lists the counts of a layout."""

    provider: str
    flavour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The paths of a format's counts: in all bodies, or only in those of `provider` or with `sign`."""

    source: Counts | Extractor
    provider: str | None = None
    """The provider's id in the catalog."""
    sign: Sign | None = None
    total: str | None = None
    """The field below the root that is the sum of input and output."""
    total_may_omit_cached: bool = False
    """The total includes the cached tokens for some models and excludes them for others."""
    total_alone_has_reasoning: bool = False
    """Only the total includes reasoning tokens."""
    allows_doubles: bool = False
    """A count may be written as 5.0."""

    @property
    def counts(self) -> Counts:
        """The layout's own counts, or those of its extractor."""
        return self.source if isinstance(self.source, Counts) else _extracted(self.source)

    def is_of(self, body: Body, provider: ResolvedProvider) -> bool:
        """Return whether this layout applies to `body`, a response of `provider`."""
        return self.provider in (None, provider.id) and (self.sign is None or self.sign.is_in(body))


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A row of the table of response formats."""

    name: str
    found_by: tuple[Sign, ...]
    """A body with one of these signs may have this format."""
    marks: tuple[Sign, ...] = ()
    """Distinguish this format from others with the same `found_by`; a format without marks has none of theirs."""
    sent_by: str | None = None
    """The provider whose bodies without any mark have this format. Gateways and clouds send several formats."""
    service_tier: tuple[str, ...] = ()
    """The field with the service tier of a body; a tier may have its own prices."""
    layouts: tuple[Layout, ...]
    """The first that applies to a body is used; the last applies to every body."""


def owner(body: Body, path: Sequence[str]) -> Body:
    """Return the object in `body` that contains the last step of `path`; an empty one if there is none."""
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
