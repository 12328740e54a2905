"""UsageStore: usage alerts are stored once, all of a call or none, with their mails."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.errors import InvalidInput
from shared.domain.ledger.periods import Period
from shared.domain.notices.alerts import UsageAlert
from shared.domain.notices.entries import Outgoing
from shared.ports import UsageStore
from tests.alert_places import AlertPlace, FirestoreAlertPlace, MemoryAlertPlace, WaitingMail
from tests.outgoing_fixtures import MAIL, outgoing
from tests.sample_events import NOON

NOVEMBER = Period(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
SOFT = UsageAlert(
    period=NOVEMBER, metric="tokens", threshold_percent=80, used=41_000, limit=50_000, reached_at=NOON
)
HARD = replace(SOFT, threshold_percent=100, used=2**53, reached_at=NOON + timedelta(hours=1))
RUNS = replace(SOFT, metric="runs", used=8, limit=10, reached_at=NOON + timedelta(hours=2))
COST = replace(
    SOFT,
    metric="cost",
    used=10_000_000_001,
    limit=10_000_000_000,
    reached_at=NOON + timedelta(hours=3),
    cost_is_complete=False,
)


@pytest.fixture
def alert_place(kind: str, request: pytest.FixtureRequest) -> AlertPlace:
    """An empty store."""
    if kind == "memory":
        return MemoryAlertPlace()
    return FirestoreAlertPlace(request.getfixturevalue("firestore_channels")[0])


def listed(store: UsageStore, tenant_id: str = "acme") -> list[UsageAlert]:
    return store.list_alerts(tenant_id, limit=50).items


def test_alerts_are_listed_as_they_were_saved_newest_first(store: UsageStore) -> None:
    assert store.save_alerts("acme", [SOFT], Outgoing())
    assert store.save_alerts("acme", [HARD, RUNS, COST], Outgoing())
    assert listed(store) == [COST, RUNS, HARD, SOFT]


def test_alerts_of_another_tenant_are_neither_known_nor_listed(store: UsageStore) -> None:
    store.save_alerts("acme", [SOFT], Outgoing())
    assert store.known_alerts("bolt", [SOFT.id]) == set()
    assert listed(store, "bolt") == []
    assert store.save_alerts("bolt", [SOFT], Outgoing())


def test_saved_alerts_are_known(store: UsageStore) -> None:
    store.save_alerts("acme", [SOFT, RUNS], Outgoing())
    assert store.known_alerts("acme", [SOFT.id, HARD.id, RUNS.id]) == {SOFT.id, RUNS.id}


def test_a_mail_waits_with_its_alert(alert_place: AlertPlace) -> None:
    assert alert_place.open().save_alerts("acme", [SOFT], outgoing(MAIL, replace(MAIL, to="b@example.com")))
    assert alert_place.mails() == [
        WaitingMail("a@example.com", "80 % are used"),
        WaitingMail("b@example.com", "80 % are used"),
    ]


def test_if_one_alert_exists_none_of_the_call_is_saved_and_no_mail(
    alert_place: AlertPlace,
) -> None:
    store = alert_place.open()
    store.save_alerts("acme", [SOFT], Outgoing())
    assert not store.save_alerts("acme", [replace(SOFT, used=49_000), HARD], outgoing(MAIL))
    assert listed(store) == [SOFT]
    assert alert_place.mails() == []


def test_ten_concurrent_saves_of_an_alert_store_one_alert_and_one_mail(alert_place: AlertPlace) -> None:
    with ThreadPoolExecutor(10) as pool:
        raised = pool.map(lambda _: alert_place.open().save_alerts("acme", [SOFT], outgoing(MAIL)), range(10))
        assert sum(raised) == 1
    assert len(alert_place.mails()) == 1


def test_pages_make_up_the_whole_list(store: UsageStore) -> None:
    store.save_alerts("acme", [SOFT, HARD, RUNS], Outgoing())
    first = store.list_alerts("acme", limit=2)
    second = store.list_alerts("acme", limit=2, cursor=first.next_cursor)
    assert (first.items, second.items, second.next_cursor) == ([RUNS, HARD], [SOFT], None)


def test_a_cursor_of_another_list_is_refused(store: UsageStore) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        store.list_alerts("acme", limit=2, cursor="x")
