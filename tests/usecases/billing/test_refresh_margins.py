"""Stored margins equal invoices less the ledger's cost, whatever happened, once the fold or the daily job came."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from uuid import uuid4

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.firestore import (
    FirestoreBillingStore,
    FirestoreDirectory,
    FirestoreMargins,
    FirestoreRpc,
    FirestoreUsageStore,
)
from shared.adapters.memory import MemoryStore
from shared.domain.billing.corrections import Correction, ObservedCorrection
from shared.domain.billing.invoices import InvoiceRow
from shared.domain.billing.margins import Margin, MarginSum, TenantMargin
from shared.domain.errors import TooLarge
from shared.domain.ledger.counters import OTHER, Series
from shared.domain.ledger.periods import Period
from shared.domain.ledger.usage import Detail
from shared.domain.limits.plans import PlanVersion
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.domain.prices.costs import EventCost
from shared.ports import BillingChange, BillingStore, Directory, Margins, UsageStore
from shared.usecases.billing.refresh_margins import MarginRefresher
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.ledger.ledger import Ledger, PeriodUsage
from tests.margin_fixtures import invoice_row
from tests.properties import ON_EMULATOR
from tests.sample_events import NOON, ONE_SHARD, costing, llm_call
from tests.usecases.plain_sums import new_tenant, plain_sums

CENT = 10**7
TENANTS = ("acme", "bolt", "cube")
PLANS = ("free", "starter")
DAY = timedelta(days=1)
UNKNOWN, PARTIAL = EventCost("unknown"), EventCost("incomplete", 5_000, "provider", ("usage.seconds",))


@dataclass
class World:
    """A few tenants of a store, the clock, and everything that was recorded and invoiced."""

    usage: UsageStore
    directory: Directory
    billing: BillingStore
    margins: Margins
    now: datetime = NOON
    events: dict[str, list[RecordedEvent]] = field(default_factory=dict)
    invoices: dict[tuple[str, str], InvoiceRow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, tenant_id in enumerate(TENANTS):
            new_tenant(self.directory, tenant_id, plan=PLANS[number % 2], created_at=NOON - 400 * DAY)

    @property
    def refresher(self) -> MarginRefresher:
        return MarginRefresher(Ledger(self.usage), self.billing, self.margins)

    def tenant(self, tenant_id: str) -> Tenant:
        tenant = self.directory.find_tenant(tenant_id)
        assert tenant is not None
        return tenant

    def record(self, tenant_id: str, hours_ago: int, cost: EventCost | None = None) -> None:
        known = self.events.setdefault(tenant_id, [])
        event = llm_call(f"e{len(known)}", ts=self.now - timedelta(hours=hours_ago))
        event = costing(event, cost) if cost else event
        self.usage.record(tenant_id, [event], ONE_SHARD, self.now)
        known.append(event)

    def invoice(self, tenant_id: str, row: InvoiceRow) -> None:
        read = self.billing.read_account(tenant_id, row.id)
        assert read is not None
        change = BillingChange(
            account=read.account, at=self.now, invoice=row, invoice_version=read.invoice_version
        )
        self.billing.save_billing(change)
        self.invoices[tenant_id, row.id] = row

    def set_plan(self, tenant_id: str, plan: str) -> None:
        change = Change("test", self.now)
        self.directory.set_plan(tenant_id, PlanVersion(plan, 1), change.entry(tenant_id, "x", None, None))

    def pass_by(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    def fold(self) -> None:
        folder = TenantFolder(self.usage, hourly=self.refresher.refresh_current)
        fold_tenants(folder, TENANTS, self.now)

    def run_daily_job(self) -> None:
        # As the job does: late events of a day that is complete count after a fold.
        fold_tenants(TenantFolder(self.usage), TENANTS, self.now)
        self.refresher.refresh(TENANTS, self.now)

    def stored(self, tenant_id: str, month: date) -> TenantMargin | None:
        return next(iter(self.margins.read_margins(tenant_id, [month])), None)

    def expected(self, tenant_id: str, month: date) -> Margin:
        """Return the margin by plain sums over everything that was recorded and invoiced."""
        following = (month + 31 * DAY).replace(day=1)
        start, end = (datetime(each.year, each.month, 1, tzinfo=NOON.tzinfo) for each in (month, following))
        used = plain_sums(self.events.get(tenant_id, []), Period(start, end)).totals
        rows = [row for (owner, _), row in self.invoices.items() if owner == tenant_id]
        within = [row for row in rows if start <= row.invoice.created < end]
        return Margin(
            revenue_nanousd=_cents(within, "paid") * CENT,
            unpaid_nanousd=_cents(within, "open") * CENT,
            cost_nanousd=used.get("cost_nanousd", 0),
            unpriced_calls=used.get("unpriced_calls", 0),
            incomplete_calls=used.get("incomplete_calls", 0),
            other_currency_invoices=sum(
                row.invoice.currency != "usd" and row.invoice.status in ("paid", "open") for row in within
            ),
        )

    def months(self) -> list[date]:
        """The months that a fold or the daily job keeps right: the current one and the one before."""
        current = self.now.date().replace(day=1)
        return [current, (current - DAY).replace(day=1)]

    def check(self) -> None:
        for month in self.months():
            by_plan: dict[str, list[Margin]] = {}
            for tenant_id in TENANTS:
                stored, expected = self.stored(tenant_id, month), self.expected(tenant_id, month)
                assert stored is not None
                assert stored.margin == expected
                assert expected.margin_nanousd == stored.margin.revenue_nanousd - stored.margin.cost_nanousd
                by_plan.setdefault(stored.plan, []).append(expected)
            sums = self.margins.sum_margins(month, PLANS)
            assert sums.plans == {
                plan: MarginSum(len(parts), sum(parts, Margin())) for plan, parts in by_plan.items()
            }
            everything = [margin for parts in by_plan.values() for margin in parts]
            assert sums.total == MarginSum(len(TENANTS), sum(everything, Margin()))
        for tenant_id in TENANTS:
            live = self.refresher.read_live(self.tenant(tenant_id), self.now)
            assert [each.margin for each in live] == [self.expected(tenant_id, each.month) for each in live]
            assert len(live) == 12


def _cents(rows: Iterable[InvoiceRow], status: str) -> int:
    total = 0
    for row in rows:
        invoice = row.invoice
        if (invoice.status, invoice.currency) == (status, "usd"):
            back = sum(each.correction.refunded for each in row.corrections)
            part = Fraction(invoice.total_without_tax, invoice.total)
            total += round(max(invoice.total - back, 0) * part)
    return total


def refunded(cents: int, at: datetime) -> ObservedCorrection:
    return ObservedCorrection(
        correction=Correction(id="ch_1", kind="charge", refunded=cents), at=at, event_id="evt_1"
    )


SOMEBODY = st.sampled_from(TENANTS)
RECORDS = st.tuples(SOMEBODY, st.integers(0, 34 * 24), st.sampled_from([None, UNKNOWN, PARTIAL])).map(
    lambda each: lambda world: world.record(*each)
)
INVOICES = st.builds(
    lambda tenant_id, number, cents, tax, refund, status, currency, days: (
        lambda world: world.invoice(
            tenant_id,
            invoice_row(
                f"in_{number}",
                cents + tax,
                total_excluding_tax=cents,
                status=status,
                currency=currency,
                created=NOON - days * DAY,
                corrections=(refunded(refund, world.now),),
            ),
        )
    ),
    SOMEBODY,
    st.integers(0, 3),
    st.integers(1, 500_00),
    st.integers(0, 100_00),
    st.integers(0, 600_00),
    st.sampled_from(["paid", "paid", "open", "void", "draft", "uncollectible"]),
    st.sampled_from(["usd", "usd", "eur"]),
    st.integers(0, 90),
)
STEPS = st.one_of(
    RECORDS,
    INVOICES,
    st.tuples(SOMEBODY, st.sampled_from(PLANS)).map(lambda each: lambda world: world.set_plan(*each)),
    st.integers(1, 24 * 20).map(lambda hours: lambda world: world.pass_by(hours)),
    st.just(World.fold),
    st.just(World.run_daily_job),
)


def in_memory() -> World:
    """A world whose tenants have nothing yet."""
    store = MemoryStore()
    return World(store, store, store, store)


def in_firestore(channel: grpc.Channel) -> World:
    rpc = FirestoreRpc(f"demo-{uuid4().hex[:12]}", lambda: channel, is_emulator=True)
    return World(
        FirestoreUsageStore(rpc, timedelta(days=40)),
        FirestoreDirectory(rpc),
        FirestoreBillingStore(rpc),
        FirestoreMargins(rpc),
    )


HISTORIES = st.lists(STEPS, max_size=15)


@given(steps=HISTORIES)
def test_in_memory_a_margin_equals_invoices_less_the_cost_in_the_ledger(
    steps: list[Callable[[World], None]],
) -> None:
    check_history(in_memory(), steps)


@ON_EMULATOR
@given(steps=HISTORIES)
def test_in_firestore_a_margin_equals_invoices_less_the_cost_in_the_ledger(
    firestore_channel: grpc.Channel, steps: list[Callable[[World], None]]
) -> None:
    check_history(in_firestore(firestore_channel), steps)


def check_history(here: World, steps: list[Callable[[World], None]]) -> None:
    for step in steps:
        step(here)
    here.run_daily_job()
    here.check()
    here.record("acme", 0)
    here.pass_by(1)
    here.record("acme", 0)
    here.fold()
    stored = here.stored("acme", here.months()[0])
    assert stored is not None
    assert stored.margin == here.expected("acme", here.months()[0]), "the first fold of an hour refreshes it"


def test_a_refund_of_an_old_invoice_reaches_its_month() -> None:
    here = in_memory()
    march = date(2026, 3, 1)
    created = datetime(2026, 3, 9, tzinfo=NOON.tzinfo)
    here.invoice("acme", invoice_row("in_1", 29_00, created=created))
    here.refresher.refresh_month("acme", march, here.now)
    here.invoice("acme", invoice_row("in_1", 29_00, created=created, corrections=(refunded(9_00, here.now),)))
    here.run_daily_job()
    stored = here.stored("acme", march)
    assert stored is not None
    assert stored.margin == Margin(revenue_nanousd=20_00 * CENT)


def test_a_month_that_has_ended_keeps_the_plan_it_had() -> None:
    here = in_memory()
    here.run_daily_job()
    here.pass_by(24 * 15)
    here.set_plan("acme", "starter")
    here.run_daily_job()
    december, november = (here.stored("acme", month) for month in here.months())
    assert december is not None
    assert november is not None
    assert (december.plan, november.plan) == ("starter", "free")


def test_the_largest_series_are_kept_with_what_is_unknown_of_them() -> None:
    here = in_memory()
    here.record("acme", 0)
    here.record("acme", 30, UNKNOWN)
    here.run_daily_job()
    stored = here.stored("acme", here.months()[0])
    assert stored is not None
    assert stored.series[Series("openai", "gpt-4.1-mini")]["calls"] == 2
    assert stored.series[Series("openai", "gpt-4.1-mini")]["unpriced_calls"] == 1
    assert here.margins.list_incomplete_margins(here.months()[0], 5) == [stored]


def test_a_month_with_too_many_series_to_be_read_is_computed_without_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = in_memory()
    here.record("acme", 0)
    here.record("acme", 30)
    fold_tenants(TenantFolder(here.usage), ["acme"], here.now)

    def within(ledger: Ledger, known: Tenant, period: Period, detail: Detail, now: datetime) -> PeriodUsage:
        if detail is Detail.SERIES:
            raise TooLarge("This interval has too much usage to read at once")
        return read(ledger, known, period, detail, now)

    read = Ledger.within
    monkeypatch.setattr(Ledger, "within", within)
    here.run_daily_job()
    stored = here.stored("acme", here.months()[0])
    assert stored is not None
    assert stored.margin == here.expected("acme", here.months()[0])
    assert list(stored.series) == [OTHER]


def test_a_tenant_that_did_not_exist_has_no_margin_in_a_month_before_it() -> None:
    here = in_memory()
    new_tenant(here.directory, "late", created_at=NOON)
    here.refresher.refresh(["late", "nobody"], here.now)
    assert [here.stored("late", month) is not None for month in here.months()] == [True, False]
    live = here.refresher.read_live(here.tenant("late"), here.now)
    assert [each.month for each in live] == [date(2026, 11, 1)]
    here.record("late", 25 * 24)
    here.refresher.refresh(["late"], here.now)
    assert here.stored("late", date(2026, 10, 1)) is not None, "an event may be older than its tenant"
    assert len(here.refresher.read_live(here.tenant("late"), here.now)) == 2


def test_a_refresh_reads_the_days_with_usage_and_writes_one_document(firestore_channel: grpc.Channel) -> None:
    rpc = FirestoreRpc(f"demo-{uuid4().hex[:12]}", lambda: firestore_channel, is_emulator=True)
    usage, billing = FirestoreUsageStore(rpc, timedelta(days=40)), FirestoreBillingStore(rpc)
    here = World(usage, FirestoreDirectory(rpc), billing, FirestoreMargins(rpc), now=NOON + 10 * DAY)
    # Each on its own day: a late event would have its day counted again.
    for day in reversed(range(30)):
        here.now = NOON + (10 - day) * DAY
        here.record("acme", 0)
    fold_tenants(TenantFolder(usage), ["acme", "bolt"], here.now)
    reads = []
    for tenant_id in ("acme", "bolt"):
        tenant = here.tenant(tenant_id)
        with rpc.request() as operations:
            here.refresher.refresh_current(tenant, here.now)
        reads.append((operations.calls, operations.reads, operations.writes))
    busy, idle = reads
    # Usage twice, with the tenant, its month and today's counter; the days that have ended; the invoices.
    assert busy == (4, 3 + (3 + 29) + 1, 1)
    assert idle == (3, 3 + 1, 1), "of an idle tenant no days are read"


class _Counted:
    """Counts the calls of `hourly`, which fails if it is asked to."""

    def __init__(self, *, fails: bool = False) -> None:
        self.calls: list[datetime] = []
        self._fails = fails

    def __call__(self, _tenant: Tenant, now: datetime) -> None:
        self.calls.append(now)
        if self._fails:
            raise RuntimeError("broken")


@pytest.mark.parametrize("minutes", [1, 15])
def test_a_fold_refreshes_at_most_once_in_an_hour(minutes: int) -> None:
    store = MemoryStore()
    here, hourly = World(store, store, store, store), _Counted()
    folder = TenantFolder(store, hourly=hourly)
    for number in range(180 // minutes):
        here.now = NOON + timedelta(minutes=number * minutes)
        here.record("acme", 0)
        here.record("acme", 40)
        fold_tenants(folder, ["acme"], here.now)
    assert hourly.calls == [NOON, NOON + timedelta(hours=1), NOON + timedelta(hours=2)]


def test_late_events_of_another_day_count_within_the_hour_too() -> None:
    store = MemoryStore()
    here, hourly = World(store, store, store, store), _Counted()
    here.record("acme", 40)
    fold_tenants(TenantFolder(store, hourly=hourly), ["acme"], here.now)
    assert hourly.calls == [here.now], "they are named on today's counter"


def test_a_refresh_that_fails_does_not_fail_the_fold(caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryStore()
    here, hourly = World(store, store, store, store), _Counted(fails=True)
    here.record("acme", 0)
    fold_tenants(TenantFolder(store, hourly=hourly), ["acme"], here.now)
    assert hourly.calls == [NOON]
    assert list(store.due_counters(NOON + DAY)) == [], "what was folded is clean"
    assert "the hourly work for tenant acme failed" in caplog.text


def test_a_plan_set_meanwhile_is_that_of_the_current_month() -> None:
    store = MemoryStore()
    here = World(store, store, store, store)
    here.run_daily_job()
    here.set_plan("acme", "starter")
    here.record("acme", 0)
    here.fold()
    stored = here.stored("acme", here.months()[0])
    assert stored is not None
    assert replace(stored, series={}) == TenantMargin(
        month=date(2026, 11, 1),
        tenant_id="acme",
        name="Acme",
        plan="starter",
        margin=here.expected("acme", date(2026, 11, 1)),
        series={},
        computed_at=here.now,
    )
