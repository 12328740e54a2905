"""The platform's own prices: what this platform and its tenants really pay, in front of the catalog's list prices."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Final, NamedTuple

from shared.domain.prices.providers import ID_OF_ALIAS

MAX_ENTRIES: Final = 5_000


class PriceKey(NamedTuple):
    """The models that an entry prices: one or all that begin alike, of a provider, for a tenant or for all."""

    tenant: str | None
    provider: str
    model: str | None
    model_prefix: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceEntry:
    """One price of the book, from a day on. It states rates, or how it differs from a price of the catalog."""

    key: PriceKey
    starts: date
    per_million: Mapping[str, Decimal] = field(default_factory=dict)
    """USD per million tokens, by kind: `input`, `output`, `cache_read`, …"""
    per_unit: Mapping[str, Decimal] = field(default_factory=dict)
    """USD for each unit that is not a token: `web_searches`, `images`, …"""
    percent: Decimal | None = None
    """The difference from the catalog's price: -15 is 15 % less."""
    same_as: str | None = None
    """The model of the catalog whose price holds, as `provider/model`."""

    def __hash__(self) -> int:
        return hash((self.key, self.starts))

    def is_in_force(self, at: datetime) -> bool:
        """Return whether the price holds at `at`, unless a later one does."""
        return datetime.combine(self.starts, time(), UTC) <= at


# Compared by identity, which makes it a cheap key of caches: a version is read once a minute.
@dataclass(frozen=True, eq=False)
class PriceBook:
    """A version of the platform's prices. The newest that is in force holds; a tenant's own comes first."""

    version: int = 0
    entries: tuple[PriceEntry, ...] = ()

    def find(self, tenant_id: str, provider: str, models: Sequence[str], at: datetime) -> PriceEntry | None:
        """Return the entry that prices one of `models`, which are names of one model."""
        for tenant in (tenant_id, None):
            for candidates in self._candidates(tenant, provider, models):
                entry = next((each for each in candidates if each.is_in_force(at)), None)
                if entry is not None:
                    return entry
        return None

    def _candidates(
        self, tenant: str | None, provider: str, models: Sequence[str]
    ) -> Iterator[Sequence[PriceEntry]]:
        """Yield the entries of each key that fits, newest first: a model's own before the longest prefix."""
        for model in models:
            yield self._by_key.get(PriceKey(tenant, provider, model, None), ())
        for prefix in self._prefixes.get((tenant, provider), ()):
            if any(model.startswith(prefix) for model in models):
                yield self._by_key[PriceKey(tenant, provider, None, prefix)]

    @cached_property
    def _by_key(self) -> Mapping[PriceKey, Sequence[PriceEntry]]:
        by_key: dict[PriceKey, list[PriceEntry]] = {}
        for entry in sorted(self.entries, key=lambda each: each.starts, reverse=True):
            by_key.setdefault(entry.key, []).append(entry)
        return by_key

    @cached_property
    def _prefixes(self) -> Mapping[tuple[str | None, str], Sequence[str]]:
        prefixes: dict[tuple[str | None, str], set[str]] = {}
        for tenant, provider, _, prefix in self._by_key:
            if prefix is not None:
                prefixes.setdefault((tenant, provider), set()).add(prefix)
        return {key: sorted(found, key=len, reverse=True) for key, found in prefixes.items()}


EMPTY_BOOK: Final = PriceBook()


def book_provider(name: str) -> str:
    """Return the name under which the book lists a provider: the catalog's id for an alias."""
    sent = name.strip().lower()
    return ID_OF_ALIAS.get(sent, sent)
