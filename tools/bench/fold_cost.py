"""The monthly cost of folding an always active tenant, from a simulated day of recordings and ticks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, islice
from typing import Final

import grpc

from shared.adapters.default_plans import default_plans
from shared.adapters.firestore import (
    FirestoreDirectory,
    FirestoreMembers,
    FirestoreOutbox,
    FirestoreRpc,
    FirestoreUsageStore,
)
from shared.adapters.firestore.metering.commits import Place, Recording, UsageCommits
from shared.adapters.firestore.metering.recorder import content_of
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.rpc import CommitRequest, open_channel
from shared.adapters.memory import InlineTickPublisher
from shared.domain.ledger.counter_settings import MAX_COUNTER_SHARDS, CounterSettings
from shared.domain.limits.limits import LimitOverrides
from shared.domain.notices.mail_templates import Links
from shared.domain.people.tenants import Tenant
from shared.ports.ledger import NOTHING
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_days, fold_due
from shared.usecases.ledger.ledger import read_documents
from shared.usecases.limits.check_limits import Thresholds
from shared.usecases.notices.raise_alerts import AlertRaiser
from tools.bench.counting import OperationCounter, Operations, usd
from tools.bench.history import create, event
from tools.bench.report import Measure, at_most
from tools.dev.emulators import firestore_emulator
from tools.dev.settings import PROJECT_ID

START = datetime(2026, 12, 3, tzinfo=UTC)
ANCHOR = datetime(2026, 11, 7, 9, tzinfo=UTC)
"""The period at START touches two months and begins within a day: its folds read the most documents."""
WARM_UP_MINUTES = 60
MINUTES_PER_DAY = 24 * 60
DAYS_PER_MONTH = 30
TARGETS: Final = {1: at_most(0.03), MAX_COUNTER_SHARDS: at_most(0.30)}
COMMITS_PER_MINUTE = 30
"""Of each counter: a rate that neither raises nor lowers the number of shards."""
FAR_FROM_LIMITS = LimitOverrides(tokens=10**15, runs=10**9)
_RETENTION = timedelta(days=90)
_A_MINUTE = timedelta(minutes=1)


def measure() -> Iterator[Measure]:
    """Price what is counted at the channel of the real adapter, on the emulator."""
    with firestore_emulator(heap_mb=3072) as host, open_channel(host) as channel:
        for shards, target in TARGETS.items():
            counter = OperationCounter()
            # A project for each: a tick finds what is due of all tenants.
            project = f"{PROJECT_ID}-{shards}-shards"
            connect = partial(grpc.intercept_channel, channel, counter)
            rpc = FirestoreRpc(project, connect, is_emulator=True)
            tenant = ActiveTenant(rpc, counter, shards)
            tenant.live(WARM_UP_MINUTES)
            day = tenant.live(MINUTES_PER_DAY)
            # Each day's counters are deleted once, when they have expired.
            month = usd(day.folds.cost_nanousd(deletes=shards) * DAYS_PER_MONTH)
            mean = f"{day.folds.reads / day.count:.1f} reads and {day.folds.writes / day.count:.1f} writes"
            words = f"{day.count} folds a day, each of {mean}"
            yield Measure(f"fold_cost_shards_{shards}", month, "USD per tenant and month", target, words)
        ticks = usd(day.idle_ticks.cost_nanousd() * DAYS_PER_MONTH)
        words = "ticks that find nothing due, for all tenants together"
        yield Measure("idle_ticks_cost", ticks, "USD per month", None, words)


@dataclass
class Ticks:
    """Ticks that folded, and ticks that found nothing due."""

    count: int = 0
    folds: Operations = field(default_factory=Operations)
    idle_ticks: Operations = field(default_factory=Operations)

    def add(self, tick: Operations) -> None:
        """Add a tick."""
        if tick.writes:
            self.count += 1
            self.folds += tick
        else:
            self.idle_ticks += tick


@dataclass
class ActiveTenant:
    """A tenant that is written to in each minute and begins a run in it, and is far from its limits."""

    rpc: FirestoreRpc
    counter: OperationCounter
    shards: int

    def __post_init__(self) -> None:
        self._tenant = Tenant(
            id="active",
            name="Active",
            plan="enterprise",
            created_at=ANCHOR,
            overrides=FAR_FROM_LIMITS,
            anchor=ANCHOR,
            counters=CounterSettings(shards=self.shards),
        )
        create(FirestoreDirectory(self.rpc), self._tenant)
        self._store = FirestoreUsageStore(self.rpc, _RETENTION)
        self._commits = UsageCommits(self.rpc)
        self._paths = TenantPaths(self.rpc.documents, self._tenant.id)
        self._numbers = count()
        self._minutes = count()
        thresholds = Thresholds(80, 100, default_plans)
        alerts = AlertRaiser(
            store=self._store,
            members=FirestoreMembers(self.rpc),
            outbox=FirestoreOutbox(self.rpc),
            thresholds=thresholds,
            links=Links("https://bench.invalid"),
        )
        self._folder = TenantFolder(self._store, thresholds.policy_of, alerts)

    def live(self, minutes: int) -> Ticks:
        """Let so many minutes go by, and return their ticks."""
        ticks = Ticks()
        for minute in islice(self._minutes, minutes):
            now = START + minute * _A_MINUTE
            ticks.add(self._tick(now))
            # At once after the tick, so that the counters are due as early as they can be.
            self._record(now)
        if (settings := self._settings()).shards != self.shards:
            raise RuntimeError(f"the tenant has come to {settings.shards} shards")
        return ticks

    def _tick(self, now: datetime) -> Operations:
        publisher = InlineTickPublisher(lambda message: fold_days(self._folder, message.due, now))
        return self.counter.of(lambda: fold_due(self._folder, publisher, now))

    def _record(self, now: datetime) -> None:
        """Write each counter, in one commit that stands for those of a minute."""
        settings = self._settings()
        recording = Recording(self._paths, settings, now, now + _RETENTION, "nonce")
        request = CommitRequest(database=self.rpc.database)
        for shard in range(settings.shards):
            events = [event(next(self._numbers), now, "active", f"{now:%d-%H-%M}")]
            request.writes.extend(
                self._commits.commit_request(
                    recording, content_of(recording, events), Place(shard, 1, None)
                ).writes
            )
        for write in request.writes:
            for transform in write.update_transforms:
                if transform.field_path == "commits":
                    transform.increment.integer_value = COMMITS_PER_MINUTE
        self.rpc.send_commit(request)

    def _settings(self) -> CounterSettings:
        return read_documents(self._store, self._tenant.id, NOTHING)[0].counters
