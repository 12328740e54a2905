"""Places of storage for the use cases: memory for speed, the Firestore emulator for the truth."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Protocol
from uuid import uuid4

import grpc
import pytest

from shared.adapters.firestore import FirestoreDirectory, FirestoreRpc, FirestoreUsageStore
from shared.adapters.firestore.rpc import open_channel
from shared.adapters.memory import MemoryStore
from shared.ports import Directory, UsageStore
from tests.billing_places import BillingPlace, FirestoreBillingPlace, MemoryBillingPlace
from tests.usecases.fault_injection import Fault, with_fault
from tests.usecases.plain_sums import new_tenant

RETENTION = timedelta(days=90)


class Place(Protocol):
    """Where usage is kept, opened as often as there are processes."""

    directory: Directory

    def open(self, fault: Fault | None = None) -> UsageStore:
        """The usage as one process sees it, until it is cut off."""


class MemoryPlace:
    """A place in this process; a process is cut off between two calls of the port."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self._store = store or MemoryStore()
        self.directory: Directory = self._store

    def open(self, fault: Fault | None = None) -> UsageStore:
        """See Place."""
        return with_fault(self._store, fault)


class FirestorePlace:
    """A place in the emulator; a process is cut off between two RPCs, so in the middle of a call of the port."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._rpc = FirestoreRpc(f"demo-{uuid4().hex[:12]}", lambda: channel, is_emulator=True)
        self.directory: Directory = FirestoreDirectory(self._rpc)

    def open(self, fault: Fault | None = None) -> UsageStore:
        """See Place."""
        return FirestoreUsageStore(with_fault(self._rpc, fault), RETENTION)


@pytest.fixture
def memory() -> MemoryStore:
    """An empty store that is a directory too."""
    return MemoryStore()


@pytest.fixture(scope="session")
def firestore_channel(firestore_emulator_host: str) -> Iterator[grpc.Channel]:
    """One connection to the emulator."""
    with open_channel(firestore_emulator_host) as channel:
        yield channel


@pytest.fixture
def firestore_rpc(firestore_channel: grpc.Channel) -> FirestoreRpc:
    """Calls on an empty database: the emulator makes a project when it is first named."""
    return FirestoreRpc(f"demo-{uuid4().hex[:12]}", lambda: firestore_channel, is_emulator=True)


@pytest.fixture
def place() -> BillingPlace:
    """Billing in memory, with tenant acme on plan free."""
    place = MemoryBillingPlace()
    new_tenant(place.directory, plan="free")
    return place


@pytest.fixture(params=["memory", "firestore"])
def each_place(request: pytest.FixtureRequest, place: BillingPlace) -> BillingPlace:
    """The same on each store in turn: for calls that meet or break off."""
    if request.param == "memory":
        return place
    in_firestore = FirestoreBillingPlace(request.getfixturevalue("firestore_channel"))
    new_tenant(in_firestore.directory, plan="free")
    return in_firestore
