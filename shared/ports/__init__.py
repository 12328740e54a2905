"""What the use cases need from outside: each Protocol's docstrings are the contract its adapters keep."""

from shared.ports.billing import (
    AccountRead,
    BillingChange,
    BillingStore,
    CheckoutOrder,
    SignatureCheck,
    StaleAccount,
    StripeGateway,
    StripeReceipt,
)
from shared.ports.ledger import DueCounter, Outcome, Snapshot, StaleRollup, TickPublisher, UsageStore
from shared.ports.notices import Mail
from shared.ports.pages import Page
from shared.ports.people import Directory, IdentityVerifier, Members, StaleMembers

__all__ = [
    "AccountRead",
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
    "SignatureCheck",
    "Snapshot",
    "StaleAccount",
    "StaleMembers",
    "StaleRollup",
    "StripeGateway",
    "StripeReceipt",
    "TickPublisher",
    "UsageStore",
]
