"""Raise each usage alert once, after a fold finds that a threshold is crossed."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.errors import Unavailable
from shared.domain.limits.limits import LimitPolicy
from shared.domain.notices.alerts import UsageAlert, alerts_to_mail, crossed_thresholds, new_alerts
from shared.domain.people.tenants import Tenant
from shared.ports import Mail, Members, UsageStore
from shared.usecases.ledger.ledger import PeriodUsage
from shared.usecases.limits.check_limits import Thresholds

# A try fails only if another fold has just raised an alert, and a period has at most four.
_MAX_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaiser:
    """A fold listener that stores new alerts and queues mails about them."""

    store: UsageStore
    members: Members
    thresholds: Thresholds
    web_origin: str

    def __call__(self, used: PeriodUsage, now: datetime) -> None:
        """Store the new alerts of the current period, with their mails in the same commit.

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
            mails = self._mails(tenant, policy, list(alerts_to_mail(crossed, known)))
            if self.store.save_alerts(tenant.id, new, mails):
                return
        raise Unavailable(f"too many requests are raising alerts of tenant {tenant.id!r} at once")

    def _mails(self, tenant: Tenant, policy: LimitPolicy, alerts: list[UsageAlert]) -> list[Mail]:
        if not alerts:
            return []
        recipients = tenant.alert_recipients or self._owners(tenant)
        link = f"{self.web_origin}/t/{tenant.id}"
        texts = [_subject_and_text(tenant, policy, alert) for alert in alerts if recipients]
        return [Mail(to=recipients, subject=subject, text=text, link=link) for subject, text in texts]

    def _owners(self, tenant: Tenant) -> tuple[str, ...]:
        members = self.members.list_members(tenant.id)
        return tuple(member.email for member in members if member.role == "owner")


def _subject_and_text(tenant: Tenant, policy: LimitPolicy, alert: UsageAlert) -> tuple[str, str]:
    name = " ".join(tenant.name.split())
    resets_at = f"{alert.period.end.day} {alert.period.end:%B %Y at %H:%M} UTC"
    used = f"{name} has used {alert.used:,} of its {alert.limit:,} {alert.metric} in this metering period."
    if alert.threshold_percent >= policy.hard_percent:
        effect = f"The limit is reached: further usage is blocked until it resets on {resets_at}."
    else:
        effect = f"At {policy.hard_percent}%, further usage is blocked until the limit resets on {resets_at}."
    subject = f"{name} has used {alert.threshold_percent}% of its {alert.metric}"
    return subject, f"{used}\n\n{effect} To raise the limit now, upgrade your plan."
