"""The interfaces that use cases need. The docstrings of each Protocol are the contract of its adapters.

A change that is refused as stale was overtaken by another caller's, never by itself after a lost response.
"""

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
from shared.ports.ledger import (
    DueCounter,
    EventsWanted,
    Outcome,
    PushVerifier,
    Reconciliations,
    Snapshot,
    StaleReconciliation,
    StaleRollup,
    TickPublisher,
    UsageStore,
)
from shared.ports.limits import AdmissionChange, Admissions, PlanCatalogs, RunChange, StaleHolds, StalePlans
from shared.ports.margins import Margins
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
from shared.ports.operations import Operations
from shared.ports.pages import Page
from shared.ports.people import (
    AlreadyAnswered,
    Directory,
    IdentityVerifier,
    Leaving,
    Members,
    Operators,
    Profile,
    StaleMembers,
    StaleTenant,
)
from shared.ports.platform import FailedAttempt, ServiceStatus, StoredStatus
from shared.ports.prices import BrokenCatalog, CatalogSource, PriceBooks, StalePrices
from shared.ports.tenant_data import ErasedEvents, TenantData
from shared.ports.tenant_index import StaleRow, StoredRow, TenantIndex

__all__ = [
    "AdmissionChange",
    "Admissions",
    "AlreadyAnswered",
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
    "ErasedEvents",
    "EventsWanted",
    "FailedAttempt",
    "IdentityVerifier",
    "Leaving",
    "MailAddress",
    "MailSender",
    "Margins",
    "Members",
    "Operations",
    "Operators",
    "Outbox",
    "Outcome",
    "Page",
    "PlanCatalogs",
    "PortalOrder",
    "PriceBooks",
    "ProcessedEvent",
    "Profile",
    "PushVerifier",
    "RaisedAlert",
    "Reconciliations",
    "RunChange",
    "ServiceStatus",
    "SignatureCheck",
    "SignedWebhook",
    "Snapshot",
    "StaleAccount",
    "StaleHolds",
    "StaleMembers",
    "StaleOutbox",
    "StalePlans",
    "StalePrices",
    "StaleReconciliation",
    "StaleRollup",
    "StaleRow",
    "StaleTenant",
    "StoredAccount",
    "StoredRow",
    "StoredStatus",
    "StripeGateway",
    "TenantData",
    "TenantIndex",
    "TickPublisher",
    "UsageStore",
    "WebhookSender",
]
