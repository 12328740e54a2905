"""The stores that keep the contract: every test of this folder runs on each of them."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import NamedTuple
from uuid import uuid4

import grpc
import pytest

from shared.adapters.firestore import (
    FirestoreAdmissions,
    FirestoreBillingStore,
    FirestoreDirectory,
    FirestoreEndpoints,
    FirestoreMargins,
    FirestoreMembers,
    FirestoreOperators,
    FirestoreOutbox,
    FirestorePlanCatalogs,
    FirestorePriceBooks,
    FirestoreReconciliations,
    FirestoreRpc,
    FirestoreServiceStatus,
    FirestoreTenantData,
    FirestoreTenantIndex,
    FirestoreUsageFeed,
    FirestoreUsageStore,
)
from shared.adapters.firestore.rpc import open_channel
from shared.adapters.memory import MemoryStore
from shared.ports import (
    Admissions,
    BillingStore,
    Directory,
    Endpoints,
    Margins,
    Members,
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
)
from tests.billing_places import BillingPlace, FirestoreBillingPlace, MemoryBillingPlace

RETENTION = timedelta(days=40)


class Stores(NamedTuple):
    """One place of storage, seen through its ports, and a second instance that works on the same place."""

    usage: UsageStore
    admissions: Admissions
    directory: Directory
    other_usage: UsageStore
    members: Members
    other_members: Members
    price_books: PriceBooks
    plan_catalogs: PlanCatalogs
    outbox: Outbox
    endpoints: Endpoints
    reconciliations: Reconciliations
    operators: Operators
    tenant_index: TenantIndex
    tenant_data: TenantData
    billing: BillingStore
    margins: Margins
    service: ServiceStatus
    other_service: ServiceStatus
    feed: UsageFeed


@pytest.fixture(scope="session")
def firestore_channels(firestore_emulator_host: str) -> Iterator[tuple[grpc.Channel, grpc.Channel]]:
    """Two connections, as two instances of a function have them."""
    with open_channel(firestore_emulator_host) as one, open_channel(firestore_emulator_host) as other:
        yield one, other


@pytest.fixture(params=["memory", "firestore"], scope="session")
def kind(request: pytest.FixtureRequest) -> str:
    """Which adapter the test runs on."""
    return str(request.param)


def _memory_stores() -> Stores:
    store = MemoryStore()
    return Stores(*(store for _ in Stores._fields))


def _firestore_stores(channels: tuple[grpc.Channel, grpc.Channel]) -> Stores:
    project_id = f"demo-{uuid4().hex[:12]}"
    ours, theirs = channels
    rpc = FirestoreRpc(project_id, lambda: ours, is_emulator=True)
    other_rpc = FirestoreRpc(project_id, lambda: theirs, is_emulator=True)
    return Stores(
        FirestoreUsageStore(rpc, RETENTION, feeds_warehouse=True),
        FirestoreAdmissions(rpc),
        FirestoreDirectory(rpc),
        FirestoreUsageStore(other_rpc, RETENTION),
        FirestoreMembers(rpc),
        FirestoreMembers(other_rpc),
        FirestorePriceBooks(rpc),
        FirestorePlanCatalogs(rpc),
        FirestoreOutbox(rpc),
        FirestoreEndpoints(rpc),
        FirestoreReconciliations(rpc),
        FirestoreOperators(rpc),
        FirestoreTenantIndex(rpc),
        FirestoreTenantData(rpc),
        FirestoreBillingStore(rpc),
        FirestoreMargins(rpc),
        FirestoreServiceStatus(rpc),
        FirestoreServiceStatus(other_rpc),
        FirestoreUsageFeed(rpc),
    )


@pytest.fixture(scope="session")
def new_stores(kind: str, request: pytest.FixtureRequest) -> Callable[[], Stores]:
    """Opens empty stores. The emulator makes a project when it is first named: cheaper than emptying one."""
    if kind == "memory":
        return _memory_stores
    return partial(_firestore_stores, request.getfixturevalue("firestore_channels"))


@pytest.fixture
def stores(new_stores: Callable[[], Stores]) -> Stores:
    """Empty stores."""
    return new_stores()


@pytest.fixture
def store(stores: Stores) -> UsageStore:
    """The usage of all tenants; empty."""
    return stores.usage


@pytest.fixture
def admissions(stores: Stores) -> Admissions:
    """The holds of all tenants; empty."""
    return stores.admissions


@pytest.fixture
def other_store(stores: Stores) -> UsageStore:
    """Another instance on the same usage."""
    return stores.other_usage


@pytest.fixture
def directory(stores: Stores) -> Directory:
    """The tenants and keys; empty."""
    return stores.directory


@pytest.fixture
def place(kind: str, request: pytest.FixtureRequest) -> BillingPlace:
    """The billing of all tenants, and their directory; empty."""
    if kind == "memory":
        return MemoryBillingPlace()
    return FirestoreBillingPlace(request.getfixturevalue("firestore_channels")[0])


@pytest.fixture
def operators(stores: Stores) -> Operators:
    return stores.operators


@pytest.fixture
def price_books(stores: Stores) -> PriceBooks:
    return stores.price_books


@pytest.fixture
def plan_catalogs(stores: Stores) -> PlanCatalogs:
    return stores.plan_catalogs


@pytest.fixture
def index(stores: Stores) -> TenantIndex:
    """The platform's list of tenants; empty."""
    return stores.tenant_index
