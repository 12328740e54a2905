"""The stores of a deployment: in Firestore, or in this process's memory."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from shared.adapters.memory import MemoryStore
from shared.config import Config
from shared.ports import (
    BillingStore,
    Directory,
    Endpoints,
    Members,
    Operators,
    Outbox,
    PlanCatalogs,
    PriceBooks,
    Reconciliations,
    TenantIndex,
    UsageStore,
)

if TYPE_CHECKING:
    from shared.adapters.firestore import FirestoreRpc


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """A store for each port."""

    usage: UsageStore
    directory: Directory
    tenant_index: TenantIndex
    members: Members
    operators: Operators
    billing: BillingStore
    plan_catalogs: PlanCatalogs
    price_books: PriceBooks
    outbox: Outbox
    endpoints: Endpoints
    reconciliations: Reconciliations

    @classmethod
    def in_memory(cls, memory: MemoryStore) -> Self:
        """Return the stores of a process, which are one."""
        return cls(**dict.fromkeys(cls.__dataclass_fields__, memory))

    @classmethod
    def in_firestore(cls, rpc: "FirestoreRpc", config: Config) -> Self:
        """Return the stores of a database."""
        from shared.adapters import firestore

        return cls(
            usage=firestore.FirestoreUsageStore(rpc, config.retention),
            directory=firestore.FirestoreDirectory(rpc),
            tenant_index=firestore.FirestoreTenantIndex(rpc),
            members=firestore.FirestoreMembers(rpc),
            operators=firestore.FirestoreOperators(rpc),
            billing=firestore.FirestoreBillingStore(rpc),
            plan_catalogs=firestore.FirestorePlanCatalogs(rpc),
            price_books=firestore.FirestorePriceBooks(rpc),
            outbox=firestore.FirestoreOutbox(rpc),
            endpoints=firestore.FirestoreEndpoints(rpc),
            reconciliations=firestore.FirestoreReconciliations(rpc),
        )
