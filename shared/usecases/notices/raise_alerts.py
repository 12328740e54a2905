"""Raise each usage alert once, after a fold finds that a threshold is crossed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.errors import Unavailable
from shared.domain.limits.limits import LimitPolicy
from shared.domain.notices.alerts import UsageAlert, alerts_to_tell, crossed_thresholds, new_alerts
from shared.domain.notices.entries import Outgoing, mail_entries, notice_entry
from shared.domain.notices.mail_templates import Links, limit_mail, used_of_limit
from shared.domain.notices.webhooks import Json, Notice
from shared.domain.people.tenants import Tenant
from shared.ports import Members, Outbox, UsageStore
from shared.usecases.ledger.ledger import PeriodUsage
from shared.usecases.limits.check_limits import Thresholds
from shared.usecases.notices.alert_recipients import confirmed_recipients

# A try fails only if another fold has just raised an alert.
_MAX_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaiser:
    """A fold listener that stores new alerts with the mails and webhooks about them."""

    store: UsageStore
    members: Members
    outbox: Outbox
    thresholds: Thresholds
    links: Links

    def __call__(self, used: PeriodUsage, now: datetime) -> None:
        """Store the new alerts of the current period, with all that leaves because of them in the same commit.

        This costs one read if a threshold is crossed, else none. Alerts stay when the plan is upgraded later.
        """
        policy = self.thresholds.policy_of(used.tenant)
        if policy is None:
            return
        if crossed := crossed_thresholds(policy, used.period, used.consumption, now):
            self._raise(used.tenant, policy, crossed)

    def _raise(self, tenant: Tenant, policy: LimitPolicy, crossed: list[UsageAlert]) -> None:
        for _ in range(_MAX_TRIES):
            known = self.store.known_alerts(tenant.id, [alert.id for alert in crossed])
            new = new_alerts(crossed, known)
            if not new:
                return
            outgoing = self._outgoing(tenant, policy, list(alerts_to_tell(crossed, known)))
            if self.store.save_alerts(tenant.id, new, outgoing):
                return
        raise Unavailable(f"too many requests are raising alerts of tenant {tenant.id!r} at once")

    def _outgoing(self, tenant: Tenant, policy: LimitPolicy, alerts: Sequence[UsageAlert]) -> Outgoing:
        """Return one mail to each recipient, and one notice for each metric."""
        if not alerts:
            return Outgoing()
        recipients = confirmed_recipients(self.members, self.outbox, tenant)
        mails = limit_mail(tenant, policy, alerts, self.links).to_each(recipients)
        cause = [alert.id for alert in alerts]
        entries = mail_entries(mails, cause, tenant.id, alerts[0].reached_at)
        return Outgoing(entries=[*entries, *map(notice_entry, _notices(tenant, policy, alerts))])


def _notices(tenant: Tenant, policy: LimitPolicy, alerts: Sequence[UsageAlert]) -> Iterator[Notice]:
    for alert in alerts:
        is_reached = alert.threshold_percent >= policy.hard_percent
        yield Notice(
            type="limit.reached" if is_reached else "limit.warning",
            tenant_id=tenant.id,
            cause=alert.id,
            at=alert.reached_at,
            text=f"{tenant.name}: {used_of_limit(alert)}.",
            data=usage_data(alert),
        )


def usage_data(alert: UsageAlert) -> Mapping[str, Json]:
    """Return what a webhook says of an alert."""
    data: dict[str, Json] = {
        "metric": alert.metric,
        "threshold_percent": alert.threshold_percent,
        "used": alert.used,
        "limit": alert.limit,
        "period_start": _written(alert.period.start),
        "period_end": _written(alert.period.end),
    }
    if alert.metric == "cost":
        data |= {
            "used_usd": alert.used_usd,
            "limit_usd": alert.limit_usd,
            "cost_is_complete": alert.cost_is_complete,
        }
    return data


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
