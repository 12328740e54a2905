"""The stores where tests raise usage alerts, in memory or in the emulator, and their queued mails."""

from datetime import timedelta
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

import grpc

from shared.adapters.firestore import (
    FirestoreDirectory,
    FirestoreMembers,
    FirestoreRpc,
    FirestoreUsageStore,
)
from shared.adapters.firestore.encoding import get_fields
from shared.adapters.firestore.queries import all_of
from shared.adapters.memory import MemoryStore
from shared.ports import Directory, Members, UsageStore
from tests.usecases.fault_injection import Fault, with_fault

RETENTION = timedelta(days=90)


class WaitingMail(NamedTuple):
    """A mail that waits to be sent."""

    to: tuple[str, ...]
    subject: str


class AlertPlace(Protocol):
    """A store of usage, tenants and members that several processes can open."""

    directory: Directory
    members: Members

    def open(self, fault: Fault | None = None) -> UsageStore:
        """Return the usage store as one process sees it, until it is interrupted."""

    def mails(self) -> list[WaitingMail]:
        """Return the queued mails about usage in a stable order."""


class MemoryAlertPlace:
    """A store in memory; a process is interrupted between two calls of the port."""

    def __init__(self) -> None:
        self._store = MemoryStore()
        self.directory: Directory = self._store
        self.members: Members = self._store

    def open(self, fault: Fault | None = None) -> UsageStore:
        """See AlertPlace."""
        return with_fault(self._store, fault)

    def mails(self) -> list[WaitingMail]:
        """See AlertPlace."""
        sent = self._store.mails
        return sorted(WaitingMail(mail.to, mail.subject) for mail in sent if isinstance(mail.to, tuple))


class FirestoreAlertPlace:
    """A store in the emulator; a process is interrupted between two RPCs, even within a call of the port."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._rpc = FirestoreRpc(f"demo-{uuid4().hex[:12]}", channel, is_emulator=True)
        self.directory: Directory = FirestoreDirectory(self._rpc)
        self.members: Members = FirestoreMembers(self._rpc)

    def open(self, fault: Fault | None = None) -> UsageStore:
        """See AlertPlace."""
        return FirestoreUsageStore(with_fault(self._rpc, fault), RETENTION)

    def mails(self) -> list[WaitingMail]:
        """See AlertPlace."""
        sent: list[dict[str, Any]] = [
            get_fields(each.fields) for each in self._rpc.query(self._rpc.documents, all_of("mail"))
        ]
        return sorted(
            WaitingMail(tuple(mail["to"]), mail["message"]["subject"])
            for mail in sent
            if isinstance(mail["to"], list)
        )
