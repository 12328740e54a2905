"""The interfaces that use cases need. The docstrings of each Protocol are the contract of its adapters."""

from shared.ports.billing import (
    BillingChange,
    BillingStore,
    CheckoutOrder,
    CheckoutPage,
    EndpointSync,
    PortalOrder,
    ProcessedEvent,
    RaisedAlert,
    SignatureCheck,
    StaleAccount,
    StoredAccount,
    StripeGateway,
)
from shared.ports.ledger import DueCounter, Outcome, Snapshot, StaleRollup, TickPublisher, UsageStore
from shared.ports.notices import (
    DeliveryFailed,
    Endpoints,
    MailAddress,
    MailSender,
    Outbox,
    SignedWebhook,
    StaleOutbox,
    WebhookSender,
)
from shared.ports.pages import Page
from shared.ports.people import Directory, IdentityVerifier, Leaving, Members, StaleMembers
from shared.ports.prices import BrokenCatalog, CatalogSource, PriceBooks, StalePrices

__all__ = [
    "BillingChange",
    "BillingStore",
    "BrokenCatalog",
    "CatalogSource",
    "CheckoutOrder",
    "CheckoutPage",
    "DeliveryFailed",
    "Directory",
    "DueCounter",
    "EndpointSync",
    "Endpoints",
    "IdentityVerifier",
    "Leaving",
    "MailAddress",
    "MailSender",
    "Members",
    "Outbox",
    "Outcome",
    "Page",
    "PortalOrder",
    "PriceBooks",
    "ProcessedEvent",
    "RaisedAlert",
    "SignatureCheck",
    "SignedWebhook",
    "Snapshot",
    "StaleAccount",
    "StaleMembers",
    "StaleOutbox",
    "StalePrices",
    "StaleRollup",
    "StoredAccount",
    "StripeGateway",
    "TickPublisher",
    "UsageStore",
    "WebhookSender",
]
