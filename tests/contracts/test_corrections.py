"""UsageStore.save_corrections: each counts once, in the hour of its event, with all that follows from it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.ledger.attribution import AttributionRef
from shared.domain.ledger.budget_counts import BudgetSlot, Counted, Spent
from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.documents import Wanted
from shared.domain.metering.corrected_events import correct, uncorrected
from shared.domain.metering.corrections import Correction, CorrectionState
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.audit import AuditEntry
from shared.domain.people.tenants import Tenant
from shared.ports import CorrectionChange, CorrectionsWanted, StaleCorrection, UsageStore
from tests.contracts.conftest import Stores
from tests.sample_batches import batch_of_calls
from tests.sample_events import CALL, NOON, ONE_SHARD, TODAY, counted, counted_cells, llm_call, mark, times
from tests.usecases.plain_sums import new_tenant, stored_tenant

HOUR = timedelta(hours=1)
AUDIT = AuditEntry(
    tenant_id="acme", at=NOON, actor="admin:ada", action="event.voided", before=None, after="e1", reason="why"
)


@pytest.fixture
def tenant(stores: Stores) -> Tenant:
    return new_tenant(stores.directory)


def changing(
    event: RecordedEvent, state: CorrectionState, before: Correction | None = None
) -> CorrectionChange:
    """Return the change that gives an event this state."""
    known = before or uncorrected(event)
    after = replace(known, state=state, reason="why", by="admin:ada", at=NOON, revision=known.revision + 1)
    correction, difference = correct(event, before, after, NOON)
    return CorrectionChange(corrections=[correction], differences=[difference], audits=[AUDIT])


def set_state(store: UsageStore, tenant: Tenant, event: RecordedEvent, state: CorrectionState) -> None:
    """Read the correction of an event, and give it this state."""
    before = store.find_correction(tenant.id, event.identity)
    store.save_corrections(tenant, changing(event, state, before), NOON)


def test_a_void_takes_back_what_the_event_counted_and_its_opposite_counts_it_again(
    store: UsageStore, tenant: Tenant
) -> None:
    event = llm_call("e1", ts=NOON - 3 * HOUR)
    store.record("acme", [event, llm_call("e2")], ONE_SHARD, NOON)
    both = counted_cells(store, "acme")
    set_state(store, tenant, event, "voided")
    assert counted(store, "acme") == CALL
    assert {cell.hour for cell in counted_cells(store, "acme")} == {12}
    set_state(store, tenant, event, "unvoided")
    assert counted_cells(store, "acme") == both
    assert counted(store, "acme") == times(2)


def test_the_event_stays_as_it_was_recorded(store: UsageStore, tenant: Tenant) -> None:
    event = llm_call("e1", run_id="r1")._replace(
        budgets=(Counted(BudgetSlot("cap@1", "ann"), "tokens"), Counted(BudgetSlot("run@1"), "cost", True))
    )
    store.record("acme", [event], ONE_SHARD, NOON)
    set_state(store, tenant, event, "voided")
    assert store.find_event("acme", "e1") == event
    assert store.list_events("acme", limit=9).items == [event]


def test_a_correction_is_found_by_its_event_and_by_time_and_run(store: UsageStore, tenant: Tenant) -> None:
    events = [llm_call(f"e{hour}", ts=NOON - hour * HOUR, run_id=f"r{hour % 2}") for hour in range(4)]
    store.record("acme", events, ONE_SHARD, NOON)
    for event in events:
        set_state(store, tenant, event, "voided")
    found = store.find_correction("acme", "e1")
    assert found is not None
    assert (found.state, found.reason, found.by, found.at, found.revision, found.counted) == (
        *("voided", "why", "admin:ada", NOON, 1),
        {},
    )
    within = CorrectionsWanted(since=NOON - 2 * HOUR, until=NOON - HOUR)
    assert store.list_corrections("acme", within) == {
        identity: store.find_correction("acme", identity) for identity in ("e1", "e2")
    }
    assert store.list_corrections("acme", replace(within, run_id="r1")).keys() == {"e1"}
    assert store.find_correction("bolt", "e1") is None
    assert store.list_corrections("bolt", within) == {}


def test_a_correction_that_is_based_on_an_older_one_changes_nothing(
    store: UsageStore, other_store: UsageStore, tenant: Tenant
) -> None:
    event = llm_call("e1", run_id="r1")
    store.record("acme", [event], ONE_SHARD, NOON)
    change = changing(event, "voided")
    store.save_corrections(tenant, change, NOON)
    with pytest.raises(StaleCorrection):
        other_store.save_corrections(tenant, change, NOON)
    first = store.find_correction("acme", "e1")
    set_state(store, tenant, event, "unvoided")
    with pytest.raises(StaleCorrection):
        other_store.save_corrections(tenant, changing(event, "unvoided", first), NOON)
    assert counted(store, "acme") == CALL
    run = store.find_run("acme", "r1")
    assert run is not None
    assert run.totals == CALL


def test_a_correction_marks_its_tenant_and_leaves_an_audit_entry(stores: Stores, tenant: Tenant) -> None:
    event = llm_call("e1")
    stores.usage.record("acme", [event], ONE_SHARD, NOON)
    assert not stored_tenant(stores.usage).has_corrections
    set_state(stores.usage, tenant, event, "voided")
    set_state(stores.usage, tenant, event, "unvoided")
    assert stored_tenant(stores.usage).has_corrections
    actions = sorted(entry.action for entry in stores.directory.list_audit("acme", limit=9).items)
    assert actions == ["event.voided", "event.voided", "tenant.created"]


def test_a_run_keeps_its_time_its_end_and_its_names_when_its_events_are_void(
    store: UsageStore, tenant: Tenant
) -> None:
    first = llm_call("e1", ts=NOON - HOUR, run_id="r1")._replace(user_id="ann")
    last = llm_call("e2", run_id="r1")._replace(user_id="bob")
    store.record("acme", [first, last, mark("end", "r1", "completed")], ONE_SHARD, NOON)
    before = store.find_run("acme", "r1")
    assert before is not None
    for event in (last, first):
        set_state(store, tenant, event, "voided")
    after = store.find_run("acme", "r1")
    assert after is not None
    assert {metric: amount for metric, amount in after.totals.items() if amount} == {}
    assert replace(after, totals={}) == replace(before, totals={})
    assert store.count_runs("acme", NOON - HOUR, NOON) == 1


def test_names_keys_and_budgets_are_taken_back_too(store: UsageStore, tenant: Tenant) -> None:
    slot, of_run = BudgetSlot("cap@1", "ann"), BudgetSlot("run@1", "ann")
    event = llm_call("e1", run_id="r1")._replace(
        user_id="ann",
        key="k1",
        budgets=(Counted(slot, "tokens"), Counted(slot, "runs"), Counted(of_run, "cost", is_by_run=True)),
    )
    store.record("acme", [event], ONE_SHARD, NOON)
    set_state(store, tenant, event, "voided")
    wanted = Wanted(
        shards=(ShardRef(TODAY, 0),),
        attribution=(AttributionRef(TODAY, 0),),
        fields=frozenset({"keys", "budgets"}),
    )
    found = store.read("acme", wanted).documents
    (shard,), (names,) = found.shards.values(), found.attribution.values()
    assert set(names["user"]["ann"].values()) == {0}
    assert set(shard.keys["k1"].values()) == {0}
    assert (shard.budgets[slot][12].amount, len(shard.budgets[slot][12].runs)) == (0, 1)
    run = store.find_run("acme", "r1")
    assert run is not None
    assert run.budgets == {of_run: Spent(0)}


def test_an_event_of_a_sealed_batch_is_corrected_like_any_other(store: UsageStore, tenant: Tenant) -> None:
    batch = batch_of_calls(3, run_id="r1")
    store.seal("acme", batch, ONE_SHARD, NOON)
    event = batch.events[1]
    set_state(store, tenant, event, "voided")
    assert counted(store, "acme") == times(2)
    assert store.find_event("acme", event.identity) == event
    found = store.find_correction("acme", event.identity)
    assert found is not None
    assert not found.stands
    set_state(store, tenant, event, "unvoided")
    assert counted(store, "acme") == times(3)


def test_the_counters_of_an_earlier_day_are_due_and_named_as_late(store: UsageStore, tenant: Tenant) -> None:
    yesterday = llm_call("e1", ts=NOON - 24 * HOUR)
    store.record("acme", [yesterday], ONE_SHARD, yesterday.ts)
    set_state(store, tenant, yesterday, "voided")
    assert counted(store, "acme", TODAY - timedelta(days=1)) == {}
    today = store.read("acme", Wanted(shards=(ShardRef(TODAY, 0),))).documents.shards[ShardRef(TODAY, 0)]
    assert today.late_days == {yesterday.ts.date()}
    assert [ref.day for ref in store.dirty_counters("acme")] == [TODAY - timedelta(days=1), TODAY]


def test_an_amendment_is_recorded_with_the_void_or_not_at_all(store: UsageStore, tenant: Tenant) -> None:
    event, new = llm_call("e1", run_id="r1"), llm_call("e2", model="m2", run_id="r1")
    store.record("acme", [event], ONE_SHARD, NOON)
    change = replace(changing(event, "amended"), recorded=[new])
    store.save_corrections(tenant, change, NOON)
    assert counted(store, "acme") == CALL
    assert [each.id for each in store.list_events("acme", limit=9).items] in (["e1", "e2"], ["e2", "e1"])
    other = llm_call("e3")
    store.record("acme", [other], ONE_SHARD, NOON)
    with pytest.raises(StaleCorrection):
        store.save_corrections(tenant, replace(changing(other, "amended"), recorded=[new]), NOON)
    assert counted(store, "acme") == times(2)
    assert store.find_correction("acme", "e3") is None


def test_what_is_too_old_is_adjusted_today(store: UsageStore, tenant: Tenant) -> None:
    event = llm_call("e1", ts=NOON - timedelta(days=36), run_id="r1")
    store.record("acme", [event], ONE_SHARD, event.ts)
    before = store.find_run("acme", "r1")
    set_state(store, tenant, event, "voided")
    assert counted(store, "acme", event.ts.date()) == CALL
    adjustment = store.list_events("acme", limit=1).items[0]
    assert (adjustment.ts, adjustment.adjusts, adjustment.amounts) == (NOON, "e1", times(-1))
    assert counted(store, "acme") == times(-1)
    found = store.find_correction("acme", "e1")
    assert found is not None
    assert found.counted == CALL
    after = store.find_run("acme", "r1")
    assert before is not None
    assert after is not None
    assert (after.began_at, after.last_at) == (before.began_at, before.last_at)
    set_state(store, tenant, event, "unvoided")
    assert counted(store, "acme") == {}
    assert sorted(each.amounts.get("calls", 0) for each in store.list_events("acme", limit=9).items) == [
        -1,
        1,
        1,
    ]
