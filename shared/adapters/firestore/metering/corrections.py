"""Corrections in Firestore: one commit holds a correction, what it changes in the sums, and its audit entry."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.encoding import Value, Write, get_fields, increment, read_as, set_timestamp
from shared.adapters.firestore.ledger.budgets import add_run_budgets
from shared.adapters.firestore.lost_answers import REFUSED
from shared.adapters.firestore.metering.commits import Content, Recording, UsageCommits
from shared.adapters.firestore.metering.events import CommonFields, write_event
from shared.adapters.firestore.metering.recorder import split
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.people.tenants import (
    HAS_CORRECTIONS,
    audit_write,
    change_write,
    set_write,
)
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.metering.corrections import Correction
from shared.domain.metering.runs import Run, runs_of
from shared.domain.people.tenants import Tenant
from shared.domain.prices.costs import EventCost
from shared.ports import CorrectionChange, CorrectionsWanted, StaleCorrection

_NONCE: Final = "nonce"
_EXPIRE_AT: Final = "expire_at"


class FirestoreCorrections:
    """Corrections on Firestore; each is kept as long as its event, at least."""

    def __init__(
        self, rpc: FirestoreRpc, commits: UsageCommits, retention: timedelta, *, feeds_warehouse: bool = False
    ) -> None:
        self._rpc = rpc
        self._commits = commits
        self._retention = retention
        self._feeds_warehouse = feeds_warehouse

    def find_correction(self, tenant_id: str, identity: str) -> Correction | None:
        name = self._paths(tenant_id).correction(identity)
        found = self._rpc.batch_get([name])
        return read_correction(found[name]) if name in found else None

    def list_corrections(self, tenant_id: str, wanted: CorrectionsWanted) -> Mapping[str, Correction]:
        query = queries.corrections_within(wanted.since, wanted.until, wanted.run_id)
        found = map(read_correction, self._rpc.query(self._paths(tenant_id).tenant, query))
        return {each.identity: each for each in found}

    def save_corrections(self, tenant: Tenant, change: CorrectionChange, now: datetime) -> None:
        recording = Recording.begin(self._paths(tenant.id), tenant.counters, now, self._retention)
        writes = list(self._writes(tenant, change, recording))
        groups = list(split([*change.recorded, *change.differences], sys.maxsize))
        content = Content(groups, lambda to: to.writes.extend(writes), extending=change.recorded)
        try:
            is_saved = self._commits.commit_unless_known(recording, content)
        except grpc.RpcError as error:
            if error.code() not in REFUSED:
                raise
            is_saved = False
        if not is_saved and not self._is_stored(change, recording):
            raise StaleCorrection

    def _writes(self, tenant: Tenant, change: CorrectionChange, recording: Recording) -> Iterator[Any]:
        """Yield the writes of everything but counters, names and new runs."""
        paths, recorded_at = recording.paths, recording.now if self._feeds_warehouse else None
        common = CommonFields(recording.nonce, Value(), recorded_at)
        set_timestamp(common.expire_at, recording.expire_at)
        for event in (*change.recorded, *(each for each in change.differences if each.adjusts)):
            write = Write()
            write_event(write, paths.event(event.identity), event, common)
            yield write
        for run_id, run in sorted(runs_of(change.differences).items()):
            yield run_sums_write(paths.run(run_id), run)
        for each in change.corrections:
            yield correction_write(paths.correction(each.identity), each, recording)
        for audit in change.audits:
            yield audit_write(self._rpc, audit)
        if not tenant.has_corrections:
            yield change_write(paths.tenant, {HAS_CORRECTIONS: True})

    def _is_stored(self, change: CorrectionChange, recording: Recording) -> bool:
        """Return whether this change was stored by an attempt whose response was lost."""
        name = recording.paths.correction(change.corrections[0].identity)
        found = self._rpc.batch_get([name], [_NONCE])
        return name in found and found[name].fields[_NONCE].string_value == recording.nonce

    def _paths(self, tenant_id: str) -> TenantPaths:
        return TenantPaths(self._rpc.documents, tenant_id)


def run_sums_write(name: str, run: Run) -> Any:
    """Return a write that adds to a run's totals alone; it fails if there is no such run."""
    write = Write()
    write.update.name = name
    write.update_mask.SetInParent()
    write.current_document.exists = True
    increment(write, "totals", run.totals)
    add_run_budgets(write, run.budgets)
    return write


def correction_write(name: str, correction: Correction, recording: Recording) -> Any:
    """Return a write that fails if the event was corrected since the version that this correction replaces."""
    fields = asdict(correction)
    version = fields.pop("version")
    cost = correction.cost
    fields |= {
        "cost": cost._asdict() if cost else None,
        _NONCE: recording.nonce,
        _EXPIRE_AT: recording.expire_at,
    }
    write = set_write(name, {field: value for field, value in fields.items() if value is not None})
    if version is None:
        write.current_document.exists = False
    else:
        write.current_document.update_time.CopyFrom(version)
    return write


def read_correction(document: Any) -> Correction:
    fields = get_fields(document.fields)
    others: dict[str, Any] = {"run_id": fields.get("run_id"), "version": document.update_time}
    if "cost" in fields:
        cost = read_as(EventCost, fields["cost"])
        others["cost"] = cost._replace(unread=tuple(cost.unread))
    return read_as(Correction, fields, **others)
