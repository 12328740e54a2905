"""The whole store in this process's memory: for development without emulators, and for fast tests."""

from shared.adapters.memory.billing.billing import MemoryBillingStore
from shared.adapters.memory.billing.margins import MemoryMargins
from shared.adapters.memory.ledger.feed import MemoryUsageFeed
from shared.adapters.memory.ledger.listing import MemoryListing
from shared.adapters.memory.ledger.reconciliation import MemoryReconciliations
from shared.adapters.memory.limits.admissions import MemoryAdmissions
from shared.adapters.memory.limits.plans import MemoryPlanCatalogs
from shared.adapters.memory.metering.corrections import MemoryCorrections
from shared.adapters.memory.notices.outbox import MemoryOutbox
from shared.adapters.memory.people.directory import MemoryDirectory
from shared.adapters.memory.people.identities import MemoryIdentities
from shared.adapters.memory.people.members import MemoryMembers
from shared.adapters.memory.people.operators import MemoryOperators
from shared.adapters.memory.people.tenant_data import MemoryTenantData
from shared.adapters.memory.people.tenant_index import MemoryTenantIndex
from shared.adapters.memory.platform.status import MemoryServiceStatus
from shared.adapters.memory.prices.books import MemoryPriceBooks
from shared.adapters.memory.publisher import InlineTickPublisher

__all__ = ["InlineTickPublisher", "MemoryStore"]


class MemoryStore(
    MemoryCorrections,
    MemoryUsageFeed,
    MemoryListing,
    MemoryDirectory,
    MemoryBillingStore,
    MemoryMargins,
    MemoryMembers,
    MemoryTenantIndex,
    MemoryTenantData,
    MemoryOperators,
    MemoryIdentities,
    MemoryPriceBooks,
    MemoryPlanCatalogs,
    MemoryAdmissions,
    MemoryOutbox,
    MemoryReconciliations,
    MemoryServiceStatus,
):
    """All stores over the same dictionaries."""
