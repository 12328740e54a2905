"""What the use cases need from outside: each Protocol's docstrings are the contract its adapters keep."""

from shared.ports.billing import (
    AccountRead,
    BillingChange,
    BillingStore,
    CheckoutOrder,
    StaleAccount,
    StripeGateway,
    StripeReceipt,
)
from shared.ports.directory import Directory
from shared.ports.mail import Mail
from shared.ports.members import IdentityVerifier, Members, StaleMembers
from shared.ports.pages import Page
from shared.ports.usage import (
    DueCounter,
    Outcome,
    Snapshot,
    StaleRollup,
    TickPublisher,
    UsageStore,
)

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
    "Snapshot",
    "StaleAccount",
    "StaleMembers",
    "StaleRollup",
    "StripeGateway",
    "StripeReceipt",
    "TickPublisher",
    "UsageStore",
]
