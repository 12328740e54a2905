"""What the use cases need from outside: each Protocol's docstrings are the contract its adapters keep."""

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

__all__ = [
    "BillingChange",
    "BillingStore",
    "CheckoutOrder",
    "Directory",
    "DueCounter",
    "IdentityVerifier",
    "Mail",
    "Members",
    "Outcome",
    "Page",
    "ProcessedEvent",
    "SignatureCheck",
    "Snapshot",
    "StaleAccount",
    "StaleMembers",
    "StaleRollup",
    "StoredAccount",
    "StripeGateway",
    "TickPublisher",
    "UsageStore",
]
