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
from shared.ports.directory import Directory
from shared.ports.ledger import DueCounter, Outcome, Snapshot, StaleRollup, TickPublisher, UsageStore
from shared.ports.members import IdentityVerifier, Members, StaleMembers
from shared.ports.notices import Mail
from shared.ports.pages import Page

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
