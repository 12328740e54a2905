"""Corrections on dictionaries."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from shared.adapters.memory.ledger.usage import MemoryUsageStore
from shared.adapters.memory.state import TenantUsage
from shared.domain.metering.corrections import Correction
from shared.domain.metering.runs import runs_of
from shared.domain.people.tenants import Tenant
from shared.ports import CorrectionChange, CorrectionsWanted, StaleCorrection


class MemoryCorrections(MemoryUsageStore):
    """The corrections of all tenants."""

    def find_correction(self, tenant_id: str, identity: str) -> Correction | None:
        with self._lock:
            return self._usage.get(tenant_id, TenantUsage()).corrections.get(identity)

    def list_corrections(self, tenant_id: str, wanted: CorrectionsWanted) -> Mapping[str, Correction]:
        with self._lock:
            stored = self._usage.get(tenant_id, TenantUsage()).corrections
            return {
                identity: each
                for identity, each in stored.items()
                if wanted.since <= each.ts <= wanted.until and wanted.run_id in (None, each.run_id)
            }

    def save_corrections(self, tenant: Tenant, change: CorrectionChange, now: datetime) -> None:
        with self._lock:
            usage = self._usage.setdefault(tenant.id, TenantUsage())
            stored = usage.corrections
            for each in change.corrections:
                known = stored.get(each.identity)
                if (known.version if known else None) != each.version:
                    raise StaleCorrection
            new = [*change.recorded, *(each for each in change.differences if each.adjusts)]
            if any(event.identity in usage.events for event in new):
                raise StaleCorrection
            for audit in change.audits:
                self._record(audit)
            usage.events.update({event.identity: event for event in new})
            stored.update(
                {each.identity: replace(each, version=self._next_version()) for each in change.corrections}
            )
            usage.recorded_at.update({event.identity: now for event in new})
            counted = [*change.recorded, *change.differences]
            self._add_to_counters(usage, counted, tenant.counters, now)
            for part in runs_of(change.recorded).values():
                usage.add_run(part)
            for part in runs_of(change.differences).values():
                usage.runs[part.id].add_sums(part)
            self._tenants[tenant.id] = replace(self._tenants[tenant.id], has_corrections=True)
