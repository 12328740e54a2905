"""The interfaces that use cases need. The docstrings of each Protocol are the contract of its adapters."""

from shared.ports.billing import (
    BillingChange,
    BillingStore,
    CheckoutOrder,
    ProcessedEvent,
    SignatureCheck,
    StaleAccount,
    StoredAccount,
    StripeGateway,
)
from shared.ports.ledger import DueCounter, Outcome, Snapshot, StaleRollup, TickPublisher, UsageStore
from shared.ports.notices import Mail
from shared.ports.pages import Page
from shared.ports.people import Directory, IdentityVerifier, Members, StaleMembers
from shared.ports.prices import BrokenCatalog, CatalogSource, PriceBooks, StalePrices

__all__ = [
    "BillingChange",
    "BillingStore",
    "BrokenCatalog",
    "CatalogSource",
    "CheckoutOrder",
    "Directory",
    "DueCounter",
    "IdentityVerifier",
    "Mail",
    "Members",
    "Outcome",
    "Page",
    "PriceBooks",
    "ProcessedEvent",
    "SignatureCheck",
    "Snapshot",
    "StaleAccount",
    "StaleMembers",
    "StalePrices",
    "StaleRollup",
    "StoredAccount",
    "StripeGateway",
    "TickPublisher",
    "UsageStore",
]
