"""Folds raise alerts: the thresholds, the recipients, the mails and the cost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.notices.mails import Button
from shared.domain.notices.webhooks import Notice
from shared.domain.people.audit import AuditEntry, Change
from shared.domain.prices.costs import EventCost
from shared.domain.prices.money import NANOUSD_PER_USD
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.notices.alert_recipients import RecipientDependencies, set_alert_recipients
from shared.usecases.notices.alert_thresholds import set_alert_percents
from shared.usecases.people.manage_limits import set_limits
from tests.alert_places import AlertPlace, FirestoreAlertPlace, MemoryAlertPlace, WaitingMail
from tests.outgoing_fixtures import mails_of
from tests.plans import STARTER
from tests.sample_events import NOON, ONE_SHARD, costing, llm_call
from tests.usecases.fault_injection import counted
from tests.usecases.notices.alert_scenarios import (
    LIMIT,
    LINKS,
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

OWNER = "ada@example.com"
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["memory", "firestore"])
def place(request: pytest.FixtureRequest) -> AlertPlace:
    """Each store in turn, with tenant acme on plan free, owned by Ada."""
    if request.param == "memory":
        return new_place()
    return with_tenant(FirestoreAlertPlace(request.getfixturevalue("firestore_channel")))


def test_below_the_lowest_threshold_there_is_no_alert(place: AlertPlace) -> None:
    use(place, LIMIT * 50 // 100 - 1)
    fold(place)
    assert (raised(place), place.mails()) == ([], [])


def test_each_threshold_raises_one_alert_for_any_number_of_folds(place: AlertPlace) -> None:
    use(place, LIMIT * 80 // 100)
    for minute in range(3):
        use(place, minute)
        fold(place, now=NOON + minute * MINUTE)
    assert raised(place) == ["tokens.50", "tokens.80"]
    use(place, LIMIT)
    fold(place)
    assert raised(place) == ["tokens.100", "tokens.50", "tokens.80", "tokens.90"]
    assert place.mails() == [
        WaitingMail(OWNER, "“Acme” has used 180 % of its tokens"),
        WaitingMail(OWNER, "“Acme” has used 80 % of its tokens"),
    ]


def test_all_thresholds_at_once_are_four_alerts_and_one_mail(place: AlertPlace) -> None:
    use(place, 2 * LIMIT)
    fold(place)
    alerts = place.open().list_alerts("acme", limit=50).items
    assert [(alert.used, alert.limit, alert.reached_at) for alert in alerts] == [(2 * LIMIT, LIMIT, NOON)] * 4
    assert place.mails() == [WaitingMail(OWNER, "“Acme” has used 200 % of its tokens")]


def test_runs_and_tokens_raise_separate_alerts_and_one_mail(place: AlertPlace) -> None:
    for number in range(8):
        use(place, LIMIT * 10 // 100, run_id=f"run-{number}")
    fold(place)
    assert raised(place) == ["runs.50", "runs.80", "tokens.50", "tokens.80"]
    assert place.mails() == [WaitingMail(OWNER, "“Acme” has used 80 % of its tokens and 80 % of its runs")]
    assert [notice.type for notice in notices_of(place)] == ["limit.warning"] * 2
    assert {notice.data["metric"] for notice in notices_of(place)} == {"tokens", "runs"}


def test_three_metrics_are_one_mail(place: AlertPlace) -> None:
    set_limits(place.directory, "acme", {"cost_nanousd": 8 * 72_000}, Change("test", NOON))
    events = [llm_call(f"e{number}", run_id=f"run {number}") for number in range(8)]
    place.open().record("acme", [using("e", LIMIT), *events], ONE_SHARD, NOON)
    fold(place)
    assert [mail.subject for mail in place.mails()] == [
        "“Acme” has used 101 % of its tokens, 80 % of its runs and 100 % of its provider cost limit"
    ]
    assert {notice.data["metric"] for notice in notices_of(place)} == {"tokens", "runs", "cost"}


def test_a_tenant_chooses_its_thresholds(place: AlertPlace) -> None:
    tenant = place.directory.find_tenant("acme")
    assert tenant
    set_alert_percents(place.directory, tenant, [95, 20], Change("test", NOON))
    use(place, LIMIT * 94 // 100)
    fold(place)
    assert raised(place) == ["tokens.20"]
    use(place, LIMIT)
    fold(place)
    assert raised(place) == ["tokens.20", "tokens.95"]


def test_recipients_get_the_mail_and_without_them_every_owner(place: AlertPlace) -> None:
    join(place, "bob@example.com", "owner")
    join(place, "eve@example.com", "admin")
    use(place, LIMIT * 80 // 100)
    fold(place)
    assert [mail.to for mail in place.mails()] == ["ada@example.com", "bob@example.com"]
    name_recipients(place, "ops@example.com", "eve@example.com")
    place.outbox.confirm_address("ops@example.com", "acme", an_entry(place))
    use(place, LIMIT)
    fold(place)
    reported = [mail.to for mail in place.mails() if "180 %" in mail.subject]
    assert reported == ["eve@example.com", "ops@example.com"]


def test_a_recipient_who_has_not_confirmed_gets_no_alert(place: AlertPlace) -> None:
    name_recipients(place, "ops@example.com")
    place.outbox.confirm_address("ops@example.com", "another-tenant", an_entry(place))
    use(place, LIMIT)
    fold(place)
    assert raised(place) != []
    assert [mail.subject for mail in place.mails()] == ["Confirm that you want alerts from GWI Usage"]


def test_a_tenant_without_recipients_and_owners_gets_alerts_without_mails(memory: MemoryStore) -> None:
    new_tenant(memory, plan="free")
    memory.record("acme", [using("e", LIMIT)], ONE_SHARD, NOON)
    fold_tenants(folder_of(memory, memory, memory), ["acme"], NOON)
    assert len(memory.list_alerts("acme", limit=9).items) == 4
    assert mails_of(memory) == []


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
    before = raised(place)
    place.directory.set_plan("acme", STARTER.named_version, replace(an_entry(place), action="plan.changed"))
    use(place, 1)
    fold(place, now=NOON + MINUTE)
    assert raised(place) == before
    assert len(place.mails()) == 1


def test_a_plan_that_is_not_in_the_catalog_raises_nothing(memory: MemoryStore) -> None:
    new_tenant(memory, plan="custom")
    memory.record("acme", [using("e", 10**9)], ONE_SHARD, NOON)
    fold_tenants(folder_of(memory, memory, memory), ["acme"], NOON)
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


@pytest.mark.parametrize(
    ("tokens", "kind", "usage", "effect"),
    [
        (
            *(45_678, "limit.warning"),
            "“Acme”: 45,678 of 50,000 tokens used (91 %).",
            "At 100 %, checks answer no and recording goes on. "
            "The limit resets on 1 December 2026 at 00:00 UTC.",
        ),
        (
            *(60_010, "limit.reached"),
            "“Acme”: 60,010 of 50,000 tokens used (120 %).",
            "Checks now answer no. Recording goes on, and what is used still counts. "
            "The limit resets on 1 December 2026 at 00:00 UTC.",
        ),
    ],
)
def test_a_mail_and_a_webhook_have_the_usage_and_its_effect(
    tokens: int, kind: str, usage: str, effect: str
) -> None:
    place = MemoryAlertPlace()
    with_tenant(place)
    use(place, tokens)
    fold(place)
    (mail,) = mails_of(place.store)
    assert mail.paragraphs == (usage, effect)
    assert mail.button == Button("See usage", "https://usage.example.com/t/acme")
    (notice,) = notices_of(place)
    assert (notice.type, notice.text) == (kind, usage.replace("“Acme”", "Acme"))
    assert notice.data == {
        "metric": "tokens",
        "threshold_percent": 100 if tokens > LIMIT else 90,
        "used": tokens,
        "limit": LIMIT,
        "period_start": "2026-11-01T00:00:00Z",
        "period_end": "2026-12-01T00:00:00Z",
    }


def test_a_cost_near_its_limit_is_shown_in_dollars_and_as_a_lower_bound(place: AlertPlace) -> None:
    set_limits(place.directory, "acme", {"cost_nanousd": 10 * NANOUSD_PER_USD}, Change("test", NOON))
    bill = EventCost("exact", 9 * NANOUSD_PER_USD, "provider")
    events = [costing(llm_call("priced"), bill), costing(llm_call("unpriced"), EventCost("unknown"))]
    place.open().record("acme", events, ONE_SHARD, NOON)
    fold(place)
    assert raised(place) == ["cost.50", "cost.80", "cost.90"]
    assert place.mails() == [WaitingMail(OWNER, "“Acme” has used 90 % of its provider cost limit")]
    (notice,) = notices_of(place)
    assert (notice.type, notice.text) == (
        "limit.warning",
        "Acme: at least $9.00 of $10.00 provider cost used (90 %).",
    )
    assert notice.data == {
        "metric": "cost",
        "threshold_percent": 90,
        "used": 9 * NANOUSD_PER_USD,
        "limit": 10 * NANOUSD_PER_USD,
        "used_usd": "9.00",
        "limit_usd": "10.00",
        "cost_is_complete": False,
        "period_start": "2026-11-01T00:00:00Z",
        "period_end": "2026-12-01T00:00:00Z",
    }


def name_recipients(place: AlertPlace, *emails: str) -> None:
    """Set the recipients of acme's alerts."""
    tenant = place.directory.find_tenant("acme")
    assert tenant
    stores = RecipientDependencies(
        directory=place.directory, members=place.members, outbox=place.outbox, links=LINKS
    )
    set_alert_recipients(stores, tenant, emails, Change("test", NOON))


def an_entry(place: AlertPlace) -> AuditEntry:
    """Return any audit entry, for changes whose audit does not matter here."""
    return place.directory.list_audit("acme", limit=1).items[0]


def notices_of(place: AlertPlace) -> list[Notice]:
    """Return the notices to acme's webhook endpoints."""
    return [each.content for each in place.entries() if isinstance(each.content, Notice)]
