"""Usage of an hour as a row of FOCUS 1.2, the FinOps Open Cost and Usage Specification (focus.finops.org)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from shared.domain.ledger.counters import METRICS, OTHER, Metric, Series, Totals
from shared.domain.ledger.sums import category_of, cost_status_of
from shared.domain.prices.money import usd_string

_ONE_HOUR: Final = timedelta(hours=1)
_LONGEST_MONTH: Final = timedelta(days=31)
_COST: Final[Metric] = "cost_nanousd"
_OTHER_NAME: Final = "other"

FocusValue = str | int | Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Usage of a tenant, of one hour and one series."""

    tenant_id: str
    tenant_name: str
    hour: datetime
    series: Series
    totals: Totals

    @property
    def provider(self) -> str:
        return _OTHER_NAME if self.series == OTHER else self.series.provider

    @property
    def model(self) -> str:
        return _OTHER_NAME if self.series == OTHER else self.series.model

    def count(self, metric: Metric) -> int:
        """Return the sum of a metric."""
        return self.totals.get(metric, 0)

    @property
    def is_charge(self) -> bool:
        """True if something was called or costs something: a mark or an error alone is no charge."""
        return any(self.count(metric) for metric in ("calls", "tool_calls", "total_tokens", _COST))

    @property
    def is_ai(self) -> bool:
        return category_of(self.totals) == "llm"


def _cost(charge: Charge) -> Decimal:
    return Decimal(usd_string(charge.count(_COST)))


def _consumed(charge: Charge) -> tuple[int, str]:
    """Return the quantity and its unit. What has neither tokens nor calls, as storage, was used for its hour."""
    if tokens := charge.count("total_tokens"):
        return tokens, "Tokens"
    if calls := charge.count("calls") + charge.count("tool_calls"):
        return calls, "Calls"
    return 1, "Hours"


def _quantity(charge: Charge) -> int:
    return _consumed(charge)[0]


def _unit(charge: Charge) -> str:
    return _consumed(charge)[1]


def _month(charge: Charge) -> datetime:
    return charge.hour.replace(day=1, hour=0)


def _next_month(charge: Charge) -> datetime:
    return (_month(charge) + _LONGEST_MONTH).replace(day=1)


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _description(charge: Charge) -> str:
    text = f"{charge.model} at {charge.provider}"
    missing = charge.count("unpriced_calls") + charge.count("incomplete_calls")
    if not missing:
        return text
    # The cost columns may not be null: the description has to say that a cost is not known.
    calls = "1 call" if missing == 1 else f"{missing} calls"
    return f"{text}; the price of {calls} is not completely known"


_FOCUS_COLUMNS: Final[Mapping[str, Callable[[Charge], FocusValue]]] = {
    "BilledCost": _cost,
    "BillingAccountId": lambda charge: charge.tenant_id,
    "BillingAccountName": lambda charge: charge.tenant_name,
    "BillingCurrency": lambda _: "USD",
    "BillingPeriodEnd": lambda charge: _instant(_next_month(charge)),
    "BillingPeriodStart": lambda charge: _instant(_month(charge)),
    "ChargeCategory": lambda _: "Usage",
    "ChargeClass": lambda _: None,
    "ChargeDescription": _description,
    "ChargeFrequency": lambda _: "Usage-Based",
    "ChargePeriodEnd": lambda charge: _instant(charge.hour + _ONE_HOUR),
    "ChargePeriodStart": lambda charge: _instant(charge.hour),
    "ConsumedQuantity": _quantity,
    "ConsumedUnit": _unit,
    "ContractedCost": _cost,
    "EffectiveCost": _cost,
    "InvoiceIssuerName": lambda charge: charge.provider,
    "ListCost": _cost,
    "PricingQuantity": _quantity,
    "PricingUnit": _unit,
    "ProviderName": lambda charge: charge.provider,
    "PublisherName": lambda charge: charge.provider,
    "ServiceCategory": lambda charge: "AI and Machine Learning" if charge.is_ai else "Other",
    "ServiceName": lambda charge: charge.provider,
    "ServiceSubcategory": lambda charge: "Generative AI" if charge.is_ai else "Other (Other)",
}


def _custom_name(metric: str) -> str:
    return "x_" + "".join(word.capitalize() for word in metric.split("_"))


def _counting(metric: Metric) -> Callable[[Charge], int]:
    return lambda charge: charge.count(metric)


_CUSTOM_COLUMNS: Final[Mapping[str, Callable[[Charge], FocusValue]]] = {
    "x_CostStatus": lambda charge: cost_status_of(charge.totals),
    "x_Model": lambda charge: charge.model,
    **{_custom_name(metric): _counting(metric) for metric in METRICS if metric != _COST},
}
"""Columns beyond the specification begin with x_ and come last."""

FOCUS_COLUMNS: Final = (*_FOCUS_COLUMNS, *_CUSTOM_COLUMNS)


def focus_row(charge: Charge) -> dict[str, FocusValue]:
    """Return the row of a charge."""
    return {name: of(charge) for name, of in (*_FOCUS_COLUMNS.items(), *_CUSTOM_COLUMNS.items())}
