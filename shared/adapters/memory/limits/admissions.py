"""Admissions on dictionaries."""

import random
from collections.abc import Mapping
from dataclasses import replace

from shared.adapters.memory.state import CounterDocument, MemoryState, TenantUsage
from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.holds import Hold, Holds, RunKey, Tree
from shared.domain.metering.runs import run_admitted
from shared.ports import AdmissionChange, RunChange, SavedAdmission, StaleHolds


class MemoryAdmissions(MemoryState):
    """The holds of all tenants."""

    def save_admission(self, tenant_id: str, change: AdmissionChange, read: Holds) -> SavedAdmission:
        with self._lock:
            usage = self._usage.setdefault(tenant_id, TenantUsage())
            self._require_unchanged(tenant_id, change, read)
            ref, commits = None, 0
            if counted := change.counted:
                ref = ShardRef(change.now.date(), random.randrange(change.settings.shards))  # noqa: S311 (no secret)
                counter = usage.counters.setdefault(ref, CounterDocument())
                counter.add(counted, change.settings.due_at(ref.day, change.now))
                commits = counter.commits
            for each in change.runs:
                _change_run(usage, each, change)
            if change.is_first:
                self._tenants[tenant_id] = replace(self._tenants[tenant_id], has_holds=True)
            for root, holds in change.trees.items():
                tree = usage.trees.pop(root, Tree())
                if holds is not None:
                    usage.trees[root] = Tree(_merged(tree.by_run, holds))
            usage.holds = Holds(_merged(usage.holds.by_run, change.holds), version=self._next_version())
            return SavedAdmission(usage.holds.version, ref, commits)

    def _require_unchanged(self, tenant_id: str, change: AdmissionChange, read: Holds) -> None:
        usage = self._usage[tenant_id]
        is_known = all(run.begins or run.key in usage.run_ids for run in change.runs)
        has_tenant = not change.is_first or tenant_id in self._tenants
        if not is_known or not has_tenant or usage.holds.version != read.version:
            raise StaleHolds


def _change_run(usage: TenantUsage, each: RunChange, change: AdmissionChange) -> None:
    if each.begins is not None:
        usage.add_run(run_admitted(each.begins, each.admission, change.now))
    run = usage.runs[usage.run_ids[each.key]]
    run.admission = each.admission or run.admission
    if each.end is not None:
        run.end = each.end
        run.last_at = max(run.last_at, each.end.ended_at)
        usage.unmeasured.add(run.id)
        run.is_completed |= each.end.status == "completed"
        run.is_failed |= each.end.status == "failed"


def _merged(held: Mapping[RunKey, Hold], changed: Mapping[RunKey, Hold | None]) -> dict[RunKey, Hold]:
    return {run: hold for run, hold in {**held, **changed}.items() if hold is not None}
