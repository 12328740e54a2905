"""The tick sends each recorded event to the warehouse at least once, whatever fails."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Unavailable
from shared.domain.metering.usage_rows import RecordedUsage
from shared.ports import FeedCursor, StaleCursor
from shared.usecases.metering.publish_usage import MOST_SECONDS, SETTLED_AFTER, UsagePublisher
from tests.sample_events import NOON, ONE_SHARD, llm_call

SECOND = timedelta(seconds=1)


class Inbox:
    """A warehouse that keeps what it gets, and is away while asked to be."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.is_away = False

    def send(self, usage: Sequence[RecordedUsage]) -> None:
        if self.is_away:
            raise Unavailable("Pub/Sub does not answer")
        self.ids += [each.event.id for each in usage]


class Forgetful(MemoryStore):
    """A store whose cursor is lost when it is saved, once."""

    loses_cursor = False

    def save_cursor(self, cursor: FeedCursor) -> FeedCursor:
        if self.loses_cursor:
            self.loses_cursor = False
            raise Unavailable("Firestore does not answer")
        return super().save_cursor(cursor)


@pytest.fixture
def store() -> Forgetful:
    return Forgetful()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def publisher(store: Forgetful, inbox: Inbox) -> UsagePublisher:
    return UsagePublisher(store, inbox)


def record(store: MemoryStore, *ids: str, at: datetime = NOON) -> None:
    store.record("acme", [llm_call(each) for each in ids], ONE_SHARD, at)


def test_what_has_settled_is_sent_once(store: Forgetful, inbox: Inbox, publisher: UsagePublisher) -> None:
    record(store, "e1", "e2")
    publisher.publish(NOON + SETTLED_AFTER)
    assert inbox.ids == []
    publisher.publish(NOON + SETTLED_AFTER + SECOND)
    publisher.publish(NOON + SETTLED_AFTER + SECOND)
    assert sorted(inbox.ids) == ["e1", "e2"]


def test_a_late_event_is_sent_too(store: Forgetful, inbox: Inbox, publisher: UsagePublisher) -> None:
    record(store, "e1")
    publisher.publish(NOON + timedelta(hours=1))
    event = llm_call("late", ts=NOON - timedelta(days=30))
    store.record("acme", [event], ONE_SHARD, NOON + timedelta(hours=1))
    publisher.publish(NOON + timedelta(hours=2))
    assert inbox.ids == ["e1", "late"]


def test_what_was_not_accepted_is_sent_by_the_next_tick(
    store: Forgetful, inbox: Inbox, publisher: UsagePublisher
) -> None:
    record(store, "e1")
    inbox.is_away = True
    with pytest.raises(Unavailable):
        publisher.publish(NOON + timedelta(hours=1))
    inbox.is_away = False
    publisher.publish(NOON + timedelta(hours=1))
    assert inbox.ids == ["e1"]


def test_what_was_sent_without_its_cursor_is_sent_again(
    store: Forgetful, inbox: Inbox, publisher: UsagePublisher
) -> None:
    record(store, "e1")
    store.loses_cursor = True
    with pytest.raises(Unavailable):
        publisher.publish(NOON + timedelta(hours=1))
    publisher.publish(NOON + timedelta(hours=1))
    assert inbox.ids == ["e1", "e1"]


def test_a_tick_stops_where_another_one_has_gone_on(
    store: Forgetful, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raise_stale(_: FeedCursor) -> FeedCursor:
        raise StaleCursor

    record(store, "e1")
    monkeypatch.setattr(store, "save_cursor", raise_stale)
    UsagePublisher(store, inbox).publish(NOON + timedelta(hours=1))
    assert inbox.ids == ["e1"]


def test_a_tick_leaves_the_rest_to_the_next_one(store: Forgetful, inbox: Inbox) -> None:
    record(store, *(f"e{number}" for number in range(600)))
    times = iter((0.0, 0.0, MOST_SECONDS, MOST_SECONDS, MOST_SECONDS))
    publisher = UsagePublisher(store, inbox, lambda: next(times))
    publisher.publish(NOON + timedelta(hours=1))
    assert len(inbox.ids) == 500
    publisher = UsagePublisher(store, inbox)
    publisher.publish(NOON + timedelta(hours=1))
    assert len(set(inbox.ids)) == len(inbox.ids) == 600
