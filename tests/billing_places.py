"""Places of billing for tests: in memory or in the emulator, opened by as many processes as needed."""

from typing import NamedTuple, Protocol
from uuid import uuid4

import grpc

from shared.adapters.firestore import FirestoreBillingStore, FirestoreDirectory, FirestoreRpc
from shared.adapters.memory import MemoryStore
from shared.ports import BillingStore, Directory
from tests.outgoing_fixtures import mails_of
from tests.usecases.fault_injection import Fault, with_fault


class SentMail(NamedTuple):
    """A queued mail."""

    to: str
    subject: str


class BillingPlace(Protocol):
    """A place of billing that several processes open, with access to the data that no port reads back."""

    directory: Directory

    def open(self, fault: Fault | None = None) -> BillingStore:
        """Return the store of one process, which fails at `fault`."""

    def alerts(self, tenant_id: str) -> dict[str, tuple[str, ...]]:
        """Return the subscriptions that each alert names, by its kind."""

    def mails(self) -> list[SentMail]:
        """Return the queued mails."""

    def mail_texts(self) -> list[str]:
        """Return the text of each queued mail."""


class MemoryBillingPlace:
    """A place in this process; faults happen between two calls of the port."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.directory: Directory = self.store

    def open(self, fault: Fault | None = None) -> BillingStore:
        """See BillingPlace."""
        return with_fault(self.store, fault)

    def alerts(self, tenant_id: str) -> dict[str, tuple[str, ...]]:
        """See BillingPlace."""
        return _subscriptions_by_kind(self.store, tenant_id)

    def mails(self) -> list[SentMail]:
        """See BillingPlace."""
        return [SentMail(mail.to, mail.subject) for mail in mails_of(self.store)]

    def mail_texts(self) -> list[str]:
        """See BillingPlace."""
        return [" ".join(mail.paragraphs) for mail in mails_of(self.store)]


class FirestoreBillingPlace:
    """A place in the emulator; faults happen between two RPCs, so in the middle of a call of the port."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.rpc = FirestoreRpc(f"demo-{uuid4().hex[:12]}", lambda: channel, is_emulator=True)
        self.directory: Directory = FirestoreDirectory(self.rpc)

    def open(self, fault: Fault | None = None) -> BillingStore:
        """See BillingPlace."""
        return FirestoreBillingStore(with_fault(self.rpc, fault))

    def alerts(self, tenant_id: str) -> dict[str, tuple[str, ...]]:
        """See BillingPlace."""
        return _subscriptions_by_kind(FirestoreBillingStore(self.rpc), tenant_id)

    def mails(self) -> list[SentMail]:
        """See BillingPlace."""
        return [SentMail(mail.to, mail.subject) for mail in mails_of(self.rpc)]

    def mail_texts(self) -> list[str]:
        """See BillingPlace."""
        return [" ".join(mail.paragraphs) for mail in mails_of(self.rpc)]


def _subscriptions_by_kind(store: BillingStore, tenant_id: str) -> dict[str, tuple[str, ...]]:
    raised = store.list_billing_alerts(tenant_id)
    return {each.alert.kind: each.alert.subscription_ids for each in raised}
