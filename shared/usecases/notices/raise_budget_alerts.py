"""Raise each alert of a budget once in its window, after a fold finds that a threshold is reached."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from shared.domain.errors import Unavailable
from shared.domain.ledger.periods import start_of
from shared.domain.notices.alerts import UsageAlert, alerts_to_tell, crossed_budgets, new_alerts
from shared.domain.notices.entries import Outgoing, mail_entries, notice_entry
from shared.domain.notices.mail_templates import Links, budget_mail, used_of_budget
from shared.domain.notices.webhooks import Json, Notice
from shared.domain.people.tenants import Tenant
from shared.ports import Members, Outbox, UsageStore
from shared.usecases.ledger.ledger import Ledger, PeriodUsage
from shared.usecases.limits.read_budgets import read_uses
from shared.usecases.notices.alert_recipients import confirmed_recipients
from shared.usecases.notices.raise_alerts import usage_data

_MAX_TRIES = 5
"""A try fails only if another fold has just raised an alert."""
_PART: Final = 100
"""The budgets whose alerts are stored in one commit."""
_REACHED: Final = 100
_LAST_LOOK: Final = timedelta(minutes=20)
"""The last fold of a day comes this long after its end."""
_SMALLEST_STEP: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetAlertRaiser:
    """A fold listener that stores new alerts of budgets with the mails and webhooks about them."""

    store: UsageStore
    members: Members
    outbox: Outbox
    links: Links

    def __call__(self, used: PeriodUsage, now: datetime) -> None:
        """Store the new alerts, with all that leaves because of them in the same commit.

        This costs nothing for a tenant without budgets that raise any.
        """
        if not any(budget.thresholds for budget in used.tenant.budgets):
            return
        for at in _instants(now):
            tenant, uses = read_uses(Ledger(self.store), used.tenant, at, looks_at_runs=False)
            reached = iter([use for use in uses if use.reached()])
            while part := list(islice(reached, _PART)):
                self._raise(tenant, crossed_budgets(part, now))

    def _raise(self, tenant: Tenant, crossed: Sequence[UsageAlert]) -> None:
        for _ in range(_MAX_TRIES):
            known = self.store.known_alerts(tenant.id, [alert.id for alert in crossed])
            new = new_alerts(crossed, known)
            if not new:
                return
            outgoing = self._outgoing(tenant, list(alerts_to_tell(crossed, known)))
            if self.store.save_alerts(tenant.id, new, outgoing):
                return
        raise Unavailable(f"too many requests are raising alerts of tenant {tenant.id!r} at once")

    def _outgoing(self, tenant: Tenant, alerts: Sequence[UsageAlert]) -> Outgoing:
        """Return one mail to each recipient, and one notice for each budget and value."""
        if not alerts:
            return Outgoing()
        recipients = confirmed_recipients(self.members, self.outbox, tenant)
        mails = budget_mail(tenant, alerts, self.links).to_each(recipients)
        cause = [alert.id for alert in alerts]
        entries = mail_entries(mails, cause, tenant.id, alerts[0].reached_at)
        return Outgoing(entries=[*entries, *map(notice_entry, _notices(tenant, alerts))])


def _instants(now: datetime) -> list[datetime]:
    """Return the instants whose windows to look at: soon after midnight, those that have just ended too."""
    midnight = start_of(now.date())
    return [midnight - _SMALLEST_STEP, now] if now - midnight < _LAST_LOOK else [now]


def _notices(tenant: Tenant, alerts: Sequence[UsageAlert]) -> Iterator[Notice]:
    for alert in alerts:
        yield Notice(
            type="budget.reached" if alert.threshold_percent >= _REACHED else "budget.warning",
            tenant_id=tenant.id,
            cause=alert.id,
            at=alert.reached_at,
            text=f"{tenant.name}: {used_of_budget(alert)}.",
            data=_data(alert),
        )


def _data(alert: UsageAlert) -> Mapping[str, Json]:
    if alert.budget is None:
        return usage_data(alert)
    budget_id, _, window, value = alert.budget
    return {"budget_id": budget_id, "value": value, "window": window, **usage_data(alert)}
