"""The bill of the provider itself, where a response states it: it is right whatever the catalog says."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from shared.domain.metering.responses.errors import malformed
from shared.domain.metering.responses.flat_usage import FlatUsage
from shared.domain.prices.catalog import ResolvedProvider
from shared.domain.prices.money import nanousd_from_decimal

MAX_BILL_USD: Final = 1_000_000
_TICKS_PER_USD: Final = 10**10
"""xAI counts its `cost_in_usd_ticks` in these."""


def take_bill(flat: FlatUsage, provider: ResolvedProvider) -> int | None:
    """Return the bill in nano-USD and take it out of `flat`; None if the response states none that can be read."""
    if "cost_in_usd_ticks" in flat:
        ticks = _amount(flat, "cost_in_usd_ticks", MAX_BILL_USD * _TICKS_PER_USD)
        del flat["cost_in_usd_ticks"]
        return nanousd_from_decimal(ticks / _TICKS_PER_USD)
    if "cost.total_cost" in flat and str(flat.get("cost.currency", "USD")).upper() == "USD":
        bill = _amount(flat, "cost.total_cost")
        _drop(flat, "cost.")
        return nanousd_from_decimal(bill)
    if "cost" in flat and _is_openrouters(flat, provider):
        return _openrouter_bill(flat)
    return None


def _is_openrouters(flat: Mapping[str, object], provider: ResolvedProvider) -> bool:
    return provider.id == "openrouter" or any(path.startswith("cost_details") for path in flat)


def _openrouter_bill(flat: FlatUsage) -> int | None:
    bill = _amount(flat, "cost")
    if flat.get("is_byok") is True:
        # With the caller's own key, `cost` is OpenRouter's fee alone; the provider bills the caller besides.
        if "cost_details.upstream_inference_cost" not in flat:
            return None
        bill += _amount(flat, "cost_details.upstream_inference_cost")
    for path in ("cost", "is_byok"):
        flat.pop(path, None)
    _drop(flat, "cost_details.")
    return nanousd_from_decimal(bill)


def _drop(flat: FlatUsage, prefix: str) -> None:
    for path in [path for path in flat if path.startswith(prefix)]:
        del flat[path]


def _amount(flat: Mapping[str, object], path: str, most: int = MAX_BILL_USD) -> Decimal:
    value = flat[path]
    try:
        # A double's shortest text is what the provider wrote.
        amount = Decimal(str(value)) if type(value) in (int, float, str) else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= most:
        raise malformed(f"usage.{path}", value, f"an amount between 0 and {most}")
    return amount
