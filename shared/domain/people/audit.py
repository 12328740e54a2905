"""Changes, and the audit entries that record them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.domain.people.receipts import Receipt

AUDIT_KEPT_FOR = timedelta(days=730)
"""Our policy: long enough for a yearly audit, no longer than is needed."""

ActorKind = Literal["member", "platform", "operator", "key", "recipient", "system"]

_ACTOR_KINDS: Mapping[str, ActorKind] = {
    "member": "member",
    "platform": "platform",
    "operator": "operator",
    "admin": "operator",
    "key": "key",
    "recipient": "recipient",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A record of one change to a tenant's plan, billing, keys or members, or to what belongs to the platform."""

    tenant_id: str | None
    """None: a change to what belongs to the platform."""
    at: datetime
    actor: str
    action: str
    before: str | None
    after: str | None
    reason: str
    receipt: Receipt | None = None
    """Stored in the same commit; the log does not show it."""

    @property
    def actor_kind(self) -> ActorKind:
        """The kind of the actor; `system` for what nobody did, such as a change by Stripe's webhook."""
        return _ACTOR_KINDS.get(self.actor.partition(":")[0], "system")


@dataclass(frozen=True, slots=True)
class Change:
    """The actor, time and reason of a change; all its audit entries share them."""

    actor: str
    """`key:<prefix>`, `platform:<prefix>`, `member:<email>`, `operator:<email>` or `admin:<login>`."""
    at: datetime
    reason: str = ""
    based_on: str | None = None
    """The version of the object as its editor has read it; None overwrites any."""
    receipt_of: Callable[[Any], Receipt] | None = None
    """Makes the receipt of what is created, for a request that may be repeated."""
    receipt: Receipt | None = None

    def because(self, reason: str) -> "Change":
        return replace(self, reason=reason)

    def on_version(self, version: str | None) -> "Change":
        """Return the change as based on the version that its editor has read."""
        return replace(self, based_on=version)

    def answering(self, receipt_of: Callable[[Any], Receipt]) -> "Change":
        """Return the change by a request that may be repeated."""
        return replace(self, receipt_of=receipt_of)

    def making(self, made: object) -> "Change":
        """Return the change with the receipt of what it creates, as the use case returns it."""
        return self if self.receipt_of is None else replace(self, receipt=self.receipt_of(made))

    def entry(self, tenant_id: str | None, action: str, before: str | None, after: str | None) -> AuditEntry:
        """Return an audit entry for this change."""
        return AuditEntry(
            tenant_id=tenant_id,
            at=self.at,
            actor=self.actor,
            action=action,
            before=before,
            after=after,
            reason=self.reason,
            receipt=self.receipt,
        )


def member_actor(email: str | None) -> str:
    """Return the actor of a member's changes."""
    return f"member:{email}"
