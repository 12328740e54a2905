"""A tenant, the keys that act for it, and the entries of its audit trail."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from shared.domain.ledger.counter_settings import DEFAULT_COUNTER_SETTINGS, CounterHistory, CounterSettings
from shared.domain.limits.entitlement import Entitlement
from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.plans import BillingInterval

Scope = Literal["usage:write", "usage:read", "limits:read", "billing:write"]
ALL_SCOPES: tuple[Scope, ...] = ("usage:write", "usage:read", "limits:read", "billing:write")

KEY_PREFIX_LIVE = "gwi_live_"
KEY_PREFIX_TEST = "gwi_test_"
SHOWN_KEY_CHARS = 14

TENANT_ID = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
"""The pattern of a tenant's id, which is a part of every document's name."""

NO_OVERRIDES = LimitOverrides()


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingSummary:
    """The subscription a tenant's plan comes from, or came from last, as people are shown it."""

    status: str = "none"
    subscription_id: str | None = None
    interval: BillingInterval | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    cancel_at_period_end: bool = False
    trial_end: datetime | None = None
    past_due_since: datetime | None = None


NO_SUBSCRIPTION = BillingSummary()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A customer of the platform. `anchor` is where its metering periods start; None: the calendar month."""

    id: str
    name: str
    plan: str
    created_at: datetime
    overrides: LimitOverrides = NO_OVERRIDES
    anchor: datetime | None = None
    counters: CounterSettings = DEFAULT_COUNTER_SETTINGS
    entitlement: Entitlement | None = None
    """What its subscriptions grant; None if it never had one: then the plan is the one it was given by hand."""
    billing: BillingSummary = NO_SUBSCRIPTION
    alert_recipients: tuple[str, ...] = ()
    """Who is written to when usage nears its limits; if nobody is named, the owners."""

    @property
    def counter_history(self) -> CounterHistory:
        """What the ledger knows of the tenant."""
        return CounterHistory(self.counters, self.created_at)

    def at(self, now: datetime) -> "Tenant":
        """The tenant with the plan and the anchor that hold at `now`: what is paid for may have ended."""
        if self.entitlement is None:
            return self
        held = self.entitlement.at(now)
        if held.plan == self.plan and held.anchor == self.anchor:
            return self
        return replace(self, plan=held.plan, anchor=held.anchor)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it is kept: never the key itself, only its SHA-256 as the id."""

    id: str
    tenant_id: str
    scopes: tuple[Scope, ...]
    label: str
    prefix: str
    """The first characters of the key, so that a person can tell two keys apart."""
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    """To the hour: it is noted at most once in one."""

    def is_valid(self, now: datetime) -> bool:
        """Return whether the key lets its holder in at `now`."""
        ended = [at for at in (self.expires_at, self.revoked_at) if at is not None]
        return all(now < at for at in ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change of a tenant's plan, billing, keys or members, as the audit trail keeps it."""

    tenant_id: str
    at: datetime
    actor: str
    action: str
    before: str | None
    after: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """The part that all audit entries of one change share: its author, its instant and its reason."""

    actor: str
    """`key:<prefix>`, `member:<email>` or `admin:<login>`."""
    at: datetime
    reason: str = ""

    def because(self, reason: str) -> "Change":
        """Return the same change with its reason."""
        return replace(self, reason=reason)

    def entry(self, tenant_id: str, action: str, before: str | None, after: str | None) -> AuditEntry:
        """Return the audit entry for `action`, which turned `before` into `after`."""
        return AuditEntry(
            tenant_id=tenant_id,
            at=self.at,
            actor=self.actor,
            action=action,
            before=before,
            after=after,
            reason=self.reason,
        )


def key_id(secret: str) -> str:
    """Return the document id of a key: a plain hash, because 160 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()
