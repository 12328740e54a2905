"""Firestore, by raw protobuf messages: the stock client's own encoding costs more than the network."""

from shared.adapters.firestore.billing.billing import FirestoreBillingStore
from shared.adapters.firestore.billing.margins import FirestoreMargins
from shared.adapters.firestore.ledger.reconciliation import FirestoreReconciliations
from shared.adapters.firestore.ledger.usage import FirestoreUsageStore
from shared.adapters.firestore.limits.admissions import FirestoreAdmissions
from shared.adapters.firestore.limits.plans import FirestorePlanCatalogs
from shared.adapters.firestore.metering.feed import FirestoreUsageFeed
from shared.adapters.firestore.notices.endpoints import FirestoreEndpoints
from shared.adapters.firestore.notices.mail_documents import FirestoreMailDocuments
from shared.adapters.firestore.notices.outbox import FirestoreOutbox
from shared.adapters.firestore.people.directory import FirestoreDirectory
from shared.adapters.firestore.people.members import FirestoreMembers
from shared.adapters.firestore.people.operators import FirestoreOperators
from shared.adapters.firestore.people.tenant_data import FirestoreTenantData
from shared.adapters.firestore.people.tenant_index import FirestoreTenantIndex
from shared.adapters.firestore.platform.status import FirestoreServiceStatus
from shared.adapters.firestore.prices.books import FirestorePriceBooks
from shared.adapters.firestore.rpc import FirestoreRpc

__all__ = [
    "FirestoreAdmissions",
    "FirestoreBillingStore",
    "FirestoreDirectory",
    "FirestoreEndpoints",
    "FirestoreMailDocuments",
    "FirestoreMargins",
    "FirestoreMembers",
    "FirestoreOperators",
    "FirestoreOutbox",
    "FirestorePlanCatalogs",
    "FirestorePriceBooks",
    "FirestoreReconciliations",
    "FirestoreRpc",
    "FirestoreServiceStatus",
    "FirestoreTenantData",
    "FirestoreTenantIndex",
    "FirestoreUsageFeed",
    "FirestoreUsageStore",
]
