"""Many tenants are folded by several instances: messages of a few each."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from shared.adapters.memory import InlineTickPublisher, MemoryStore
from shared.domain.errors import Unavailable
from shared.usecases.fold_usage import TENANTS_PER_MESSAGE, fold_all, fold_tenants
from tests.sample_events import CALL, NOON, llm_call
from tests.usecases.cut_off import counted
from tests.usecases.ledger import folded_sums, new_tenant


def record_for(store: MemoryStore, count: int) -> list[str]:
    tenant_ids = [f"t{number:02}" for number in range(count)]
    for tenant_id in tenant_ids:
        new_tenant(store, tenant_id)
        store.record(tenant_id, [llm_call("e1")], 1, NOON)
    return tenant_ids


def is_folded(store: MemoryStore, tenant_id: str) -> bool:
    tenant = store.find_tenant(tenant_id)
    assert tenant is not None
    return folded_sums(store, tenant, NOON).totals == CALL and store.dirty_shards(tenant_id) == []


@pytest.mark.parametrize(
    ("tenants", "message_sizes"),
    [(0, []), (1, []), (5, []), (6, [1]), (10, [5]), (13, [5, 3])],
)
def test_five_tenants_are_folded_here_and_the_others_in_messages_of_five(
    memory: MemoryStore, tenants: int, message_sizes: list[int]
) -> None:
    tenant_ids = record_for(memory, tenants)
    published: list[Sequence[str]] = []
    fold_all(memory, InlineTickPublisher(published.append), NOON)
    assert [len(message) for message in published] == message_sizes
    handed_on = {tenant_id for message in published for tenant_id in message}
    assert {tenant_id for tenant_id in tenant_ids if is_folded(memory, tenant_id)} == {
        *tenant_ids
    } - handed_on
    assert len(handed_on) == sum(message_sizes) == max(0, tenants - TENANTS_PER_MESSAGE)


def test_messages_fold_the_tenants_they_name_and_no_others(memory: MemoryStore) -> None:
    record_for(memory, 3)
    fold_tenants(memory, ["t00", "t02"], NOON)
    assert [is_folded(memory, tenant_id) for tenant_id in ("t00", "t01", "t02")] == [True, False, True]


def test_a_message_that_comes_twice_or_names_nobody_changes_nothing(memory: MemoryStore) -> None:
    record_for(memory, 1)
    fold_tenants(memory, ["t00"], NOON)
    store, calls = counted(memory)
    fold_tenants(store, ["t00", "t00", "nobody"], NOON + timedelta(minutes=1))
    assert calls == {"dirty_shards": 3}


def test_a_message_that_cannot_be_handed_on_fails_the_tick_and_the_next_tick_folds_its_tenants(
    memory: MemoryStore,
) -> None:
    tenant_ids = record_for(memory, 7)

    def fail(_: Sequence[str]) -> None:
        raise Unavailable("Pub/Sub does not answer")

    with pytest.raises(Unavailable):
        fold_all(memory, InlineTickPublisher(fail), NOON)
    fold_all(memory, InlineTickPublisher(lambda group: fold_tenants(memory, group, NOON)), NOON)
    assert all(is_folded(memory, tenant_id) for tenant_id in tenant_ids)
