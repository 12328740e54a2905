"""Tells people once that a period's limits are near or reached, as soon as a fold finds it."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.errors import Unavailable
from shared.domain.limits.limits import LimitPolicy
from shared.domain.notices.alerts import UsageAlert, crossed_thresholds, unknown_alerts, worth_a_mail
from shared.domain.people.tenants import Tenant
from shared.ports import Mail, Members, UsageStore
from shared.usecases.ledger.ledger import PeriodUsage
from shared.usecases.limits.check_limits import Thresholds

# Each try that fails has found an alert that was not there before, and there are four at most.
_MAX_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaiser:
    """Looks at what a fold has found: where alerts are kept, by which thresholds, and who is written to."""

    store: UsageStore
    members: Members
    thresholds: Thresholds
    web_origin: str

    def __call__(self, used: PeriodUsage, now: datetime) -> None:
        """Keep each alert that the usage of the current period amounts to, once, with its mails in the same commit.

        One read tells which alerts are known; where no threshold is crossed there is none. An alert stays though the
        plan is raised later: it happened.
        """
        policy = self.thresholds.policy_of(used.tenant)
        if policy is None:
            return
        if crossed := crossed_thresholds(policy, used.period, used.consumption, now):
            self._raise(used.tenant, policy, crossed)

    def _raise(self, tenant: Tenant, policy: LimitPolicy, crossed: list[UsageAlert]) -> None:
        for _ in range(_MAX_TRIES):
            known = self.store.known_alerts(tenant.id, [alert.id for alert in crossed])
            new = unknown_alerts(crossed, known)
            if not new:
                return
            mails = self._mails(tenant, policy, list(worth_a_mail(crossed, known)))
            if self.store.save_alerts(tenant.id, new, mails):
                return
        raise Unavailable(f"the alerts of tenant {tenant.id!r} keep changing while they are raised")

    def _mails(self, tenant: Tenant, policy: LimitPolicy, alerts: list[UsageAlert]) -> list[Mail]:
        if not alerts:
            return []
        recipients, link = tenant.alert_recipients or self._owners(tenant), f"{self.web_origin}/t/{tenant.id}"
        texts = [_words(tenant, policy, alert) for alert in alerts if recipients]
        return [Mail(to=recipients, subject=subject, text=text, link=link) for subject, text in texts]

    def _owners(self, tenant: Tenant) -> tuple[str, ...]:
        members = self.members.list_members(tenant.id)
        return tuple(member.email for member in members if member.role == "owner")


def _words(tenant: Tenant, policy: LimitPolicy, alert: UsageAlert) -> tuple[str, str]:
    """Return the subject and the text of the mail about an alert."""
    name = " ".join(tenant.name.split())
    resets_at = f"{alert.period.end.day} {alert.period.end:%B %Y at %H:%M} UTC"
    used = f"{name} has used {alert.used:,} of its {alert.limit:,} {alert.metric} of this metering period."
    if alert.threshold_percent >= policy.hard_percent:
        what = f"The limit is reached: nothing more is allowed until it resets on {resets_at}."
    else:
        what = f"At {policy.hard_percent}% nothing more is allowed until the limit resets on {resets_at}."
    subject = f"{name}: {alert.threshold_percent}% of the {alert.metric} are used"
    return subject, f"{used}\n\n{what} A larger plan raises the limit at once."
