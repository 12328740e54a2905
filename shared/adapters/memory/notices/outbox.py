"""Outbox and Endpoints on dictionaries."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from shared.adapters.memory.cursors import page
from shared.adapters.memory.state import MemoryState
from shared.domain.errors import NotFound
from shared.domain.notices.endpoints import Endpoint
from shared.domain.notices.entries import DailyQuota, Outgoing, QuotaUse
from shared.domain.notices.outbox import Backlog, OutboxEntry
from shared.domain.notices.webhooks import WebhookMessage
from shared.domain.people.audit import AuditEntry
from shared.ports import MailAddress, Page, StaleOutbox


class MemoryOutbox(MemoryState):
    """The mails and webhooks of all tenants."""

    def due_entries(self, now: datetime, limit: int) -> list[str]:
        with self._lock:
            due = [(each.next_attempt_at, each.id) for each in self._outbox.values() if each.is_due(now)]
            return [entry_id for _, entry_id in sorted(due)[:limit]]

    def claim_entry(self, entry_id: str, now: datetime) -> OutboxEntry | None:
        with self._lock:
            entry = self._outbox.get(entry_id)
            if entry is None or not entry.is_due(now):
                return None
            return self._put_entry(entry.leased(now))

    def settle_entry(self, entry: OutboxEntry) -> None:
        with self._lock:
            if self._outbox[entry.id].version == entry.version:
                self._put_entry(entry)

    def add_entries(self, outgoing: Outgoing) -> None:
        with self._lock:
            if not self._is_new(outgoing):
                raise StaleOutbox
            self._put_outgoing(outgoing)

    def find_entry(self, entry_id: str) -> OutboxEntry | None:
        with self._lock:
            return self._outbox.get(entry_id)

    def known_entries(self, entry_ids: Collection[str]) -> set[str]:
        with self._lock:
            return self._outbox.keys() & set(entry_ids)

    def read_quotas(self, quotas: Sequence[DailyQuota]) -> list[QuotaUse]:
        with self._lock:
            used = [self._quotas.get(quota.id, 0) for quota in quotas]
            return [QuotaUse(quota, count, count) for quota, count in zip(quotas, used, strict=True)]

    def list_deliveries(
        self, endpoint_id: str, *, limit: int, cursor: str | None = None
    ) -> Page[OutboxEntry]:
        with self._lock:
            places = {
                (each.created_at, each.id): each
                for each in self._outbox.values()
                if isinstance(each.content, WebhookMessage) and each.content.endpoint_id == endpoint_id
            }
            return page("outbox", places, limit, cursor)

    def list_for_operator(self, limit: int) -> list[OutboxEntry]:
        with self._lock:
            entries = sorted(self._outbox.values(), key=lambda each: each.created_at, reverse=True)
            notices = [each for each in entries if each.kind == "operator"]
            failed = [each for each in entries if each.kind != "operator" and each.state == "failed"]
            return [*notices[:limit], *failed[:limit]]

    def count_backlog(self, now: datetime) -> Backlog:
        with self._lock:
            entries = list(self._outbox.values())
        due = [each.next_attempt_at for each in entries if each.next_attempt_at and each.is_due(now)]
        failed = sum(each.state == "failed" for each in entries)
        return Backlog(due=len(due), oldest_due_at=min(due, default=None), failed=failed)

    def find_addresses(self, emails: Iterable[str]) -> dict[str, MailAddress]:
        with self._lock:
            return {email: self._addresses.get(email, MailAddress()) for email in emails}

    def confirm_address(self, email: str, tenant_id: str, audit: AuditEntry) -> None:
        with self._lock:
            self._record(audit)
            known = self._addresses.get(email, MailAddress())
            self._addresses[email] = MailAddress(known.confirmed | {tenant_id}, known.stopped - {tenant_id})

    def set_stopped(self, email: str, scope: str, *, stopped: bool) -> None:
        with self._lock:
            known = self._addresses.get(email, MailAddress())
            scopes = known.stopped | {scope} if stopped else known.stopped - {scope}
            self._addresses[email] = MailAddress(known.confirmed, scopes)

    def list_endpoints(self, tenant_id: str) -> list[Endpoint]:
        with self._lock:
            found = [each for each in self._endpoints.values() if each.tenant_id == tenant_id]
            return sorted(found, key=lambda each: (each.created_at, each.id))

    def find_endpoint(self, tenant_id: str, endpoint_id: str) -> Endpoint | None:
        with self._lock:
            return self._endpoints.get((tenant_id, endpoint_id))

    def add_endpoint(self, endpoint: Endpoint, audit: AuditEntry) -> None:
        with self._lock:
            self._record(audit)
            self._endpoints[endpoint.tenant_id, endpoint.id] = endpoint

    def save_secrets(self, endpoint: Endpoint, audit: AuditEntry) -> None:
        with self._lock:
            known = self._endpoints.get((endpoint.tenant_id, endpoint.id))
            if known is None:
                raise NotFound("this tenant has no such endpoint")
            changed = replace(
                known,
                secret=endpoint.secret,
                previous_secret=endpoint.previous_secret,
                previous_secret_until=endpoint.previous_secret_until,
            )
            self.add_endpoint(changed, audit)

    def save_health(self, endpoint: Endpoint, audit: AuditEntry | None = None) -> None:
        with self._lock:
            key = (endpoint.tenant_id, endpoint.id)
            if key in self._endpoints:
                if audit:
                    self._record(audit)
                self._endpoints[key] = replace(
                    self._endpoints[key],
                    failing_since=endpoint.failing_since,
                    disabled_at=endpoint.disabled_at,
                )

    def remove_endpoint(self, endpoint: Endpoint, audit: AuditEntry) -> None:
        with self._lock:
            self._record(audit)
            self._endpoints.pop((endpoint.tenant_id, endpoint.id), None)
