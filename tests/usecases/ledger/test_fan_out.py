"""Several instances share the folds of a tick: each message carries a few tenants."""

from datetime import timedelta

import pytest

from shared.adapters.memory import InlineTickPublisher, MemoryStore
from shared.domain.errors import Unavailable
from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.ledger.periods import start_of
from shared.domain.ledger.tick import TickMessage
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import TENANTS_PER_MESSAGE, fold_days, fold_due, fold_tenants
from tests.sample_events import CALL, NOON, ONE_SHARD, TODAY, llm_call, writing
from tests.usecases.fault_injection import counted
from tests.usecases.plain_sums import folded, new_tenant, stored_tenant

MINUTE = timedelta(minutes=1)


def record_for(store: MemoryStore, count: int) -> list[str]:
    tenant_ids = [f"t{number:02}" for number in range(count)]
    for tenant_id in tenant_ids:
        new_tenant(store, tenant_id)
        store.record(tenant_id, [llm_call("e1")], ONE_SHARD, NOON)
    return tenant_ids


def is_folded(store: MemoryStore, tenant_id: str) -> bool:
    tenant = stored_tenant(store, tenant_id)
    return folded(store, tenant, NOON).totals == CALL and store.dirty_counters(tenant_id) == []


@pytest.mark.parametrize(
    ("tenants", "message_sizes"),
    [(0, []), (1, []), (5, []), (6, [1]), (10, [5]), (13, [5, 3])],
)
def test_five_tenants_are_folded_here_and_the_others_in_messages_of_five(
    memory: MemoryStore, tenants: int, message_sizes: list[int]
) -> None:
    tenant_ids = record_for(memory, tenants)
    published: list[TickMessage] = []
    fold_due(TenantFolder(memory), InlineTickPublisher(published.append), NOON)
    assert [len(message.due) for message in published] == message_sizes
    handed_on = {each.tenant_id for message in published for each in message.due}
    assert {tenant_id for tenant_id in tenant_ids if is_folded(memory, tenant_id)} == {
        *tenant_ids
    } - handed_on
    assert len(handed_on) == sum(message_sizes) == max(0, tenants - TENANTS_PER_MESSAGE)


def test_a_message_folds_the_days_it_names_without_looking_for_them(memory: MemoryStore) -> None:
    record_for(memory, 7)
    published: list[TickMessage] = []
    fold_due(TenantFolder(memory), InlineTickPublisher(published.append), NOON)
    store, calls = counted(memory)
    sent = TickMessage.model_validate_json(published[0].model_dump_json(exclude_defaults=True))
    fold_days(TenantFolder(store), sent.due, NOON)
    assert is_folded(memory, "t05")
    assert is_folded(memory, "t06")
    assert calls["due_counters"] == 0


def test_every_shard_of_a_day_that_is_due_is_folded(memory: MemoryStore) -> None:
    tenant = new_tenant(memory, counters=writing(8))
    for number in range(40):
        memory.record("acme", [llm_call(f"e{number}")], tenant.counters, NOON)
    fold_due(TenantFolder(memory), InlineTickPublisher(print), NOON)
    assert folded(memory, tenant, NOON).totals["calls"] == 40
    assert memory.dirty_counters("acme") == []


def test_a_tick_asks_only_for_what_is_due(memory: MemoryStore) -> None:
    complete = CounterSettings(complete_until=start_of(TODAY), fold_minutes=15)
    tenant = new_tenant(memory, counters=complete)
    memory.record("acme", [llm_call("e1")], tenant.counters, NOON)
    for now, is_due in ((NOON, False), (NOON + 14 * MINUTE, False), (NOON + 15 * MINUTE, True)):
        store, calls = counted(memory)
        fold_due(TenantFolder(store), InlineTickPublisher(print), now)
        assert (calls["save_day"] > 0) is is_due
    late = llm_call("late", ts=NOON - timedelta(days=3))
    memory.record("acme", [late], tenant.counters, NOON + 16 * MINUTE)
    assert [each.ref.day for each in memory.due_counters(NOON + 16 * MINUTE)] == [late.ts.date()]


def test_who_has_waited_longest_is_folded_first(memory: MemoryStore) -> None:
    for number in range(7):
        new_tenant(memory, f"t{number}")
        memory.record(f"t{number}", [llm_call("e1")], ONE_SHARD, NOON - number * MINUTE)
    published: list[TickMessage] = []
    fold_due(TenantFolder(memory), InlineTickPublisher(published.append), NOON)
    assert [each.tenant_id for each in published[0].due] == ["t1", "t0"]


def test_a_message_that_comes_twice_or_names_nobody_changes_nothing(memory: MemoryStore) -> None:
    record_for(memory, 1)
    fold_tenants(TenantFolder(memory), ["t00"], NOON)
    store, calls = counted(memory)
    fold_tenants(TenantFolder(store), ["t00", "t00", "nobody"], NOON + MINUTE)
    assert {name: calls[name] for name in ("save_day", "save_counter_settings", "create_month")} == {
        "save_day": 0,
        "save_counter_settings": 0,
        "create_month": 0,
    }


def test_a_message_that_cannot_be_handed_on_fails_the_tick_and_the_next_tick_folds_its_tenants(
    memory: MemoryStore,
) -> None:
    tenant_ids, folder = record_for(memory, 7), TenantFolder(memory)

    def fail(_: TickMessage) -> None:
        raise Unavailable("Pub/Sub does not answer")

    with pytest.raises(Unavailable):
        fold_due(folder, InlineTickPublisher(fail), NOON)
    assert [is_folded(memory, tenant_id) for tenant_id in tenant_ids] == [True] * 5 + [False] * 2
    fold_due(folder, InlineTickPublisher(lambda message: fold_days(folder, message.due, NOON)), NOON)
    assert all(is_folded(memory, tenant_id) for tenant_id in tenant_ids)
