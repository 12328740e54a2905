"""The stores where tests raise usage alerts, in memory or in the emulator, and their queued mails."""

from datetime import timedelta
from typing import NamedTuple, Protocol
from uuid import uuid4

import grpc

from shared.adapters.firestore import (
    FirestoreAdmissions,
    FirestoreDirectory,
    FirestoreMembers,
    FirestoreOutbox,
    FirestoreRpc,
    FirestoreUsageStore,
)
from shared.adapters.memory import MemoryStore
from shared.domain.notices.outbox import OutboxEntry
from shared.ports import Admissions, Directory, Members, Outbox, UsageStore
from tests.outgoing_fixtures import entries_of, mails_of
from tests.usecases.fault_injection import Fault, with_fault

RETENTION = timedelta(days=90)


class WaitingMail(NamedTuple):
    """A mail that waits to be sent."""

    to: str
    subject: str


class AlertPlace(Protocol):
    """A store of usage, tenants and members that several processes can open."""

    directory: Directory
    members: Members
    outbox: Outbox

    def open(self, fault: Fault | None = None) -> UsageStore:
        """Return the usage store as one process sees it, until it is interrupted."""

    def open_both(self, fault: Fault | None = None) -> tuple[UsageStore, Admissions]:
        """Return the stores of usage and of admissions as one process sees them, until it is interrupted."""

    def mails(self) -> list[WaitingMail]:
        """Return the queued mails in a stable order."""

    def entries(self) -> list[OutboxEntry]:
        """Return everything in the outbox."""


class MemoryAlertPlace:
    """A store in memory; a process is interrupted between two calls of the port."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.directory: Directory = self.store
        self.members: Members = self.store
        self.outbox: Outbox = self.store

    def open(self, fault: Fault | None = None) -> UsageStore:
        """See AlertPlace."""
        return with_fault(self.store, fault)

    def open_both(self, fault: Fault | None = None) -> tuple[UsageStore, Admissions]:
        """See AlertPlace."""
        store = with_fault(self.store, fault)
        return store, store

    def mails(self) -> list[WaitingMail]:
        """See AlertPlace."""
        return sorted(WaitingMail(mail.to, mail.subject) for mail in mails_of(self.store))

    def entries(self) -> list[OutboxEntry]:
        """See AlertPlace."""
        return entries_of(self.store)


class FirestoreAlertPlace:
    """A store in the emulator; a process is interrupted between two RPCs, even within a call of the port."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._rpc = FirestoreRpc(f"demo-{uuid4().hex[:12]}", lambda: channel, is_emulator=True)
        self.directory: Directory = FirestoreDirectory(self._rpc)
        self.members: Members = FirestoreMembers(self._rpc)
        self.outbox: Outbox = FirestoreOutbox(self._rpc)

    def open(self, fault: Fault | None = None) -> UsageStore:
        """See AlertPlace."""
        return FirestoreUsageStore(with_fault(self._rpc, fault), RETENTION)

    def open_both(self, fault: Fault | None = None) -> tuple[UsageStore, Admissions]:
        """See AlertPlace."""
        rpc = with_fault(self._rpc, fault)
        return FirestoreUsageStore(rpc, RETENTION), FirestoreAdmissions(rpc)

    def mails(self) -> list[WaitingMail]:
        """See AlertPlace."""
        return sorted(WaitingMail(mail.to, mail.subject) for mail in mails_of(self._rpc))

    def entries(self) -> list[OutboxEntry]:
        """See AlertPlace."""
        return entries_of(self._rpc)
