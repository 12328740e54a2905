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
from shared.ports.directory import Directory
from shared.ports.ledger import DueCounter, Outcome, Snapshot, StaleRollup, TickPublisher, UsageStore
from shared.ports.members import IdentityVerifier, Members, StaleMembers
from shared.ports.notices import Mail
from shared.ports.pages import Page

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
