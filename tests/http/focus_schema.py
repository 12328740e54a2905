"""The columns of FOCUS 1.2 that an export has, with the constraints that the specification puts on them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

MANDATORY: Final = frozenset(
    {
        *("BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd"),
        *("BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd"),
        *("ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost"),
        *(
            "PricingQuantity",
            "PricingUnit",
            "ProviderName",
            "PublisherName",
            "ServiceCategory",
            "ServiceName",
        ),
    }
)
"""The columns that every dataset of FOCUS 1.2 must have."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([Ee]-?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Constraint:
    """The text that a value of a column may be."""

    fits: Callable[[str], object]
    allows_null: bool = False


def _is_decimal(text: str) -> bool:
    try:
        return bool(_NUMBER.fullmatch(text)) and Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _is_instant(text: str) -> bool:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).year > 2000
    except ValueError:
        return False


def _one_of(*values: str) -> Constraint:
    return Constraint(values.__contains__)


TEXT, DECIMAL, INSTANT = Constraint(str.strip), Constraint(_is_decimal), Constraint(_is_instant)
COLUMNS: Final[Mapping[str, Constraint]] = {
    "BilledCost": DECIMAL,
    "BillingAccountId": TEXT,
    "BillingAccountName": Constraint(str.strip, allows_null=True),
    "BillingCurrency": Constraint(re.compile("[A-Z]{3}").fullmatch),
    "BillingPeriodEnd": INSTANT,
    "BillingPeriodStart": INSTANT,
    "ChargeCategory": _one_of("Usage", "Purchase", "Tax", "Credit", "Adjustment"),
    "ChargeClass": Constraint({"Correction"}.__contains__, allows_null=True),
    "ChargeDescription": Constraint(str.strip, allows_null=True),
    "ChargeFrequency": _one_of("One-Time", "Recurring", "Usage-Based"),
    "ChargePeriodEnd": INSTANT,
    "ChargePeriodStart": INSTANT,
    "ConsumedQuantity": DECIMAL,
    "ConsumedUnit": TEXT,
    "ContractedCost": DECIMAL,
    "EffectiveCost": DECIMAL,
    "InvoiceIssuerName": TEXT,
    "ListCost": DECIMAL,
    "PricingQuantity": DECIMAL,
    "PricingUnit": TEXT,
    "ProviderName": TEXT,
    "PublisherName": TEXT,
    "ServiceCategory": _one_of(
        *("AI and Machine Learning", "Analytics", "Business Applications", "Compute", "Databases"),
        *("Developer Tools", "Multicloud", "Identity", "Integration", "Internet of Things"),
        *("Management and Governance", "Media", "Migration", "Mobile", "Networking", "Security", "Storage"),
        *("Web", "Other"),
    ),
    "ServiceName": TEXT,
    "ServiceSubcategory": _one_of("Generative AI", "Other (Other)"),
}


def problems_of(row: Mapping[str, str]) -> list[str]:
    """Return each thing that is wrong with a row of a CSV file; an empty text is null."""
    missing = [f"{name} is missing" for name in MANDATORY - row.keys()]
    unknown = [f"{name} is no column" for name in row if name not in COLUMNS and not name.startswith("x_")]
    wrong = [
        f"{name} is {row[name]!r}"
        for name, constraint in COLUMNS.items()
        if name in row and not (constraint.fits(row[name]) if row[name] else constraint.allows_null)
    ]
    return [*missing, *unknown, *wrong]
