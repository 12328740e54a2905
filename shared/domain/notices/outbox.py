"""The outbox: mails and webhooks to deliver, and the time of each next attempt."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from shared.domain.metering.redaction import redact_text
from shared.domain.notices.mails import Mail, OperatorNotice
from shared.domain.notices.webhooks import Notice, WebhookMessage

EntryKind = Literal["mail", "notice", "webhook", "operator"]
EntryState = Literal["pending", "delivered", "failed"]
Content = Mail | Notice | WebhookMessage | OperatorNotice

PAUSES: Final[Sequence[timedelta]] = (
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 4, 8, 12, 24)),
)
"""The pause after each failed attempt; the last one repeats."""
GIVE_UP_AFTER: Final = timedelta(days=4)
LEASE: Final = timedelta(minutes=2)
"""An attempt takes at most 30 seconds. Until its lease ends, nobody else attempts the same entry."""
KEPT_FOR: Final = timedelta(days=60)
"""The link that stops a kind of mail works for 30 days after the mail at least."""
MAX_ANSWER_CHARS: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """One mail to one address, one notice to all endpoints of a tenant, one webhook to one of them, or one notice
    to the operator."""

    id: str
    tenant_id: str | None
    content: Content
    created_at: datetime
    state: EntryState = "pending"
    attempts: int = 0
    next_attempt_at: datetime | None
    """None in a final state. During an attempt, the end of its lease."""
    last_answer: str | None = None
    """The receiver's answer to the last attempt, or the reason why there was none."""
    token: str = ""
    """Proves that its holder has received the mail."""
    version: object = None
    """Set by the store, which refuses changes of an older version."""

    @property
    def kind(self) -> EntryKind:
        match self.content:
            case Mail():
                return "mail"
            case Notice():
                return "notice"
            case WebhookMessage():
                return "webhook"
            case OperatorNotice():
                return "operator"

    @property
    def expires_at(self) -> datetime:
        """The time at which the store may delete the entry; a pending one has ended long before."""
        return self.created_at + GIVE_UP_AFTER + KEPT_FOR

    def is_due(self, now: datetime) -> bool:
        return self.next_attempt_at is not None and self.next_attempt_at <= now

    def leased(self, now: datetime) -> "OutboxEntry":
        """Return the entry during its next attempt."""
        return replace(self, attempts=self.attempts + 1, next_attempt_at=now + LEASE)

    def delivered(self, answer: str) -> "OutboxEntry":
        return replace(self, state="delivered", next_attempt_at=None, last_answer=_short(answer))

    def failed(self, answer: str) -> "OutboxEntry":
        """Return the entry in its final state after an attempt that no other can better."""
        return replace(self, state="failed", next_attempt_at=None, last_answer=_short(answer))

    def retried(self, answer: str, now: datetime) -> "OutboxEntry":
        """Return the entry after a failed attempt: due again after a pause, or failed after four days."""
        pause = PAUSES[min(self.attempts, len(PAUSES)) - 1]
        if now + pause > self.created_at + GIVE_UP_AFTER:
            return self.failed(answer)
        return replace(self, next_attempt_at=now + pause, last_answer=_short(answer))


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How far deliveries are behind, and how many were given up."""

    due: int
    oldest_due_at: datetime | None
    failed: int


def entry_id(*cause: str) -> str:
    """Return the id of the entry with this cause, the same whenever the cause is found again."""
    return hashlib.sha256("\n".join(cause).encode()).hexdigest()[:40]


def _short(answer: str) -> str:
    """Return an answer on one line, without known secrets: servers repeat what was sent to them."""
    return redact_text(" ".join(answer.split()))[:MAX_ANSWER_CHARS]
