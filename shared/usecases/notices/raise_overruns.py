"""Raise one alert for each run that used more than it held: after its end, and after its hold has expired."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from shared.domain.errors import Unavailable
from shared.domain.ledger.holds import GRACE, NOTHING_HELD, Amounts
from shared.domain.ledger.periods import MAX_AGE
from shared.domain.limits.run_left import used_of
from shared.domain.notices.alerts import UsageAlert, overrun_of
from shared.domain.notices.entries import Outgoing, mail_entries, notice_entry
from shared.domain.notices.mail_templates import Links, overrun_mail, used_of_run
from shared.domain.notices.webhooks import Json, Notice
from shared.domain.people.tenants import Tenant
from shared.ports import Admissions, DueRun, Members, Outbox, SettledRun, UsageStore
from shared.usecases.limits.taken_holds import taken_by_children
from shared.usecases.notices.alert_recipients import confirmed_recipients

RUNS_PER_TICK: Final = 300
_MAX_TRIES: Final = 5
"""A try fails only if another tick has just raised an alert."""
_FIRST_PAUSE: Final = timedelta(hours=1)
_PAUSES_GROW: Final = 4
"""A run that nobody ended is looked at 30 seconds, an hour, five hours and so on after its hold has expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrunRaiser:
    """Looks at the runs that are due, and stores their alerts with the mails and webhooks about them."""

    store: UsageStore
    admissions: Admissions
    members: Members
    outbox: Outbox
    links: Links

    def look(self, now: datetime) -> None:
        """Look at the runs that have been due longest. One tenant's failure does not keep the others from it."""
        due = sorted(self.admissions.due_runs(now, RUNS_PER_TICK), key=lambda each: each.tenant_id)
        errors: list[Exception] = []
        for tenant_id, runs in groupby(due, key=lambda each: each.tenant_id):
            try:
                self._look_at(tenant_id, list(runs), now)
            except Exception as error:  # noqa: BLE001 (raised below)
                errors.append(error)
        if errors:
            raise ExceptionGroup("some runs could not be looked at", errors)

    def _look_at(self, tenant_id: str, due: Sequence[DueRun], now: datetime) -> None:
        taken = taken_by_children(self.store, tenant_id, [each.run for each in due])
        below = {each.run.id: taken.get(each.run.id, NOTHING_HELD) for each in due}
        overruns = [alert for each in due if (alert := overrun_of(each.run, below[each.run.id], now))]
        tenant = self.store.read(tenant_id).tenant if overruns else None
        if tenant is not None:
            self._raise(tenant, overruns)
        over = {alert.run_id for alert in overruns}
        # The alerts are stored: a crash before this line finds them again, and raises none twice.
        self.admissions.settle_runs(
            [
                SettledRun(each) if each.run.id in over else _settled(each, below[each.run.id], now)
                for each in due
            ]
        )

    def _raise(self, tenant: Tenant, overruns: Sequence[UsageAlert]) -> None:
        for _ in range(_MAX_TRIES):
            known = self.store.known_alerts(tenant.id, [alert.id for alert in overruns])
            new = [alert for alert in overruns if alert.id not in known]
            if not new or self.store.save_alerts(tenant.id, new, self._outgoing(tenant, new)):
                return
        raise Unavailable(f"too many requests are raising alerts of tenant {tenant.id!r} at once")

    def _outgoing(self, tenant: Tenant, alerts: Sequence[UsageAlert]) -> Outgoing:
        """Return one mail to each recipient, and one notice for each run."""
        recipients = confirmed_recipients(self.members, self.outbox, tenant)
        mails = overrun_mail(tenant, alerts, self.links).to_each(recipients)
        cause = [alert.id for alert in alerts]
        entries = mail_entries(mails, cause, tenant.id, alerts[0].reached_at)
        return Outgoing(entries=[*entries, *map(notice_entry, _notices(tenant, alerts))])


def _settled(due: DueRun, below: Amounts, now: datetime) -> SettledRun:
    """Return when to look again: never, unless nobody has ended the run and it may still go on."""
    run, admission = due.run, due.run.admission
    if admission is None or run.end is not None:
        return SettledRun(due)
    used = used_of(run.sums, below) if admission.settled is None else None
    passed = now - admission.expires_at - GRACE
    next_at = now + max(_FIRST_PAUSE, _PAUSES_GROW * passed)
    return SettledRun(due, used, next_at if passed < MAX_AGE else None)


def _notices(tenant: Tenant, alerts: Sequence[UsageAlert]) -> Iterator[Notice]:
    for alert in alerts:
        yield Notice(
            type="run.over_budget",
            tenant_id=tenant.id,
            cause=alert.id,
            at=alert.reached_at,
            text=f"{tenant.name}: {used_of_run(alert)}.",
            data=_data(alert),
        )


def _data(alert: UsageAlert) -> Mapping[str, Json]:
    data: dict[str, Json] = {
        "run_id": alert.run_id,
        "metric": alert.metric,
        "used": alert.used,
        "held": alert.limit,
        "over": alert.used - alert.limit,
    }
    if alert.metric == "cost":
        data |= {
            "used_usd": alert.used_usd,
            "held_usd": alert.limit_usd,
            "over_usd": alert.over_usd,
            "cost_is_complete": alert.cost_is_complete,
        }
    return data
