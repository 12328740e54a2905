"""Firestore, by raw protobuf messages: the stock client's own encoding costs more than the network."""

from shared.adapters.firestore.billing import FirestoreBillingStore
from shared.adapters.firestore.directory import FirestoreDirectory
from shared.adapters.firestore.members import FirestoreMembers
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.adapters.firestore.usage import FirestoreUsageStore

__all__ = [
    "FirestoreBillingStore",
    "FirestoreDirectory",
    "FirestoreMembers",
    "FirestoreRpc",
    "FirestoreUsageStore",
]
