"""Admissions on Firestore: one commit, whose last write requires that the holds are as they were read."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from secrets import token_urlsafe
from typing import Any

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.encoding import Write, microseconds, set_fields
from shared.adapters.firestore.ledger.counters import counter_write
from shared.adapters.firestore.limits.holds import holds_write
from shared.adapters.firestore.limits.refusals import read_refusals, refusals_write
from shared.adapters.firestore.limits.run_admissions import (
    ADMISSION,
    END,
    LOOK_DUE,
    admission_fields,
    end_fields,
)
from shared.adapters.firestore.lost_answers import REFUSED
from shared.adapters.firestore.metering.commits import is_full
from shared.adapters.firestore.metering.events import COMPLETED, FAILED, read_run, run_write
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.people.tenants import change_write, delete_write, raise_shards_write
from shared.adapters.firestore.retries import Contended
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.errors import Conflict
from shared.domain.ledger.counter_settings import MAX_COUNTER_SHARDS
from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.holds import Holds
from shared.domain.limits.refused_runs import RefusedRuns
from shared.domain.metering.runs import run_admitted
from shared.ports import AdmissionChange, DueRun, RunChange, SavedAdmission, SettledRun, StaleHolds

_MOST_ABORTS = 2
"""After so many, others write to the same documents: the caller reads again, and paces itself."""
_NONCE_BYTES = 6
_COMMITS = "commits"


class FirestoreAdmissions:
    """Admissions on Firestore."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc

    def save_admission(self, tenant_id: str, change: AdmissionChange, read: Holds) -> SavedAdmission:
        paths = TenantPaths(self._rpc.documents, tenant_id)
        shards = change.settings.shards
        # A new counter if the first one is full. If that was not it, the holds are.
        for shard in (random.randrange(shards), min(shards, MAX_COUNTER_SHARDS - 1)):  # noqa: S311 (spreads load)
            writes = [*admission_writes(paths, change, shard), *holds_writes(paths, change, read)]
            try:
                response = self._commit(writes)
            except grpc.RpcError as error:
                if error.code() in REFUSED:
                    raise StaleHolds from error
                if not is_full(error):
                    raise
            else:
                return _saved(response, writes, ShardRef(change.now.date(), shard))
        raise Conflict("Too many runs are open, or count against too many budgets", code="too_many_open_runs")

    def save_refusals(self, tenant_id: str, refused: Sequence[RefusedRuns], place: int) -> None:
        name = TenantPaths(self._rpc.documents, tenant_id).refusals(refused[0].day)
        self._rpc.commit([refusals_write(name, refused, place)])

    def read_refusals(self, tenant_id: str, day: date) -> list[RefusedRuns]:
        name = TenantPaths(self._rpc.documents, tenant_id).refusals(day)
        found = self._rpc.batch_get([name])
        return read_refusals(found[name]) if name in found else []

    def due_runs(self, now: datetime, limit: int) -> list[DueRun]:
        found = self._rpc.query(self._rpc.documents, queries.due_runs(microseconds(now), limit))
        return [
            DueRun(tenant_id=each.name.split("/")[-3], run=read_run(each), version=each.update_time)
            for each in found
        ]

    def settle_runs(self, settled: Sequence[SettledRun]) -> None:
        names = [
            TenantPaths(self._rpc.documents, each.due.tenant_id).run(each.due.run.id) for each in settled
        ]
        self._rpc.batch_write([settle_write(name, each) for name, each in zip(names, settled, strict=True)])

    def _commit(self, writes: list[Any]) -> Any:
        try:
            return self._rpc.commit(writes, most_aborts=_MOST_ABORTS)
        except Contended as error:
            raise StaleHolds from error


def _saved(response: Any, writes: list[Any], counter: ShardRef) -> SavedAdmission:
    """Return what the response says; after a lost one, the value that the counter was set to is unknown."""
    version = response.write_results[-1].update_time
    for write, result in zip(writes, response.write_results, strict=True):
        changed = [transform.field_path for transform in write.update_transforms]
        if _COMMITS in changed and result.transform_results:
            commits = result.transform_results[changed.index(_COMMITS)].integer_value
            return SavedAdmission(version, counter, commits)
    return SavedAdmission(version)


def admission_writes(paths: TenantPaths, change: AdmissionChange, shard: int) -> Iterator[Any]:
    """Yield the writes of the counter, the runs and the tenant."""
    if counted := change.counted:
        today = change.now.date()
        if shard >= change.settings.shards:
            yield raise_shards_write(paths.tenant, shard + 1)
        due = change.settings.due_at(today, change.now)
        yield counter_write(paths.counter(ShardRef(today, shard)), counted, due)
    for run in change.runs:
        yield _run_write(paths.run_of_key(run.key), run, change.now)
    if change.is_first:
        yield change_write(paths.tenant, {"has_holds": True})


def holds_writes(paths: TenantPaths, change: AdmissionChange, read: Holds) -> Iterator[Any]:
    """Yield the writes of the holds. The emulator shows each write by itself: what is read first is written last."""
    for root, holds in change.trees.items():
        tree = paths.tree(root)
        yield delete_write(tree) if holds is None else holds_write(tree, holds)
    write = holds_write(paths.holds, change.holds)
    # Random, so that a commit whose response was lost is not taken for another's.
    write.update.fields["nonce"].string_value = token_urlsafe(_NONCE_BYTES)
    write.update_mask.field_paths.append("nonce")
    if read.version is None:
        write.current_document.exists = False
    else:
        write.current_document.update_time.CopyFrom(read.version)
    yield write


def _run_write(name: str, change: RunChange, now: datetime) -> Any:
    """Return a write that changes a run's document. Unless the run begins, it fails if there is no such run."""
    if change.begins is not None:
        # As the first event of a run does it: other events may have begun it earlier, or may be later.
        write = run_write(name, run_admitted(change.begins, change.admission, now))
    else:
        write = Write()
        write.update.name = name
        write.current_document.exists = True
    fields: dict[str, object] = {}
    if change.admission is not None:
        fields[ADMISSION] = admission_fields(change.admission)
    if change.look_at is not None:
        fields[LOOK_DUE] = microseconds(change.look_at)
    elif change.end is not None:
        # Named in the mask without a value, it is removed.
        write.update_mask.field_paths.append(LOOK_DUE)
    if change.end is not None:
        fields |= {END: end_fields(change.end), f"is_{change.end.status}": True, "unmeasured": True}
        outcome = FAILED if change.end.status == "failed" else COMPLETED
        write.update_transforms.add(field_path="outcome").maximum.integer_value = outcome
        ended_at_us = microseconds(change.end.ended_at)
        write.update_transforms.add(field_path="last_at_us").maximum.integer_value = ended_at_us
    set_fields(write.update.fields, fields)
    paths = write.update_mask.field_paths
    paths.extend(field for field in fields if field not in paths)
    return write


def settle_write(name: str, settled: SettledRun) -> Any:
    """Return a write that fails if the run has changed since it was read."""
    write = Write()
    write.update.name = name
    write.current_document.update_time.CopyFrom(settled.due.version)
    write.update_mask.field_paths.append(LOOK_DUE)
    if settled.next_at is not None:
        write.update.fields[LOOK_DUE].integer_value = microseconds(settled.next_at)
    if settled.settled is not None:
        set_fields(write.update.fields, {ADMISSION: {"settled": settled.settled._asdict()}})
        write.update_mask.field_paths.append(f"{ADMISSION}.settled")
    return write
