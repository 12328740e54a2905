"""The stores of a deployment: in Firestore, or in this process's memory."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Self

from shared.adapters.memory import MemoryStore
from shared.adapters.smtp import SmtpMailSender
from shared.config import Config
from shared.ports import (
    Admissions,
    BillingStore,
    Directory,
    Endpoints,
    MailSender,
    Margins,
    Members,
    Operations,
    Operators,
    Outbox,
    PlanCatalogs,
    PriceBooks,
    Reconciliations,
    ServiceStatus,
    TenantData,
    TenantIndex,
    UsageFeed,
    UsageStore,
    Warehouse,
)

if TYPE_CHECKING:
    from shared.adapters.firestore import FirestoreRpc


@lru_cache(maxsize=1)
def process_memory() -> MemoryStore:
    """Return the in-memory store that all functions of this process share."""
    return MemoryStore()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """A store for each port."""

    usage: UsageStore
    feed: UsageFeed
    admissions: Admissions
    directory: Directory
    tenant_index: TenantIndex
    members: Members
    operators: Operators
    billing: BillingStore
    margins: Margins
    plan_catalogs: PlanCatalogs
    price_books: PriceBooks
    outbox: Outbox
    endpoints: Endpoints
    reconciliations: Reconciliations
    tenant_data: TenantData
    service: ServiceStatus

    @classmethod
    def in_memory(cls) -> Self:
        """Return the stores of this process, which are one."""
        return cls(**dict.fromkeys(cls.__dataclass_fields__, process_memory()))

    @classmethod
    def in_firestore(cls, rpc: "FirestoreRpc", config: Config) -> Self:
        """Return the stores of a database."""
        from shared.adapters import firestore

        return cls(
            usage=firestore.FirestoreUsageStore(
                rpc, config.retention, feeds_warehouse=config.warehouse_topic is not None
            ),
            feed=firestore.FirestoreUsageFeed(rpc),
            admissions=firestore.FirestoreAdmissions(rpc),
            directory=firestore.FirestoreDirectory(rpc),
            tenant_index=firestore.FirestoreTenantIndex(rpc),
            members=firestore.FirestoreMembers(rpc),
            operators=firestore.FirestoreOperators(rpc),
            billing=firestore.FirestoreBillingStore(rpc),
            margins=firestore.FirestoreMargins(rpc),
            plan_catalogs=firestore.FirestorePlanCatalogs(rpc),
            price_books=firestore.FirestorePriceBooks(rpc),
            outbox=firestore.FirestoreOutbox(rpc),
            endpoints=firestore.FirestoreEndpoints(rpc),
            reconciliations=firestore.FirestoreReconciliations(rpc),
            tenant_data=firestore.FirestoreTenantData(rpc),
            service=firestore.FirestoreServiceStatus(rpc),
        )


class Storage:
    """The stores of a deployment, opened on first use. The emulator keeps them if the configuration names one."""

    def __init__(self, config: Config) -> None:
        self.config = config

    @cached_property
    def usage(self) -> UsageStore:
        return self._stores.usage

    @cached_property
    def admissions(self) -> Admissions:
        return self._stores.admissions

    @cached_property
    def directory(self) -> Directory:
        return self._stores.directory

    @cached_property
    def tenant_index(self) -> TenantIndex:
        return self._stores.tenant_index

    @cached_property
    def margins(self) -> Margins:
        return self._stores.margins

    @cached_property
    def price_books(self) -> PriceBooks:
        return self._stores.price_books

    @cached_property
    def outbox(self) -> Outbox:
        return self._stores.outbox

    @cached_property
    def endpoints(self) -> Endpoints:
        return self._stores.endpoints

    @cached_property
    def tenant_data(self) -> TenantData:
        return self._stores.tenant_data

    @cached_property
    def members(self) -> Members:
        return self._stores.members

    @cached_property
    def operators(self) -> Operators:
        return self._stores.operators

    @cached_property
    def service(self) -> ServiceStatus:
        return self._stores.service

    @cached_property
    def _mail_sender(self) -> MailSender | None:
        if self.config.smtp:
            return SmtpMailSender(self.config.smtp, self.config.mail_from)
        if self.config.mail_collection and self.config.store == "firestore":
            from shared.adapters.firestore import FirestoreMailDocuments

            return FirestoreMailDocuments(self._rpc, self.config.mail_collection)
        return None

    @cached_property
    def _warehouse(self) -> Warehouse | None:
        if self.config.warehouse_topic is None or self.config.store == "memory":
            return None
        from shared.adapters.pubsub import PubsubWarehouse

        return PubsubWarehouse(self.config.project_id, self.config.warehouse_topic)

    @cached_property
    def _stores(self) -> Stores:
        if self.config.store == "memory":
            return Stores.in_memory()
        return Stores.in_firestore(self._rpc, self.config)

    @cached_property
    def _rpc(self) -> "FirestoreRpc":
        from shared.adapters.firestore.rpc import FirestoreRpc, open_channel

        emulator = self.config.firestore_emulator
        connect = partial(open_channel, emulator)
        return FirestoreRpc(self.config.project_id, connect, is_emulator=emulator is not None)

    def request(self) -> AbstractContextManager[Operations]:
        """Limit how long the calls within the block wait for the store in total; yield their count."""
        return nullcontext(Operations()) if self.config.store == "memory" else self._rpc.request()
