"""Folds raise alerts: the thresholds, the recipients, the mails and the cost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.people.tenants import Change
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.notices.alert_recipients import set_alert_recipients
from tests.alert_places import AlertPlace, FirestoreAlertPlace, WaitingMail
from tests.sample_events import NOON, ONE_SHARD
from tests.usecases.fault_injection import counted
from tests.usecases.notices.alert_scenarios import (
    LIMIT,
    fold,
    folder_of,
    join,
    new_place,
    raised,
    use,
    using,
    with_tenant,
)
from tests.usecases.plain_sums import new_tenant

OWNER = ("ada@example.com",)
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["memory", "firestore"])
def place(request: pytest.FixtureRequest) -> AlertPlace:
    """Each store in turn, with tenant acme on plan free, owned by Ada."""
    if request.param == "memory":
        return new_place()
    return with_tenant(FirestoreAlertPlace(request.getfixturevalue("firestore_channel")))


def test_below_the_soft_threshold_there_is_no_alert(place: AlertPlace) -> None:
    use(place, LIMIT * 80 // 100 - 1)
    fold(place)
    assert (raised(place), place.mails()) == ([], [])


def test_each_threshold_raises_one_alert_for_any_number_of_folds(place: AlertPlace) -> None:
    use(place, LIMIT * 80 // 100)
    for minute in range(3):
        use(place, minute)
        fold(place, now=NOON + minute * MINUTE)
    assert raised(place) == ["tokens.80"]
    use(place, LIMIT)
    fold(place)
    assert raised(place) == ["tokens.100", "tokens.80"]
    assert place.mails() == [
        WaitingMail(OWNER, "Acme has used 100% of its tokens"),
        WaitingMail(OWNER, "Acme has used 80% of its tokens"),
    ]


def test_both_thresholds_at_once_are_two_alerts_and_one_mail(place: AlertPlace) -> None:
    use(place, 2 * LIMIT)
    fold(place)
    alerts = place.open().list_alerts("acme", limit=50).items
    assert [(alert.used, alert.limit, alert.reached_at) for alert in alerts] == [(2 * LIMIT, LIMIT, NOON)] * 2
    assert raised(place) == ["tokens.100", "tokens.80"]
    assert place.mails() == [WaitingMail(OWNER, "Acme has used 100% of its tokens")]


def test_runs_and_tokens_raise_separate_alerts(place: AlertPlace) -> None:
    for number in range(8):
        use(place, LIMIT * 10 // 100, run_id=f"run-{number}")
    fold(place)
    assert raised(place) == ["runs.80", "tokens.80"]
    assert [mail.subject for mail in place.mails()] == [
        "Acme has used 80% of its runs",
        "Acme has used 80% of its tokens",
    ]


def test_recipients_get_the_mail_and_without_them_every_owner(place: AlertPlace) -> None:
    join(place, "bob@example.com", "owner")
    join(place, "eve@example.com", "admin")
    use(place, LIMIT * 80 // 100)
    fold(place)
    tenant = place.directory.find_tenant("acme")
    assert tenant
    named = ["ops@example.com", "cfo@example.com"]
    set_alert_recipients(place.directory, tenant, named, Change("test", NOON))
    use(place, LIMIT)
    fold(place)
    hard, soft = place.mails() if place.mails()[0].to == tuple(named) else place.mails()[::-1]
    assert hard == WaitingMail(("ops@example.com", "cfo@example.com"), "Acme has used 100% of its tokens")
    assert sorted(soft.to) == ["ada@example.com", "bob@example.com"]


def test_a_tenant_without_recipients_and_owners_gets_alerts_without_mails(memory: MemoryStore) -> None:
    new_tenant(memory, plan="free")
    memory.record("acme", [using("e", LIMIT)], ONE_SHARD, NOON)
    fold_tenants(folder_of(memory, memory), ["acme"], NOON)
    assert len(memory.list_alerts("acme", limit=9).items) == 2
    assert memory.mails == []


def test_only_the_current_period_raises_alerts(place: AlertPlace) -> None:
    use(place, LIMIT, ts=NOON - timedelta(days=30))
    fold(place)
    assert (raised(place), place.mails()) == ([], [])


def test_the_next_period_raises_its_own_alerts(place: AlertPlace) -> None:
    use(place, LIMIT)
    fold(place)
    december = NOON + timedelta(days=20)
    use(place, LIMIT, ts=december)
    fold(place, now=december)
    periods = {alert.id.partition(".")[0] for alert in place.open().list_alerts("acme", limit=50).items}
    assert periods == {"20261101T00Z", "20261201T00Z"}
    assert len(place.mails()) == 2


def test_an_upgrade_removes_no_alert_and_raises_none(place: AlertPlace) -> None:
    use(place, LIMIT)
    fold(place)
    entry = place.directory.list_audit("acme", limit=1).items[0]
    place.directory.set_plan("acme", "starter", replace(entry, action="plan.changed"))
    use(place, 1)
    fold(place, now=NOON + MINUTE)
    assert raised(place) == ["tokens.100", "tokens.80"]
    assert len(place.mails()) == 1


def test_a_plan_that_is_not_in_the_catalog_raises_nothing(memory: MemoryStore) -> None:
    new_tenant(memory, plan="custom")
    memory.record("acme", [using("e", 10**9)], ONE_SHARD, NOON)
    fold_tenants(folder_of(memory, memory), ["acme"], NOON)
    assert memory.list_alerts("acme", limit=9).items == []


def test_a_known_alert_costs_one_more_read_and_no_crossing_none(memory: MemoryStore) -> None:
    place = new_place()
    store, calls = counted(place.open())
    use(place, 1)
    fold(place, store)
    assert calls["known_alerts"] == calls["save_alerts"] == 0
    use(place, LIMIT)
    fold(place, store)
    assert (calls["known_alerts"], calls["save_alerts"]) == (1, 1)
    use(place, 2)
    fold(place, store)
    assert (calls["known_alerts"], calls["save_alerts"]) == (1 + 1, 1)
    calls.clear()
    fold(place, store)
    assert calls == {"dirty_counters": 1, "read": 1}


def mail_text(place: MemoryStore) -> tuple[str, str | None]:
    (mail,) = place.mails
    return mail.text, mail.link


@pytest.mark.parametrize(
    ("tokens", "sentence"),
    [
        (45_678, "At 100%, further usage is blocked until the limit resets on 1 December 2026 at 00:00 UTC."),
        (
            60_000,
            "The limit is reached: further usage is blocked until it resets on 1 December 2026 at 00:00 UTC.",
        ),
    ],
)
def test_a_mail_has_the_usage_the_effect_and_a_link(memory: MemoryStore, tokens: int, sentence: str) -> None:
    tenant = new_tenant(memory, plan="free")
    set_alert_recipients(memory, tenant, ["a@example.com"], Change("test", NOON))
    memory.record("acme", [using("e", tokens)], ONE_SHARD, NOON)
    fold_tenants(folder_of(memory, memory), ["acme"], NOON)
    first = f"Acme has used {tokens:,} of its 50,000 tokens in this metering period."
    way_out = "To raise the limit now, upgrade your plan."
    assert mail_text(memory) == (f"{first}\n\n{sentence} {way_out}", "https://usage.example.com/t/acme")
