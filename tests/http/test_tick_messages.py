"""Messages on the tick's topic: the valid forms, and those that are dropped."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from shared.adapters.firestore.people.tenants import delete_write
from shared.domain.errors import NotFound
from shared.domain.ledger.counter_settings import MAX_COUNTER_SHARDS
from shared.domain.ledger.counters import CounterShard, ShardRef
from shared.domain.ledger.rollups import DayRollup
from shared.domain.ledger.tick import MAX_TENANTS
from shared.domain.people.tenant_rows import RowUsage
from shared.stores import process_memory
from tests.http.serving import Clock, Functions, Json, unfolded
from tests.http.topic import Topic

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "tokens": {"total_tokens": 100}}
TODAY, YESTERDAY = date(2026, 11, 20), date(2026, 11, 19)
LATE = {**CALL, "ts": "2026-11-19T23:00:00Z"}
MONTHS_AGO = {**CALL, "ts": "2026-10-17T12:00:00Z"}


@pytest.fixture
def tenants(functions: Functions) -> list[str]:
    """Seven tenants with usage of today and of yesterday that is not folded."""
    names = [f"tenant-{number}" for number in range(7)]
    for name in names:
        functions.record(functions.create_tenant(name), CALL, LATE)
    return names


@pytest.fixture
def topic(functions: Functions) -> Topic:
    return Topic(functions)


def dirty(tenant_id: str) -> list[date]:
    """The days of a tenant that are not folded."""
    return [ref.day for ref in process_memory().dirty_counters(tenant_id)]


def due(*days: tuple[str, str, int]) -> Json:
    return {"due": [list(each) for each in days]}


# Days that a tick has found due


def test_a_tick_folds_five_tenants_and_hands_on_the_days_of_the_others(
    functions: Functions, tenants: list[str], topic: Topic
) -> None:
    assert functions.tick().status_code == 200
    assert unfolded() == tenants[5:]
    found = [[tenant_id, day, 1] for tenant_id in tenants[5:] for day in ("2026-11-19", "2026-11-20")]
    assert topic.waiting == [{"due": found}]
    assert topic.deliver_all() == 1
    assert unfolded() == []


def test_a_message_of_due_days_folds_these_although_they_are_not_due(
    functions: Functions, clock: Clock, key: str
) -> None:
    functions.record(key, CALL, LATE)
    functions.tick()
    clock.pass_by(timedelta(minutes=1))
    functions.record(key, CALL)
    functions.tick()
    assert dirty("acme") == [TODAY], "not due for another quarter of an hour"
    assert functions.tell(due(("acme", "2026-11-20", 1))).status_code == 200
    assert dirty("acme") == []
    assert functions.usage(key)["total_tokens"]["total"] == 3 * 100


def test_a_message_of_due_days_folds_with_them_only_the_days_that_have_ended(
    functions: Functions, tenants: list[str]
) -> None:
    message = due(("tenant-3", "2026-11-20", 1), ("tenant-5", "2026-11-19", 1))
    assert functions.tell(message).status_code == 200
    assert unfolded() == [name for name in tenants if name != "tenant-3"]
    assert dirty("tenant-5") == [TODAY]


@pytest.mark.parametrize(
    "message",
    [
        due(("acme", "2026-11-20", 1), ("acme", "2026-11-20", 1)),
        due(("acme", "2026-11-18", 1), ("acme", "2026-11-20", 0)),
        due(("nobody", "2026-11-20", 1), ("acme", "2026-11-20", 1)),
        due(("acme", "2026-11-20", MAX_COUNTER_SHARDS)),
        due(("acme", "2026-12-24", 1), ("acme", "2026-11-20", 1)),
    ],
    ids=["twice", "without usage", "of nobody", "of as many counters as there may be", "of the future"],
)
def test_a_day_may_be_named_twice_or_have_no_usage_or_no_tenant(
    message: Json, functions: Functions, clock: Clock, key: str
) -> None:
    functions.record(key, CALL)
    functions.tick()
    clock.pass_by(timedelta(minutes=1))
    functions.record(key, CALL)
    before = functions.usage(key)
    for _ in range(2):
        assert functions.tell(message).status_code == 200
        assert unfolded() == []
        assert functions.usage(key) == before


# What is dropped

ODD_SHARDS: list[Any] = [MAX_COUNTER_SHARDS + 1, 10**9, -1, 1.5, "many", None, [1]]
ODD_DAYS: list[Any] = [
    "yesterday",
    "2026-02-30",
    "20261120",
    "",
    None,
    "1999-12-31",
    "2200-01-01",
    "9999-12-31",
]


@pytest.mark.parametrize(
    "message",
    [
        *({"due": [["tenant-0", "2026-11-20", shards]]} for shards in ODD_SHARDS),
        *({"due": [["tenant-0", day, 1]]} for day in ODD_DAYS),
        {"due": [["tenant-0", "2026-11-20"]]},
        {"due": [["tenant-0", "2026-11-20", 1, 1]]},
        {"due": [[None, "2026-11-20", 1]]},
        {"due": ["tenant-0"]},
        {"due": "tenant-0"},
        {"due": None},
        {"due": [["tenant-0", "2026-11-20", 1]], "tenants": ["tenant-0"]},
        {"due": [["tenant-0", "2026-11-20", 1]], "tenants": []},
        {"due": [["tenant-0", "2026-11-20", 1]], "job": "reconcile"},
        {"due": [["tenant-0", "2026-11-20", 1]], "after": "tenant-0"},
        {"after": "tenant-0"},
        {"job": "fold", "after": "tenant-0"},
        {"job": "reconcile", "after": 5},
        {"job": "reconcile", "after": ["tenant-0"]},
        {"job": "reconcile", "after": "tenant-0", "tenants": ["tenant-1"]},
        {"job": "reconcile", "before": "tenant-0"},
        {"job": "reconcile", "tenants": "tenant-0"},
        {"job": "Fold"},
        {"tenants": ["acme/../globex"]},
        {"tenants": [""]},
        {"tenants": ["tenant-0", "a" * 65]},
        {"tenants": [f"tenant-{number}" for number in range(MAX_TENANTS + 1)]},
        {"job": "reconcile", "tenants": ["tenant 0"]},
        {"job": "reconcile", "after": ""},
        {"job": "reconcile", "after": "../tenant-0"},
        {"due": [["tenant/0", "2026-11-20", 1]]},
        {"due": [[f"tenant-{number}", "2026-11-20", 1] for number in range(MAX_TENANTS + 1)]},
    ],
    ids=lambda message: str(message)[:60],
)
def test_a_message_that_contradicts_itself_or_is_out_of_bounds_is_dropped(
    message: Json,
    functions: Functions,
    tenants: list[str],
    topic: Topic,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert functions.tell(message).status_code == 200
    assert "a malformed tick message was dropped" in caplog.text
    assert unfolded() == tenants
    assert topic.waiting == []


# A tenant that is gone


def test_counters_of_a_deleted_tenant_are_cleared_once_and_asked_for_no_more(
    functions: Functions, clock: Clock, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions.record(key, CALL, LATE, MONTHS_AGO)
    store = process_memory()
    store._tenants.pop("acme")  # no route deletes a tenant yet: somebody did it by hand
    cleared: list[ShardRef] = []
    clear = store.clear_counters

    def clear_counters(
        tenant_id: str,
        shards: Collection[CounterShard],
        next_fold_at: datetime,
        usage: RowUsage | None = None,
    ) -> None:
        cleared.extend(each.ref for each in shards)
        clear(tenant_id, shards, next_fold_at, usage)

    monkeypatch.setattr(store, "clear_counters", clear_counters)
    for _ in range(3):
        assert functions.tick().status_code == 200
        clock.pass_by(timedelta(hours=1))
    assert sorted(each.day for each in cleared) == [date(2026, 10, 17), YESTERDAY, TODAY]
    assert unfolded() == []
    assert functions.read(None, "/health")["fold_lag_seconds"] == 0


def test_on_firestore_counters_of_a_deleted_tenant_are_cleared_as_well(
    functions_on_firestore: Functions,
) -> None:
    functions = functions_on_firestore
    functions.record(functions.create_tenant(), CALL, LATE, MONTHS_AGO)
    rpc = functions.container("aggregate")._rpc
    rpc.batch_write([delete_write(f"{rpc.documents}/tenants/acme")])
    store = functions.container("aggregate").usage
    assert len(store.dirty_counters("acme")) == 3
    assert functions.tick().status_code == 200
    assert store.dirty_counters("acme") == []
    functions.clock.pass_by(timedelta(hours=1))
    assert list(store.due_counters(functions.clock.now)) == []


@pytest.mark.parametrize(
    "message",
    [{"tenants": ["nobody"]}, due(("nobody", "2026-11-20", 1)), {"job": "reconcile", "tenants": ["nobody"]}],
    ids=str,
)
def test_a_tenant_that_does_not_exist_is_named_in_the_log_and_the_message_is_taken(
    message: Json, functions: Functions, caplog: pytest.LogCaptureFixture
) -> None:
    assert functions.tell(message).status_code == 200
    (line,) = [each for each in caplog.records if "does not exist" in each.getMessage()]
    assert (line.levelname, "nobody" in line.getMessage()) == ("WARNING", True)


def test_a_tenant_that_is_deleted_while_it_is_folded_is_reported_and_not_asked_for_again(
    functions: Functions,
    tenants: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = process_memory()
    save_day = store.save_day

    def save_unless_deleted(tenant_id: str, day: DayRollup) -> None:
        if tenant_id == "tenant-2":
            raise NotFound("tenant 'tenant-2' does not exist")
        save_day(tenant_id, day)

    monkeypatch.setattr(store, "save_day", save_unless_deleted)
    assert functions.tick(tenants).status_code == 200
    assert unfolded() == ["tenant-2"]
    assert "tenant tenant-2 cannot be folded" in caplog.text


def test_as_many_tenants_as_may_be_named_are_folded(functions: Functions, tenants: list[str]) -> None:
    others = [f"other-{number}" for number in range(MAX_TENANTS - len(tenants))]
    assert functions.tick([*tenants, *others]).status_code == 200
    assert unfolded() == []
