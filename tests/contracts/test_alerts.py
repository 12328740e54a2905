"""UsageStore: usage alerts are kept once, all of a call or none, with the mails about them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.errors import InvalidInput
from shared.domain.ledger.periods import Period
from shared.domain.notices.alerts import UsageAlert
from shared.ports import Mail, UsageStore
from tests.alert_places import AlertPlace, FirestoreAlertPlace, MemoryAlertPlace, WaitingMail
from tests.sample_events import NOON

NOVEMBER = Period(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
SOFT = UsageAlert(
    period=NOVEMBER, metric="tokens", threshold_percent=80, used=41_000, limit=50_000, reached_at=NOON
)
HARD = replace(SOFT, threshold_percent=100, used=2**53, reached_at=NOON + timedelta(hours=1))
RUNS = replace(SOFT, metric="runs", used=8, limit=10, reached_at=NOON + timedelta(hours=2))
MAIL = Mail(
    to=("a@example.com", "b@example.com"),
    subject="80% are used",
    text="Acme has used 80%.",
    link="https://example.com",
)


@pytest.fixture
def alert_place(kind: str, request: pytest.FixtureRequest) -> AlertPlace:
    """An empty place."""
    if kind == "memory":
        return MemoryAlertPlace()
    return FirestoreAlertPlace(request.getfixturevalue("firestore_channels")[0])


def listed(store: UsageStore, tenant_id: str = "acme") -> list[UsageAlert]:
    return store.list_alerts(tenant_id, limit=50).items


def test_alerts_are_listed_as_they_were_saved_newest_first(store: UsageStore) -> None:
    assert store.save_alerts("acme", [SOFT], [])
    assert store.save_alerts("acme", [HARD, RUNS], [])
    assert listed(store) == [RUNS, HARD, SOFT]


def test_alerts_of_another_tenant_are_neither_known_nor_listed(store: UsageStore) -> None:
    store.save_alerts("acme", [SOFT], [])
    assert store.known_alerts("bolt", [SOFT.id]) == set()
    assert listed(store, "bolt") == []
    assert store.save_alerts("bolt", [SOFT], [])


def test_known_are_those_that_were_saved(store: UsageStore) -> None:
    store.save_alerts("acme", [SOFT, RUNS], [])
    assert store.known_alerts("acme", [SOFT.id, HARD.id, RUNS.id]) == {SOFT.id, RUNS.id}


def test_a_mail_waits_with_its_alert(alert_place: AlertPlace) -> None:
    assert alert_place.open().save_alerts("acme", [SOFT], [MAIL, replace(MAIL, subject="and runs")])
    assert alert_place.mails() == [
        WaitingMail(("a@example.com", "b@example.com"), "80% are used"),
        WaitingMail(("a@example.com", "b@example.com"), "and runs"),
    ]


def test_an_alert_that_is_kept_already_keeps_the_others_and_the_mail_from_being_saved(
    alert_place: AlertPlace,
) -> None:
    store = alert_place.open()
    store.save_alerts("acme", [SOFT], [])
    assert not store.save_alerts("acme", [replace(SOFT, used=49_000), HARD], [MAIL])
    assert listed(store) == [SOFT]
    assert alert_place.mails() == []


def test_of_ten_who_raise_one_alert_one_does_and_one_mail_waits(alert_place: AlertPlace) -> None:
    with ThreadPoolExecutor(10) as pool:
        raised = pool.map(lambda _: alert_place.open().save_alerts("acme", [SOFT], [MAIL]), range(10))
        assert sum(raised) == 1
    assert len(alert_place.mails()) == 1


def test_pages_make_up_the_whole_list(store: UsageStore) -> None:
    store.save_alerts("acme", [SOFT, HARD, RUNS], [])
    first = store.list_alerts("acme", limit=2)
    second = store.list_alerts("acme", limit=2, cursor=first.next_cursor)
    assert (first.items, second.items, second.next_cursor) == ([RUNS, HARD], [SOFT], None)


def test_a_cursor_of_another_list_is_refused(store: UsageStore) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        store.list_alerts("acme", limit=2, cursor="x")
