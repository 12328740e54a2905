"""The store's part of an admission: a read and a commit, with few and many open holds, against recording an event."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import grpc

from shared.adapters.firestore import (
    FirestoreAdmissions,
    FirestoreDirectory,
    FirestoreRpc,
    FirestoreUsageStore,
)
from shared.adapters.firestore.rpc import open_channel
from shared.domain.ledger.budget_counts import BudgetSlot
from shared.domain.ledger.counter_settings import DEFAULT_COUNTER_SETTINGS
from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.holds import MAX_OPEN_HOLDS, Amounts, Hold, Holds, RunAdmission, RunKey, run_key
from shared.domain.ledger.periods import month_of
from shared.domain.people.tenants import Tenant
from shared.ports import AdmissionChange, RunChange
from tools.bench.counting import OperationCounter
from tools.bench.history import create, event
from tools.bench.report import Measure, at_most, exactly
from tools.bench.timing import medians, seconds
from tools.dev.emulators import firestore_emulator
from tools.dev.settings import PROJECT_ID

NOW = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The number of open holds, and whether the instance remembers them from the commit before."""

    holds: int
    remembers: bool = False

    @property
    def name(self) -> str:
        return f"{self.holds}_open_remembered" if self.remembers else f"{self.holds}_open"


TARGETS = {
    Situation(holds=0): at_most(3),
    Situation(holds=1_000): None,
    Situation(holds=1_000, remembers=True): at_most(3),
    Situation(holds=MAX_OPEN_HOLDS): None,
    Situation(holds=MAX_OPEN_HOLDS, remembers=True): None,
}
"""For how many times the time of recording an event."""
ROUNDS = 100
WARM_UP = 40
_RETENTION = timedelta(days=90)
_AMOUNTS = Amounts(5_000_000_000, 200_000)
_HOLD = Hold(
    amounts=_AMOUNTS,
    expires_at=NOW + timedelta(hours=1),
    drawn=Amounts(1_234_567_890, 54_321),
    budgets=frozenset({BudgetSlot("search@1764158400")}),
)
_ADMISSION = RunAdmission(
    request="f" * 32,
    holds_cost=True,
    holds_tokens=True,
    amounts=_AMOUNTS,
    admitted_at=NOW,
    expires_at=_HOLD.expires_at,
)


def measure() -> Iterator[Measure]:
    """Take the time and count the operations on the emulator, in turns."""
    with firestore_emulator() as host, open_channel(host) as channel:
        counter = OperationCounter()
        rpc = FirestoreRpc(PROJECT_ID, lambda: grpc.intercept_channel(channel, counter), is_emulator=True)
        # Each by itself: an emulator that reads megabytes for one of them is slow for the next.
        tenants = {situation: HoldingTenant(rpc, situation) for situation in TARGETS}
        for situation, tenant in tenants.items():
            medians(WARM_UP, tenant.record_seconds, tenant.admit_seconds)
            recording, admitting = medians(ROUNDS, tenant.record_seconds, tenant.admit_seconds)
            yield Measure(
                f"admission_store_{situation.name}_times",
                admitting / recording,
                "times",
                TARGETS[situation],
                f"{admitting * 1000:.2f} ms; {recording * 1000:.2f} ms for recording one event",
            )
        operations = counter.of(tenants[Situation(holds=1_000)].admit_seconds)
        yield Measure("admission_store_rpcs", operations.rpcs, "RPCs", exactly(2))
        yield Measure(
            "admission_store_reads",
            operations.reads,
            "reads",
            exactly(5),
            "tenant, holds, run, counter, month",
        )
        yield Measure(
            "admission_store_writes", operations.writes, "writes", exactly(3), "counter, run, holds"
        )


@dataclass
class HoldingTenant:
    """A tenant with open holds; each admission releases the one before it."""

    rpc: FirestoreRpc
    situation: Situation
    _numbers: Iterator[int] = field(default_factory=count)
    _previous: dict[RunKey, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.id = f"holds-{self.situation.name}"
        self._store = FirestoreUsageStore(self.rpc, _RETENTION)
        self._admissions = FirestoreAdmissions(self.rpc)
        create(
            FirestoreDirectory(self.rpc), Tenant(id=self.id, name=self.id, plan="enterprise", created_at=NOW)
        )
        held = {run_key(f"open-{number}"): _HOLD for number in range(self.situation.holds)}
        change = AdmissionChange(now=NOW, settings=DEFAULT_COUNTER_SETTINGS, holds=held, is_first=True)
        self._version = self._admissions.save_admission(self.id, change, Holds()).version

    def record_seconds(self) -> float:
        """Return how long recording an event of a new run takes."""
        number = next(self._numbers)
        recorded = event(number, NOW, self.id, str(number))
        return seconds(lambda: self._store.record(self.id, [recorded], DEFAULT_COUNTER_SETTINGS, NOW))

    def admit_seconds(self) -> float:
        """Return how long the store takes to admit a run."""
        run_id = f"run-{next(self._numbers)}"
        taken = seconds(lambda: self._admit(run_id))
        self._previous = {run_key(run_id): None}
        return taken

    def _admit(self, run_id: str) -> None:
        run, today = run_key(run_id), NOW.date()
        remembers = self.situation.remembers
        wanted = Wanted(
            holds=not remembers,
            runs=frozenset({run}),
            shards=(ShardRef(today, 0),),
            months=(month_of(today),),
        )
        found = self._store.read(self.id, wanted).documents
        change = AdmissionChange(
            now=NOW,
            settings=DEFAULT_COUNTER_SETTINGS,
            runs=[RunChange(key=run, admission=_ADMISSION, begins=run_id)],
            holds={**self._previous, run: _HOLD},
        )
        holds = Holds(version=self._version) if remembers else found.holds
        self._version = self._admissions.save_admission(self.id, change, holds).version
