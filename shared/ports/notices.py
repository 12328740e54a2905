"""Ports for everything that leaves the house: the outbox, webhook endpoints, and the senders.

Every method of a store raises Unavailable if the store does not answer.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.notices.endpoints import Endpoint
from shared.domain.notices.entries import DailyQuota, Outgoing, QuotaUse
from shared.domain.notices.mails import RenderedMail
from shared.domain.notices.outbox import Backlog, OutboxEntry
from shared.domain.people.audit import AuditEntry
from shared.ports.pages import Page


class StaleOutbox(Exception):
    """An entry exists already, or a quota or an endpoint has changed since it was read: read again and retry."""


@dataclass(frozen=True, slots=True)
class MailAddress:
    """The decisions of an address: the tenants whose alerts it wants, and the scopes of mail it has stopped."""

    confirmed: frozenset[str] = frozenset()
    stopped: frozenset[str] = frozenset()


class Outbox(Protocol):
    """The mails and webhooks to deliver."""

    def due_entries(self, now: datetime, limit: int) -> list[str]:
        """Return the ids of entries whose next attempt is due, the longest overdue first."""

    def claim_entry(self, entry_id: str, now: datetime) -> OutboxEntry | None:
        """Return a due entry, leased to the caller for its attempt.

        Return None if it is not due, does not exist, or if another caller has just claimed it.
        """

    def settle_entry(self, entry: OutboxEntry) -> None:
        """Store the result of an attempt; do nothing if the lease has been lost."""

    def add_entries(self, outgoing: Outgoing) -> None:
        """Add all entries and use the quotas, or nothing; raise StaleOutbox if one exists or a quota has changed."""

    def find_entry(self, entry_id: str) -> OutboxEntry | None:
        """Return an entry in any state."""

    def known_entries(self, entry_ids: Collection[str]) -> set[str]:
        """Return the ids of those entries that exist, in one round trip."""

    def read_quotas(self, quotas: Sequence[DailyQuota]) -> list[QuotaUse]:
        """Return how much of each quota is used, in one round trip."""

    def list_deliveries(
        self, endpoint_id: str, *, limit: int, cursor: str | None = None
    ) -> Page[OutboxEntry]:
        """Return the entries of an endpoint, newest first; raise InvalidInput for a bad cursor."""

    def list_for_operator(self, limit: int) -> list[OutboxEntry]:
        """Return the newest notices to the operator, and the newest entries that have failed."""

    def count_backlog(self, now: datetime) -> Backlog:
        """Count the entries whose next attempt is due, and those that have failed."""

    def find_addresses(self, emails: Iterable[str]) -> Mapping[str, MailAddress]:
        """Return the decisions of each address, in one round trip."""

    def confirm_address(self, email: str, tenant_id: str, audit: AuditEntry) -> None:
        """Store that the address wants the alerts of the tenant; this also undoes a stop."""

    def set_stopped(self, email: str, scope: str, *, stopped: bool) -> None:
        """Store that the address wants no mails of this scope any more, or wants them again."""


class Endpoints(Protocol):
    """The webhook endpoints of tenants."""

    def list_endpoints(self, tenant_id: str) -> list[Endpoint]:
        """Return the tenant's endpoints, oldest first."""

    def find_endpoint(self, tenant_id: str, endpoint_id: str) -> Endpoint | None:
        """Return one endpoint of the tenant."""

    def add_endpoint(self, endpoint: Endpoint, audit: AuditEntry) -> None:
        """Add an endpoint."""

    def save_secrets(self, endpoint: Endpoint, audit: AuditEntry) -> None:
        """Replace the secrets of an endpoint and nothing else; raise NotFound if it does not exist."""

    def save_health(self, endpoint: Endpoint, audit: AuditEntry | None = None) -> None:
        """Replace the health of an endpoint and nothing else; do nothing if it does not exist."""

    def remove_endpoint(self, endpoint: Endpoint, audit: AuditEntry) -> None:
        """Remove an endpoint if it exists."""


class DeliveryFailed(Exception):
    """The receiver did not take a mail or a webhook; with `is_final`, another attempt would fail too."""

    def __init__(self, answer: str, *, is_final: bool = False) -> None:
        super().__init__(answer)
        self.answer = answer
        self.is_final = is_final


class MailSender(Protocol):
    """The way mails leave the house."""

    def send(self, mail: RenderedMail) -> str:
        """Send a mail and return the receiver's answer; raise DeliveryFailed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedWebhook:
    """A webhook with the secrets that sign it."""

    url: str
    message_id: str
    body: str
    secrets: Sequence[str]
    sent_at: datetime


class WebhookSender(Protocol):
    """The way webhooks leave the house."""

    def send(self, webhook: SignedWebhook) -> str:
        """Post a webhook to a public address and return the receiver's answer; raise DeliveryFailed."""
