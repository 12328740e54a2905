"""The effect of changed prices on the margins of tenants, estimated from what they have used in a month."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from shared.domain.billing.margins import TenantMargin
from shared.domain.billing.plan_mapping import NANOUSD_PER_CENT
from shared.domain.ledger.counters import OTHER, Series, Totals
from shared.domain.ledger.periods import start_of
from shared.domain.prices.book_prices import Prices
from shared.domain.prices.catalog import MAX_CACHED_NAMES, ResolvedProvider, resolve_provider
from shared.domain.prices.estimates import ESTIMATED_KINDS, UsageSum, estimate_nanousd
from shared.domain.prices.money import divide_half_even, usd_text
from shared.domain.prices.price_book import PriceBook, PriceEntry
from shared.domain.prices.priced_models import PricedModel
from shared.domain.prices.pricing import canonical_names, is_local
from shared.domain.prices.token_pools import TokenPools

_SHOWN_NAMES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceEffect:
    """The effect of a change of prices on the tenants that use the models concerned."""

    tenants: int
    """How many of them there are."""
    cost_before_nanousd: int
    cost_after_nanousd: int
    negative_before: int
    """How many of them have a negative margin."""
    negative_after: int
    sentences: tuple[str, ...]
    """All of this for people, and what the estimate leaves out."""
    is_cut: bool
    """True if not all tenants were looked at."""


class _Models(NamedTuple):
    """A model at its prices before and after; None without a price."""

    provider: ResolvedProvider
    before: PricedModel | None
    after: PricedModel | None


class PriceEffects:
    """Adds up the effect of a change of prices, tenant by tenant."""

    def __init__(self, before: PriceBook, after: PriceBook, now: datetime) -> None:
        self._before, self._after = before, after
        old, new = set(before.entries), set(after.entries)
        self.changed = tuple(old ^ new)
        self._now = now
        self._at = max([now, *(start_of(each.starts) for each in self.changed)])
        self._providers = {each.key.provider for each in self.changed}
        self._own = {each.key.tenant for each in (*before.entries, *after.entries)}
        self._models_of = lru_cache(maxsize=MAX_CACHED_NAMES)(self._find_models)
        self._tenants = self._cut_tenants = 0
        self._cost_before = self._cost_after = 0
        self._negative_before = self._negative_after = 0
        self._unpriced_before: dict[Series, None] = {}
        self._unpriced_after: dict[Series, None] = {}

    def add(self, tenant: TenantMargin) -> None:
        """Add a tenant, which counts if it has used a model whose price changes."""
        own = tenant.tenant_id if tenant.tenant_id in self._own else ""
        used = [
            (series, models, _usage(totals))
            for series, totals in tenant.series.items()
            if series != OTHER and (models := self._models_of(own, series)) is not None
        ]
        if not used:
            return
        before = sum(self._cost(series, models, usage, is_after=False) for series, models, usage in used)
        after = sum(self._cost(series, models, usage, is_after=True) for series, models, usage in used)
        margin = tenant.margin.margin_nanousd
        self._tenants += 1
        self._cut_tenants += OTHER in tenant.series
        self._cost_before += before
        self._cost_after += after
        self._negative_before += margin < 0
        self._negative_after += margin - (after - before) < 0

    def effect(self, most_tenants: int | None = None) -> PriceEffect:
        """Return the effect on all tenants that were added: all there are, or the first of them."""
        return PriceEffect(
            tenants=self._tenants,
            cost_before_nanousd=self._cost_before,
            cost_after_nanousd=self._cost_after,
            negative_before=self._negative_before,
            negative_after=self._negative_after,
            sentences=(*self._figures(), *self._left_out(most_tenants)),
            is_cut=most_tenants is not None,
        )

    def _find_models(self, tenant_id: str, series: Series) -> _Models | None:
        """Return the model of a series if its price changes for the tenant."""
        provider, at = resolve_provider(series.provider), self._at
        sold_by, names = provider.id or provider.name, (series.model.strip().lower(),)
        if sold_by not in self._providers:
            return None
        before, after = self._before, self._after
        if before.find(tenant_id, sold_by, names, at) == after.find(tenant_id, sold_by, names, at):
            return None
        models = (Prices(tenant_id, book).model_at(provider, series.model, at) for book in (before, after))
        return _Models(provider, *models)

    def _cost(self, series: Series, models: _Models, usage: UsageSum, *, is_after: bool) -> int:
        priced = models.after if is_after else models.before
        if priced is None and is_local(models.provider, series.model):
            return 0
        nanousd = None if priced is None else estimate_nanousd(priced, self._at, usage)
        if nanousd is None:
            (self._unpriced_after if is_after else self._unpriced_before)[series] = None
        return nanousd or 0

    def _figures(self) -> Iterator[str]:
        if not self._tenants:
            yield "No tenant has used these models this month."
            return
        before, after = (_dollars(each) for each in (self._cost_before, self._cost_after))
        tenants = _tenants(self._tenants)
        yield f"{tenants} used these models this month: {after} at the new prices, {before} at the present ones."
        would, now = _tenants(self._negative_after), _have(self._negative_before)
        yield f"{would} would have a negative margin this month, {now} one now."
        if self._at > self._now:
            yield f"These are the prices of {self._at.date()}, when the last of the changes holds."

    def _left_out(self, most_tenants: int | None) -> Iterator[str]:
        if self._unpriced_before:
            yield f"{_names(self._unpriced_before)}: without a price now, so the cost before counts as $0.00."
        if self._unpriced_after:
            yield f"{_names(self._unpriced_after)}: without a price afterwards, so the cost after counts as $0.00."
        kinds = sorted({kind for each in self.changed for kind in _kinds(each)} - ESTIMATED_KINDS)
        if kinds:
            yield f"Left out, because sums do not tell them apart: {', '.join(kinds)}."
        aliases = dict(sorted(filter(None, map(_alias, self.changed))))
        for name, model in list(aliases.items())[:_SHOWN_NAMES]:
            yield f"Left out: calls to {name} are counted under {model}."
        if self._cut_tenants:
            yield f"{_tenants(self._cut_tenants)} used more models than are kept by name; the smallest are left out."
        if most_tenants is not None:
            yield f"Only the first {most_tenants:,} tenants were looked at."


def _usage(totals: Totals) -> UsageSum:
    input_, output = totals.get("input_tokens", 0), totals.get("output_tokens", 0)
    pools = TokenPools(
        input=input_,
        output=output,
        total=input_ + output,
        cache_read=totals.get("cache_read_tokens", 0),
        cache_write=totals.get("cache_write_tokens", 0),
        reasoning=totals.get("reasoning_tokens", 0),
    )
    return UsageSum(pools, totals.get("calls", 0))


def _kinds(entry: PriceEntry) -> set[str]:
    return {*entry.per_million, *entry.per_unit}


def _alias(entry: PriceEntry) -> tuple[str, str] | None:
    """Return a name of a model that is counted under another one, and that."""
    name = entry.key.model
    found = canonical_names(resolve_provider(entry.key.provider), name) if name else None
    return None if not name or found is None or found[1].lower() == name else (name, found[1])


def _dollars(nanousd: int) -> str:
    return usd_text(divide_half_even(nanousd, NANOUSD_PER_CENT) * NANOUSD_PER_CENT)


def _tenants(count: int) -> str:
    return f"{count:,} tenants" if count > 1 else f"{count or 'No'} tenant"


def _have(count: int) -> str:
    return f"{count:,} have" if count > 1 else f"{count or 'none'} has"


def _names(series: dict[Series, None]) -> str:
    names = [f"{each.provider}/{each.model}" for each in sorted(series)]
    more = len(names) - _SHOWN_NAMES
    return ", ".join(names[:_SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")
