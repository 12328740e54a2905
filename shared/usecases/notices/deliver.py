"""Deliver what is in the outbox: at least once, and recognisable by its id where it comes twice."""

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.domain.ledger.tick import TickMessage
from shared.domain.notices.endpoints import Endpoint
from shared.domain.notices.entries import Outgoing, mail_entries, operator_entry, webhook_entry
from shared.domain.notices.mail_templates import Links, endpoint_disabled_mail, operator_mail
from shared.domain.notices.mails import Mail, OperatorNotice, StopLinks, rendered
from shared.domain.notices.outbox import PAUSES, OutboxEntry
from shared.domain.notices.webhooks import Notice, WebhookMessage
from shared.logs import FIELDS
from shared.ports import (
    DeliveryFailed,
    Directory,
    Endpoints,
    MailSender,
    Members,
    Outbox,
    SignedWebhook,
    StaleOutbox,
    TickPublisher,
    WebhookSender,
)

LOGGER = logging.getLogger("gwi_usage")
ENTRIES_PER_MESSAGE = 25
MAX_ENTRIES_PER_TICK = 5_000
_AT_ONCE = 8
"""Receivers that are slow or silent hold up only their own thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDependencies:
    """The stores and senders of deliveries; `mail` is None if no way to send mail is configured."""

    outbox: Outbox
    endpoints: Endpoints
    directory: Directory
    members: Members
    mail: MailSender | None
    webhooks: WebhookSender
    links: Links
    operator_email: str | None


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Attempts to deliver entries of the outbox. Each attempt reads `clock`, since attempts take time."""

    stores: DeliveryDependencies
    clock: Callable[[], datetime]

    def deliver(self, entry_ids: Sequence[str]) -> None:
        """Attempt each entry that is due and that nobody else is attempting; store each result."""
        with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="deliver") as threads:
            for result in [threads.submit(self._attempt, each) for each in entry_ids]:
                result.result()

    def _attempt(self, entry_id: str) -> None:
        entry = self.stores.outbox.claim_entry(entry_id, self.clock())
        if entry is None:
            return
        try:
            done = entry.delivered(self._send(entry))
        except DeliveryFailed as error:
            done = entry.failed(error.answer) if error.is_final else entry.retried(error.answer, self.clock())
        except Exception as error:
            LOGGER.exception("%s %s could not be attempted", entry.kind, entry.id)
            done = entry.retried(type(error).__name__, self.clock())
        self.stores.outbox.settle_entry(done)
        if done.state == "failed":
            self._tell_given_up(done)
        if isinstance(entry.content, WebhookMessage):
            self._note_health(self._endpoint_of(entry, entry.content), is_healthy=done.state == "delivered")

    def _tell_given_up(self, entry: OutboxEntry) -> None:
        """Log an entry that was given up; after days of attempts, also notify the operator, once a day and tenant."""
        LOGGER.warning("%s %s is given up: %s", entry.kind, entry.id, entry.last_answer)
        if entry.attempts <= len(PAUSES) or entry.kind == "operator":
            return
        now, whose = self.clock(), f"tenant {entry.tenant_id}"
        text = f"After {entry.attempts} attempts the last answer was: {entry.last_answer}"
        cause = ["given up", entry.kind, whose, now.date().isoformat()]
        notice = operator_entry(f"a {entry.kind} of {whose} could not be delivered", text, cause, now)
        with suppress(StaleOutbox):
            self.stores.outbox.add_entries(Outgoing(entries=[notice]))

    def _send(self, entry: OutboxEntry) -> str:
        match entry.content:
            case Mail() as mail:
                return self._send_mail(entry, mail)
            case Notice() as notice:
                return self._fan_out(notice)
            case WebhookMessage() as message:
                return self._send_webhook(entry, message)
            case OperatorNotice() as problem:
                return self._tell_operator(entry, problem)

    def _send_mail(self, entry: OutboxEntry, mail: Mail) -> str:
        if mail.scope in self.stores.outbox.find_addresses([mail.to])[mail.to].stopped:
            raise DeliveryFailed("the recipient stopped these mails", is_final=True)
        links, place = self.stores.links, (entry.id, entry.token)
        stop = StopLinks(page=links.stop_page(*place), url=links.stop_url(*place))
        return self._mailer().send(rendered(mail, entry.id, stop))

    def _mailer(self) -> MailSender:
        if self.stores.mail is None:
            raise DeliveryFailed("mail is not configured: set SMTP_URL or GWI_MAIL_COLLECTION")
        return self.stores.mail

    def _fan_out(self, notice: Notice) -> str:
        """Add an entry for each endpoint, and attempt them."""
        now = self.clock()
        endpoints = self.stores.endpoints.list_endpoints(notice.tenant_id)
        entries = [webhook_entry(notice, each, now) for each in endpoints if each.disabled_at is None]
        if entries:
            known = self.stores.outbox.known_entries([entry.id for entry in entries])
            self._add(entry for entry in entries if entry.id not in known)
        for entry in entries:
            self._attempt(entry.id)
        return f"{len(entries)} endpoints"

    def _add(self, entries: Iterable[OutboxEntry]) -> None:
        try:
            self.stores.outbox.add_entries(Outgoing(entries=list(entries)))
        except StaleOutbox as error:
            raise DeliveryFailed("another attempt has added the webhooks") from error

    def _send_webhook(self, entry: OutboxEntry, message: WebhookMessage) -> str:
        endpoint = self._endpoint_of(entry, message)
        if endpoint is None:
            raise DeliveryFailed("the endpoint was removed", is_final=True)
        if endpoint.disabled_at is not None:
            raise DeliveryFailed("the endpoint is disabled", is_final=True)
        now = self.clock()
        return self.stores.webhooks.send(
            SignedWebhook(
                url=endpoint.url,
                message_id=message.message_id,
                body=message.body,
                secrets=endpoint.secrets_at(now),
                sent_at=now,
            )
        )

    def _endpoint_of(self, entry: OutboxEntry, message: WebhookMessage) -> Endpoint | None:
        return self.stores.endpoints.find_endpoint(entry.tenant_id or "", message.endpoint_id)

    def _note_health(self, endpoint: Endpoint | None, *, is_healthy: bool) -> None:
        """Store that an endpoint answers again, or has failed; disable it after days of failures."""
        if endpoint is None or endpoint.disabled_at is not None:
            return
        now = self.clock()
        changed = endpoint.after_success() if is_healthy else endpoint.after_failure(now)
        if changed.disabled_at is not None:
            self._tell_owners(changed, now)
        if changed != endpoint:
            self.stores.endpoints.save_health(changed)

    def _tell_owners(self, endpoint: Endpoint, now: datetime) -> None:
        tenant = self.stores.directory.find_tenant(endpoint.tenant_id)
        if tenant is None:
            return
        owners = [each.email for each in self.stores.members.list_members(tenant.id) if each.role == "owner"]
        mails = endpoint_disabled_mail(tenant, endpoint, self.stores.links).to_each(owners)
        cause = [endpoint.id, (endpoint.failing_since or now).isoformat()]
        try:
            self.stores.outbox.add_entries(Outgoing(entries=mail_entries(mails, cause, tenant.id, now)))
        except StaleOutbox:
            LOGGER.info("the owners of %s know that endpoint %s is disabled", tenant.id, endpoint.id)

    def _tell_operator(self, entry: OutboxEntry, problem: OperatorNotice) -> str:
        if entry.attempts == 1:
            LOGGER.error("%s: %s", problem.summary, problem.text)
        if self.stores.operator_email is None:
            return "logged; GWI_OPERATOR_EMAIL is not set"
        return self._mailer().send(
            rendered(operator_mail(problem, self.stores.operator_email), entry.id, None)
        )


def deliver_due(deliverer: Deliverer, publisher: TickPublisher) -> None:
    """Deliver what is due: the first entries here, the others by messages to other instances."""
    due = deliverer.stores.outbox.due_entries(deliverer.clock(), MAX_ENTRIES_PER_TICK)
    LOGGER.info("the outbox has %d entries to deliver", len(due), extra={FIELDS: {"outbox_due": len(due)}})
    first, others = due[:ENTRIES_PER_MESSAGE], due[ENTRIES_PER_MESSAGE:]
    starts = range(0, len(others), ENTRIES_PER_MESSAGE)
    parts = [others[start : start + ENTRIES_PER_MESSAGE] for start in starts]
    publisher.publish(TickMessage(job="deliver", entries=tuple(part)) for part in parts)
    deliverer.deliver(first)
