"""One reconciliation at a time, whichever of its messages come twice, are lost, or die with their process."""

from datetime import timedelta

import pytest

from shared.stores import process_memory
from tests.http.serving import Clock, Functions
from tests.http.test_daily_job import RECONCILE, after, completed, idle_tenants, names
from tests.http.topic import Topic


@pytest.fixture
def topic(functions: Functions) -> Topic:
    return Topic(functions)


def test_a_second_reconciliation_is_dropped_while_one_is_under_way(
    functions: Functions, clock: Clock, topic: Topic, caplog: pytest.LogCaptureFixture
) -> None:
    idle_tenants(functions, 12)
    assert functions.tell(RECONCILE).status_code == 200
    for _ in range(3):
        assert functions.tell(RECONCILE).status_code == 200
        assert "a reconciliation is under way" in caplog.text
        caplog.clear()
    assert topic.waiting == [after("tenant-04")], "one chain, however often it was begun"
    assert topic.deliver_all() == 2
    assert completed(clock.now) == names(12)
    assert functions.tell(RECONCILE).status_code == 200
    assert topic.waiting == [after("tenant-04")], "the next one begins when the last one has ended"


def test_a_message_that_comes_twice_does_not_make_a_second_chain(
    functions: Functions, clock: Clock, topic: Topic
) -> None:
    idle_tenants(functions, 12)
    functions.tell(RECONCILE)
    topic.deliver()
    assert functions.tell(after("tenant-04")).status_code == 200
    assert topic.waiting == [after("tenant-09")]


def test_a_step_that_comes_again_while_it_is_under_way_has_to_wait(
    functions: Functions, clock: Clock, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle_tenants(functions, 12)
    statuses: list[int] = []
    store = process_memory()
    list_tenants = store.list_tenants

    def list_while_it_comes_again(*arguments: object) -> object:
        if not statuses:
            statuses.append(functions.tell(RECONCILE).status_code)
        return list_tenants(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "list_tenants", list_while_it_comes_again)
    assert functions.tell(RECONCILE).status_code == 200
    assert statuses == [500]
    assert topic.waiting == [after("tenant-04")]


@pytest.mark.parametrize(("waited", "messages"), [(timedelta(minutes=59), 0), (timedelta(minutes=60), 1)])
def test_a_chain_whose_message_was_lost_is_given_up_after_an_hour(
    waited: timedelta, messages: int, functions: Functions, clock: Clock, topic: Topic
) -> None:
    idle_tenants(functions, 12)
    functions.tell(RECONCILE)
    topic.lose()
    clock.pass_by(waited)
    functions.tell(RECONCILE)
    assert len(topic.waiting) == messages


def test_a_step_that_crashed_is_taken_up_by_the_message_that_comes_again(
    functions: Functions, clock: Clock, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The end of a process, after which nothing is tidied up."""

    idle_tenants(functions, 12)
    with monkeypatch.context() as crashing:
        crashing.setattr(process_memory(), "list_tenants", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            functions.tell(RECONCILE)
    assert functions.tell(RECONCILE).status_code == 500, "it may still be running"
    clock.pass_by(timedelta(minutes=15))
    assert functions.tell(RECONCILE).status_code == 200
    assert topic.deliver_all() == 2
    assert completed(clock.now) == names(12)
