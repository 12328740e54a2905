"""Each threshold of a budget is reported once in a window, whatever crashes and whoever folds."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from shared.domain.ledger.budget_counts import BudgetSlot, Counted
from shared.domain.ledger.periods import start_of
from shared.domain.limits.budgets import TENANT_SCOPE, Budget, BudgetScope
from shared.domain.notices.webhooks import Notice
from shared.ports import UsageStore
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.notices.raise_budget_alerts import BudgetAlertRaiser
from tests.alert_places import AlertPlace, FirestoreAlertPlace
from tests.contracts.test_directory import CREATED
from tests.sample_events import NOON, ONE_SHARD
from tests.usecases.fault_injection import Fault
from tests.usecases.notices.alert_scenarios import LINKS, new_place, using, with_tenant

EACH = Budget(
    id="each",
    scope=BudgetScope("user", "*"),
    unit="tokens",
    amount=100,
    window="day",
    on_reach="block",
    on_unknown_price="ignore",
    thresholds=(50, 100),
    counts_from=NOON,
)
ALL = Budget(
    id="all",
    scope=TENANT_SCOPE,
    unit="tokens",
    amount=1_000,
    window="total",
    on_reach="warn",
    on_unknown_price="ignore",
    thresholds=(10,),
    counts_from=NOON,
)


def use(place: AlertPlace, user: str, tokens: int, at: datetime = NOON) -> None:
    counted = (Counted(BudgetSlot(EACH.key, user), "tokens"),)
    event = using(f"{user}-{tokens}-{at}", tokens, at)._replace(user_id=user, budgets=counted)
    place.open().record("acme", [event], ONE_SHARD, at)


def fold(place: AlertPlace, now: datetime = NOON, store: UsageStore | None = None) -> None:
    store = store or place.open()
    raiser = BudgetAlertRaiser(store=store, members=place.members, outbox=place.outbox, links=LINKS)
    fold_tenants(TenantFolder(store, listener=raiser), ["acme"], now)


def reported(place: AlertPlace) -> list[tuple[str, str | None, int]]:
    alerts = place.open().list_alerts("acme", limit=500).items
    return sorted(
        (alert.budget.id, alert.budget.value, alert.threshold_percent) for alert in alerts if alert.budget
    )


def kinds(place: AlertPlace) -> Sequence[str]:
    return sorted(entry.kind for entry in place.entries())


@pytest.mark.parametrize("is_firestore", [False, True])
@pytest.mark.parametrize("took_effect", [False, True])
@pytest.mark.parametrize("calls", range(0, 16, 2))
def test_h7_a_fold_interrupted_anywhere_and_retried_reports_each_threshold_once(
    calls: int, took_effect: bool, is_firestore: bool, request: pytest.FixtureRequest
) -> None:
    place = (
        with_tenant(FirestoreAlertPlace(request.getfixturevalue("firestore_channel")))
        if is_firestore
        else new_place()
    )
    place.directory.set_budgets("acme", [ALL, EACH], CREATED)
    use(place, "ann", 120)
    use(place, "bob", 60)
    with suppress(ExceptionGroup):
        fold(place, store=place.open(Fault(calls, took_effect)))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: fold(place), range(3)))
    assert reported(place) == [
        ("all", None, 10),
        ("each", "ann", 50),
        ("each", "ann", 100),
        ("each", "bob", 50),
    ]
    assert kinds(place) == ["mail", "notice", "notice", "notice"]
    notices = [entry.content for entry in place.entries() if isinstance(entry.content, Notice)]
    assert len({notice.message_id for notice in notices}) == 3


def test_a_window_that_has_just_ended_is_looked_at_once_more() -> None:
    place = new_place()
    place.directory.set_budgets("acme", [EACH], CREATED)
    midnight = start_of((NOON + timedelta(days=1)).date())
    use(place, "ann", 120, midnight - timedelta(seconds=1))
    fold(place, midnight + timedelta(minutes=1))
    assert reported(place) == [("each", "ann", 50), ("each", "ann", 100)]
    use(place, "ann", 60, midnight + timedelta(minutes=2))
    fold(place, midnight + timedelta(minutes=3))
    assert reported(place) == [("each", "ann", 50), ("each", "ann", 50), ("each", "ann", 100)]


def test_a_tenant_with_many_users_over_a_threshold_gets_one_alert_each_and_short_mails() -> None:
    place = new_place()
    place.directory.set_budgets("acme", [EACH], CREATED)
    for number in range(130):
        use(place, f"user-{number:03}", 60)
    fold(place)
    fold(place)
    assert len(reported(place)) == 130
    mails = [entry.content for entry in place.entries() if entry.kind == "mail"]
    assert len(mails) == 2, "one for each hundred"
    assert place.mails()[0].subject in (
        "“Acme” has used much of 100 budgets",
        "“Acme” has used much of 30 budgets",
    )
