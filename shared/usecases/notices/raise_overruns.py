"""Raise one alert for each run that used more than it held: after its end, and after its hold has expired."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from shared.domain.errors import Unavailable
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.holds import GRACE, NOTHING_HELD, Amounts, RunKey, Tree, run_key
from shared.domain.ledger.periods import MAX_AGE
from shared.domain.limits.run_left import used_of
from shared.domain.metering.runs import Run
from shared.domain.notices.alerts import UsageAlert, overrun_of
from shared.domain.notices.entries import Outgoing, mail_entries, notice_entry
from shared.domain.notices.mail_templates import Links, overrun_mail, used_of_run
from shared.domain.notices.webhooks import Json, Notice
from shared.domain.people.tenants import Tenant
from shared.ports import Admissions, DueRun, Members, Outbox, SettledRun, UsageStore
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
        roots = {_root(each.run) for each in due if _has_open_children(each.run)}
        found = self.store.read(tenant_id, Wanted(trees=frozenset(roots)))
        trees = found.documents.trees
        overruns = [alert for each in due if (alert := overrun_of(each.run, _below(each.run, trees), now))]
        if found.tenant is not None and overruns:
            self._raise(found.tenant, overruns)
        over = {alert.run_id for alert in overruns}
        # The alerts are stored: a crash before this line finds them again, and raises none twice.
        self.admissions.settle_runs([_settled(each, trees, now, is_over=each.run.id in over) for each in due])

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


def _root(run: Run) -> RunKey:
    return (run.admission and run.admission.root) or run_key(run.id)


def _has_open_children(run: Run) -> bool:
    return run.end is None and run.admission is not None and run.admission.has_children


def _below(run: Run, trees: Mapping[RunKey, Tree]) -> Amounts:
    """Return what the runs below have taken. Of an ended run its end says it; a released tree says nothing."""
    tree = trees.get(_root(run)) if _has_open_children(run) else None
    return tree.taken_below(run_key(run.id)) if tree else NOTHING_HELD


def _settled(due: DueRun, trees: Mapping[RunKey, Tree], now: datetime, *, is_over: bool) -> SettledRun:
    """Return when to look again: never, unless nobody has ended the run and it may still go on."""
    run, admission = due.run, due.run.admission
    if is_over or admission is None or run.end is not None:
        return SettledRun(due)
    used = used_of(run.sums, _below(run, trees)) if admission.settled is None else None
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
