"""The daily job on all tenants: five at a time, each message publishing the next, whatever fails in between."""

from datetime import datetime, timedelta

import pytest

from shared.domain.errors import Unavailable
from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.periods import start_of
from shared.ports import Snapshot
from shared.ports.ledger import NOTHING
from shared.stores import process_memory
from tests.http.serving import Clock, Functions, Json, unfolded
from tests.http.topic import Topic

RECONCILE = {"job": "reconcile"}
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "tokens": {"total_tokens": 100}}


@pytest.fixture
def topic(functions: Functions) -> Topic:
    return Topic(functions)


def names(count: int) -> list[str]:
    return [f"tenant-{number:02}" for number in range(count)]


def after(tenant_id: str) -> Json:
    return {"job": "reconcile", "after": tenant_id}


def idle_tenants(functions: Functions, count: int) -> dict[str, str]:
    """Tenants with usage of today that is folded, by name with their keys; then three days pass."""
    keys = {name: functions.create_tenant(name) for name in names(count)}
    for number, key in enumerate(keys.values()):
        functions.record(key, *(CALL for _ in range(number + 1)))
    functions.tick(list(keys))
    functions.clock.pass_by(timedelta(days=3))
    return keys


def settings_of(tenant_id: str) -> CounterSettings:
    tenant = process_memory().read(tenant_id).tenant
    assert tenant is not None
    return tenant.counters


def completed(now: datetime) -> list[str]:
    """The tenants all of whose days that have ended are complete."""
    store = process_memory()
    return [name for name in store.list_tenants() if settings_of(name).complete_until == start_of(now.date())]


def fail_for(tenant_id: str, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store raise `error` whenever this tenant is read."""
    store = process_memory()
    read = store.read

    def read_unless_failing(asked: str, wanted: Wanted = NOTHING) -> Snapshot:
        if asked == tenant_id:
            raise error
        return read(asked, wanted)

    monkeypatch.setattr(store, "read", read_unless_failing)


@pytest.mark.parametrize(
    ("tenants", "messages"),
    [
        (0, []),
        (4, []),
        (5, [after("tenant-04")]),
        (7, [after("tenant-04")]),
        (10, [after("tenant-04"), after("tenant-09")]),
        (12, [after("tenant-04"), after("tenant-09")]),
    ],
)
def test_each_message_takes_five_tenants_and_publishes_the_next(
    tenants: int, messages: list[Json], functions: Functions, clock: Clock, topic: Topic
) -> None:
    idle_tenants(functions, tenants)
    assert completed(clock.now) == []
    assert functions.tell(RECONCILE).status_code == 200
    for number, message in enumerate(messages, 1):
        assert completed(clock.now) == names(tenants)[: 5 * number]
        assert topic.waiting == [message], "one message at a time is under way"
        assert topic.deliver() == 200
    assert topic.waiting == []
    assert completed(clock.now) == names(tenants)


def test_in_memory_one_message_goes_through_all_of_them(functions: Functions, clock: Clock) -> None:
    idle_tenants(functions, 12)
    assert functions.tell(RECONCILE).status_code == 200
    assert completed(clock.now) == names(12)


def test_it_changes_no_usage_and_reads_of_idle_tenants_need_no_counters_any_more(
    functions: Functions, clock: Clock
) -> None:
    keys = idle_tenants(functions, 6)
    before = {name: functions.read(key, f"/tenants/{name}/usage") for name, key in keys.items()}
    assert [before[name]["aggregate"]["total_llm_calls"] for name in names(6)] == [1, 2, 3, 4, 5, 6]
    for _ in range(2):
        functions.tell(RECONCILE)
        for name, key in keys.items():
            assert functions.read(key, f"/tenants/{name}/usage") == before[name]
    assert [settings_of(name).is_complete(clock.now.date() - timedelta(days=1)) for name in keys] == [
        True
    ] * 6


def test_it_folds_what_is_not_due_yet(functions: Functions, clock: Clock, topic: Topic) -> None:
    for key in idle_tenants(functions, 6).values():
        functions.record(key, CALL)
    functions.tick()
    assert unfolded() == names(6), "not due for a quarter of an hour"
    functions.tell(RECONCILE)
    assert unfolded() == ["tenant-05"]
    topic.deliver_all()
    assert unfolded() == []


def test_a_message_names_the_tenants_it_is_about(functions: Functions, clock: Clock, topic: Topic) -> None:
    idle_tenants(functions, 12)
    assert functions.tell({"job": "reconcile", "tenants": ["tenant-07", "nobody"]}).status_code == 200
    assert completed(clock.now) == ["tenant-07"]
    assert topic.waiting == []


@pytest.mark.parametrize(
    ("last", "reached"),
    [("tenant-05", ["tenant-06"]), ("tenant-06", []), ("tenant-055", ["tenant-06"]), ("zzz", [])],
)
def test_after_names_the_last_tenant_that_is_done_though_it_may_be_gone(
    last: str, reached: list[str], functions: Functions, clock: Clock, topic: Topic
) -> None:
    idle_tenants(functions, 7)
    assert functions.tell(after(last)).status_code == 200
    assert completed(clock.now) == reached


def test_a_tenant_that_is_created_meanwhile_stops_nothing(
    functions: Functions, clock: Clock, topic: Topic
) -> None:
    idle_tenants(functions, 10)
    functions.tell(RECONCILE)
    functions.create_tenant("tenant-045")
    functions.create_tenant("aaa")
    topic.deliver_all()
    assert completed(clock.now) == sorted([*names(10), "tenant-045"])


def test_a_store_that_is_away_in_the_middle_lets_the_same_message_come_again_and_the_rest_is_reached(
    functions: Functions, clock: Clock, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle_tenants(functions, 13)
    functions.tell(RECONCILE)
    with monkeypatch.context() as away:
        fail_for("tenant-07", Unavailable("the store is away"), away)
        for _ in range(3):
            assert topic.deliver() == 500
            assert topic.waiting == [after("tenant-04")], "the same message, and no other"
    assert completed(clock.now) == [name for name in names(10) if name != "tenant-07"]
    assert topic.deliver_all() == 2
    assert completed(clock.now) == names(13)


def test_in_memory_a_job_that_failed_in_the_middle_is_done_when_it_is_sent_again(
    functions: Functions, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle_tenants(functions, 13)
    functions.aggregate.application.config["PROPAGATE_EXCEPTIONS"] = False
    with monkeypatch.context() as away:
        fail_for("tenant-07", Unavailable("the store is away"), away)
        assert functions.tell(RECONCILE).status_code == 500
    assert functions.tell(RECONCILE).status_code == 200
    assert completed(clock.now) == names(13)


def test_a_topic_that_is_away_lets_the_same_message_come_again(
    functions: Functions, clock: Clock, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle_tenants(functions, 8)

    def fail(*_: object) -> None:
        raise Unavailable("Pub/Sub does not answer")

    with monkeypatch.context() as away:
        away.setattr(topic, "publish", fail)
        assert functions.tell(RECONCILE).status_code == 500
    assert functions.tell(RECONCILE).status_code == 200
    assert topic.deliver_all() == 1
    assert completed(clock.now) == names(8)


def test_one_tenant_that_always_fails_keeps_no_other_from_being_reached(
    functions: Functions,
    clock: Clock,
    topic: Topic,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    idle_tenants(functions, 13)
    fail_for("tenant-02", KeyError("a document that nobody understands"), monkeypatch)
    assert functions.tell(RECONCILE).status_code == 200
    statuses = [topic.deliver() for _ in range(7)]
    assert statuses.count(500) == 1, "what is left fails by itself"
    assert topic.waiting == [{"job": "reconcile", "tenants": ["tenant-02"]}]
    assert "a document that nobody understands" in caplog.text
    monkeypatch.undo()
    assert completed(clock.now) == [name for name in names(13) if name != "tenant-02"]


def test_on_firestore_it_is_the_same(functions_on_firestore: Functions) -> None:
    functions, topic = functions_on_firestore, Topic(functions_on_firestore)
    keys = idle_tenants(functions, 7)
    before = {name: functions.usage(key, name) for name, key in keys.items()}
    assert functions.tell(RECONCILE).status_code == 200
    assert topic.waiting == [after("tenant-04")]
    assert topic.deliver_all() == 1
    store, midnight = functions.container("aggregate").usage, start_of(functions.clock.now.date())
    tenants = [store.read(name).tenant for name in keys]
    assert [tenant and tenant.counters.complete_until for tenant in tenants] == [midnight] * 7
    assert {name: functions.usage(key, name) for name, key in keys.items()} == before
