"""TenantData on dictionaries."""

from collections.abc import Collection
from dataclasses import replace
from itertools import islice
from typing import Any

from shared.adapters.memory.state import MemoryState, TenantUsage
from shared.domain.ledger.holds import Holds, Tree, without_budgets_of
from shared.domain.metering.runs import Run
from shared.domain.metering.sealed_batches import packed_batch, unpacked_batch, without_user
from shared.domain.people.audit import AuditEntry
from shared.ports import ErasedEvents

_AT_ONCE = 200


class MemoryTenantData(MemoryState):
    """All data of a tenant."""

    def erase_user(self, tenant_id: str, user_id: str, place: str | None = None) -> ErasedEvents:
        with self._lock:
            events = self._usage.get(tenant_id, TenantUsage()).events
            # The places are those of Firestore: sealed batches come after the events.
            kind, _, last = (place or "events/").partition("/")
            following = sorted(name for name in events if kind == "events" and name > last)
            page = following[:_AT_ONCE]
            named = [name for name in page if events[name].user_id == user_id]
            for name in named:
                events[name] = events[name]._replace(
                    user_id=None, metadata_json=None, metadata_cut=False, redactions=0, budgets=()
                )
            if len(following) > _AT_ONCE:
                return ErasedEvents(len(named), f"events/{page[-1]}")
            return ErasedEvents(len(named) + self._erase_from_batches(tenant_id, user_id), None)

    def _erase_from_batches(self, tenant_id: str, user_id: str) -> int:
        batches = self._usage.get(tenant_id, TenantUsage()).batches
        rewritten = 0
        for batch_id, batch in list(batches.items()):
            packed = without_user(packed_batch(batch), user_id)
            if packed is not None:
                batches[batch_id] = unpacked_batch(batch_id, packed[0])
                rewritten += packed[1]
        return rewritten

    def erase_name(self, tenant_id: str, user_id: str, other_budgets: Collection[str] = ()) -> int:
        with self._lock:
            usage = self._usage.get(tenant_id, TenantUsage())
            entries = [entry for month in usage.months.values() for entry in month.days.values()]
            holders: list[Any] = [
                *usage.counters.values(),
                *usage.days.values(),
                *entries,
                *usage.runs.values(),
            ]
            erased = sum(
                names.get("user", {}).pop(user_id, None) is not None for names in usage.attribution.values()
            )
            erased += sum(_erase_in_run(run, user_id) for run in usage.runs.values())
            for budgets in (holder.budgets for holder in holders):
                named = [slot for slot in budgets if slot.value == user_id and slot.key not in other_budgets]
                erased += bool(named)
                for slot in named:
                    del budgets[slot]
            for of_day in usage.refusals.values():
                about = [key for key, (last, _) in of_day.items() if last.last.value == user_id]
                erased += bool(about)
                for key in about:
                    del of_day[key]
            return erased + self._erase_in_holds(usage, user_id, other_budgets)

    def _erase_in_holds(self, usage: TenantUsage, user_id: str, other_budgets: Collection[str]) -> int:
        erased = 0
        if changed := without_budgets_of(user_id, usage.holds.by_run, other_budgets):
            usage.holds = Holds({**usage.holds.by_run, **changed}, version=self._next_version())
            erased += 1
        for root, tree in usage.trees.items():
            if changed := without_budgets_of(user_id, tree.by_run, other_budgets):
                usage.trees[root] = Tree({**tree.by_run, **changed})
                erased += 1
        return erased

    def add_audit(self, entry: AuditEntry) -> None:
        with self._lock:
            self._record(entry)

    def delete_some(self, tenant_id: str) -> int:
        with self._lock:
            usage = self._usage.get(tenant_id, TenantUsage())
            billing = self._billing.get(tenant_id)
            own: list[dict[Any, Any]] = [
                *(self._members.get(tenant_id, {}), self._invitations.get(tenant_id, {})),
                *(
                    usage.events,
                    usage.corrections,
                    usage.batches,
                    usage.counters,
                    usage.attribution,
                    usage.runs,
                    usage.days,
                    usage.months,
                    usage.alerts,
                    usage.trees,
                    usage.refusals,
                ),
                *([billing.invoices] if billing else []),
            ]
            for each in own:
                if names := list(islice(each, _AT_ONCE)):
                    for name in names:
                        del each[name]
                    return len(names)
            usage.runs_begun.clear()
            usage.holds = Holds()
            return self._delete_of(tenant_id)

    def _delete_of(self, tenant_id: str) -> int:
        """Delete what lies beside the data of other tenants."""
        keys = [name for name, key in self._keys.items() if key.tenant_id == tenant_id]
        endpoints = [name for name in self._endpoints if name[0] == tenant_id]
        entries = len(self._audit)
        for key in keys:
            del self._keys[key]
        for endpoint in endpoints:
            del self._endpoints[endpoint]
        self._audit = [entry for entry in self._audit if entry.tenant_id != tenant_id]
        return len(keys) + len(endpoints) + entries - len(self._audit)

    def delete_tenant(self, tenant_id: str, audit: AuditEntry) -> None:
        with self._lock:
            if tenant_id not in self._tenants:
                return
            self._record(audit)
            del self._tenants[tenant_id]
            self._rows.pop(tenant_id, None)
            self._usage.pop(tenant_id, None)
            self._billing.pop(tenant_id, None)
            for customer in [each for each, owner in self._customers.items() if owner == tenant_id]:
                del self._customers[customer]


def _erase_in_run(run: Run, user_id: str) -> bool:
    """Take the user off a run and its admission; return whether one of them had it."""
    is_named, admission = run.user_id == user_id, run.admission
    if is_named:
        run.user_id = None
    if admission is None or admission.spender.user_id != user_id:
        return is_named
    run.admission = replace(admission, spender=admission.spender._replace(user_id=None))
    return True
