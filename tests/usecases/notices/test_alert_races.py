"""Each alert is raised once, with one mail, under retries, interruptions and concurrent folds."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Unavailable
from shared.domain.ledger.periods import period_at
from shared.domain.notices.alerts import UsageAlert
from shared.domain.notices.entries import Outgoing
from shared.ports import UsageStore
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from tests.alert_places import FirestoreAlertPlace
from tests.sample_events import NOON, ONE_SHARD
from tests.usecases.fault_injection import Fault
from tests.usecases.interleaving import Interleaving
from tests.usecases.notices.alert_scenarios import (
    LIMIT,
    fold,
    folder_of,
    new_place,
    raised,
    use,
    using,
    with_tenant,
)
from tests.usecases.plain_sums import new_tenant

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("took_effect", [False, True])
@pytest.mark.parametrize("calls", range(12))
def test_a_fold_interrupted_anywhere_and_retried_sends_exactly_one_mail(
    calls: int, took_effect: bool
) -> None:
    """No new usage follows, only the tick that Pub/Sub sends again."""
    place = new_place()
    use(place, LIMIT)
    with suppress(ExceptionGroup):
        fold(place, place.open(Fault(calls, took_effect)))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: fold(place), range(3)))
    assert raised(place) == ["tokens.100", "tokens.50", "tokens.80", "tokens.90"]
    assert sorted(entry.kind for entry in place.entries()) == ["mail", "notice"]


@pytest.mark.parametrize("calls", range(0, 10, 2))
def test_a_fold_interrupted_on_firestore_and_retried_sends_exactly_one_mail(
    calls: int, request: pytest.FixtureRequest
) -> None:
    place = with_tenant(FirestoreAlertPlace(request.getfixturevalue("firestore_channel")))
    use(place, LIMIT)
    with suppress(ExceptionGroup):
        fold(place, place.open(Fault(calls, took_effect=True)))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: fold(place), range(3)))
    assert raised(place) == ["tokens.100", "tokens.50", "tokens.80", "tokens.90"]
    assert sorted(entry.kind for entry in place.entries()) == ["mail", "notice"]


def test_an_alert_that_cannot_be_raised_fails_the_fold_and_leaves_it_due(memory: MemoryStore) -> None:
    new_tenant(memory, plan="free")
    memory.record("acme", [using("e", LIMIT)], ONE_SHARD, NOON)

    def fail(*_: object) -> None:
        raise Unavailable("the store is away")

    with pytest.raises(ExceptionGroup, match="could not be folded"):
        fold_tenants(TenantFolder(memory, listener=fail), ["acme"], NOON)
    assert len(memory.dirty_counters("acme")) == 1


@given(st.lists(st.integers(0, 2), max_size=40))
def test_every_interleaving_of_two_folds_and_a_writer_sends_each_mail_once(schedule: list[int]) -> None:
    place = new_place()
    use(place, LIMIT * 80 // 100)

    def folding(store: UsageStore) -> None:
        fold(place, store)

    def write(store: UsageStore) -> None:
        store.record("acme", [using("late", LIMIT)], ONE_SHARD, NOON)

    Interleaving().run(schedule, place.open(), [folding, folding, write])
    fold(place, now=NOON + MINUTE)
    assert raised(place) == ["tokens.100", "tokens.50", "tokens.80", "tokens.90"]
    subjects = [mail.subject for mail in place.mails()]
    # The soft alert is mailed only if a fold ran between the two events.
    assert subjects.count("“Acme” has used 180 % of its tokens") == 1
    assert subjects.count("“Acme” has used 80 % of its tokens") <= 1


class MeanwhileStore(MemoryStore):
    """A memory store where another fold raises `elsewhere` right after the known alerts are read."""

    elsewhere: tuple[UsageAlert, ...] = ()

    def known_alerts(self, tenant_id: str, alert_ids: Collection[str]) -> set[str]:
        """Return the known alerts of a moment ago."""
        known = super().known_alerts(tenant_id, alert_ids)
        elsewhere, self.elsewhere = self.elsewhere, ()
        if elsewhere:
            assert self.save_alerts(tenant_id, elsewhere, Outgoing())
        return known


def test_a_fold_raises_the_alerts_that_a_concurrent_fold_did_not() -> None:
    store = MeanwhileStore()
    new_tenant(store, plan="free")
    store.record("acme", [using("e", LIMIT)], ONE_SHARD, NOON)
    november = period_at(None, NOON)
    store.elsewhere = (
        UsageAlert(
            period=november,
            metric="tokens",
            threshold_percent=80,
            used=LIMIT * 80 // 100,
            limit=LIMIT,
            reached_at=NOON,
        ),
    )
    fold_tenants(folder_of(store, store, store), ["acme"], NOON)
    alerts = store.list_alerts("acme", limit=9).items
    others = {(percent, LIMIT) for percent in (50, 90, 100)}
    assert {(alert.threshold_percent, alert.used) for alert in alerts} == {(80, 40_000), *others}


def test_eight_concurrent_folds_on_firestore_send_one_mail(request: pytest.FixtureRequest) -> None:
    place = with_tenant(FirestoreAlertPlace(request.getfixturevalue("firestore_channel")))
    use(place, LIMIT)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: fold(place), range(8)))
    assert raised(place) == ["tokens.100", "tokens.50", "tokens.80", "tokens.90"]
    assert len(place.mails()) == 1
