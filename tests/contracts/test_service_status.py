"""ServiceStatus: the overview, the last ticks, Stripe's events that failed, and dead letters."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier

import pytest

from shared.adapters.firestore import FirestoreServiceStatus
from shared.domain.billing.margins import Margin
from shared.domain.notices.outbox import Backlog
from shared.domain.people.tenant_rows import RowCounts
from shared.domain.platform.failures import DeadLetter, FailureCounts, StripeFailure
from shared.domain.platform.overview import Overview, UncertainModel
from shared.domain.platform.ticks import MOST_RECONCILES, MOST_TICKS, TickRun
from shared.ports import BillingStore, FailedAttempt, ProcessedEvent, ServiceStatus, StoredStatus
from tests.billing_places import BillingPlace, FirestoreBillingPlace, MemoryBillingPlace
from tests.contracts.conftest import Stores
from tests.contracts.test_billing_store import everything
from tests.sample_events import NOON
from tests.usecases.plain_sums import new_tenant

MINUTE = timedelta(minutes=1)
TICK = TickRun(at=NOON, job="fold", milliseconds=120)
ATTEMPT = FailedAttempt(
    event_id="evt_1", type="invoice.paid", tenant_id="acme", error="Unavailable: no answer", at=NOON
)
LETTER = DeadLetter(id="7", job="reconcile", text='{"job": "reconcile"}', attempts=5, at=NOON, error=None)
OVERVIEW = Overview(
    computed_at=NOON,
    rows=RowCounts(
        active=7,
        suspended=2,
        ended=1,
        paying=3,
        past_due=1,
        over_80=2,
        over_limit=1,
        second_subscriptions=1,
        mrr_nanousd=2**62,
        events_per_hour=90,
    ),
    month=date(2026, 11, 1),
    margin=Margin(revenue_nanousd=5, unpaid_nanousd=4, cost_nanousd=7, unpriced_calls=3),
    outbox=Backlog(due=2, oldest_due_at=NOON, failed=1),
    failures=FailureCounts(1, 2),
    models=[UncertainModel(provider="a.b", model="`c/", unpriced_calls=3, incomplete_calls=0, tenants=2)],
)


@pytest.fixture
def service(stores: Stores) -> ServiceStatus:
    """A status without anything."""
    return stores.service


def test_nothing_is_known_at_first(service: ServiceStatus) -> None:
    assert service.read_status() == StoredStatus(None, [])
    assert service.list_stripe_failures(5) == []
    assert service.list_dead_letters(5) == []
    assert service.count_failures() == FailureCounts(0, 0)


@pytest.mark.parametrize(
    "overview", [OVERVIEW, replace(OVERVIEW, outbox=Backlog(due=0, oldest_due_at=None, failed=0), models=[])]
)
def test_an_overview_is_read_as_it_was_saved_last(service: ServiceStatus, overview: Overview) -> None:
    service.save_overview(replace(OVERVIEW, computed_at=NOON - MINUTE))
    service.save_overview(overview)
    assert service.read_status().overview == overview


def test_the_last_thirty_ticks_are_kept_newest_first(service: ServiceStatus) -> None:
    runs = [replace(TICK, at=NOON + number * MINUTE) for number in range(MOST_TICKS + 5)]
    for run in runs:
        service.add_tick(run)
    assert service.read_status().ticks == runs[:4:-1]


def test_a_reconciliation_of_many_steps_leaves_the_ticks_of_the_last_minutes(service: ServiceStatus) -> None:
    service.add_tick(TICK)
    steps = [
        TickRun(at=NOON + number * MINUTE, job="reconcile", milliseconds=9, error=f"KeyError: {number}")
        for number in range(1, MOST_RECONCILES + 4)
    ]
    for step in steps:
        service.add_tick(step)
    assert service.read_status().ticks == [*steps[:2:-1], TICK]


def test_ticks_that_end_at_once_are_all_kept(stores: Stores) -> None:
    rounds, barrier = 4, Barrier(2)

    def add(number: int) -> None:
        store = (stores.service, stores.other_service)[number]
        for each in range(rounds):
            barrier.wait()
            store.add_tick(replace(TICK, milliseconds=2 * each + number))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(add, range(2)))
    found = sorted(each.milliseconds for each in stores.service.read_status().ticks)
    assert found == list(range(2 * rounds))


def test_attempts_are_counted_once_each_and_the_last_one_is_reported(service: ServiceStatus) -> None:
    later = replace(ATTEMPT, at=NOON + MINUTE, error="Unavailable: again", tenant_id=None)
    for attempt in (ATTEMPT, ATTEMPT, later):
        service.add_failed_attempt(attempt)
    (failure,) = service.list_stripe_failures(5)
    assert failure == StripeFailure(
        event_id="evt_1",
        type="invoice.paid",
        tenant_id=None,
        error="Unavailable: again",
        attempted_at=frozenset({NOON, NOON + MINUTE}),
    )
    assert (failure.attempts, failure.first_at, failure.last_at) == (2, NOON, NOON + MINUTE)


def test_failures_and_letters_are_listed_newest_first_counted_and_removed(service: ServiceStatus) -> None:
    for number in range(3):
        service.add_failed_attempt(replace(ATTEMPT, event_id=f"evt_{number}", at=NOON + number * MINUTE))
        service.add_dead_letter(replace(LETTER, id=f"{number}", at=NOON - number * MINUTE))
    assert [each.event_id for each in service.list_stripe_failures(2)] == ["evt_2", "evt_1"]
    assert [each.id for each in service.list_dead_letters(2)] == ["0", "1"]
    for event_id in ("evt_2", "evt_2", "evt_9"):
        service.remove_stripe_failure(event_id)
    assert service.count_failures() == FailureCounts(2, 3)


def test_a_letter_that_comes_twice_is_one(service: ServiceStatus) -> None:
    for _ in range(2):
        service.add_dead_letter(LETTER)
    assert service.list_dead_letters(5) == [LETTER]


APPLIED = ProcessedEvent(event_id="evt_1", event_type="invoice.paid", outcome="applied", at=NOON)
SUCCESSES: dict[str, Callable[[BillingStore], object]] = {
    "it is applied": lambda store: store.save_billing(replace(everything(store), processed_event=APPLIED)),
    "it is applied after it was ignored": lambda store: store.save_billing(
        replace(everything(store), processed_event=replace(APPLIED, is_repeated=True))
    ),
    "it is ignored": lambda store: store.save_processed_event(replace(APPLIED, outcome="ignored")),
}


def service_of(place: BillingPlace) -> ServiceStatus:
    if isinstance(place, MemoryBillingPlace):
        return place.store
    assert isinstance(place, FirestoreBillingPlace)
    return FirestoreServiceStatus(place.rpc)


@pytest.mark.parametrize("success", SUCCESSES)
def test_the_failure_of_an_event_goes_with_its_success(place: BillingPlace, success: str) -> None:
    new_tenant(place.directory)
    service, other = service_of(place), replace(ATTEMPT, event_id="evt_other")
    service.add_failed_attempt(ATTEMPT)
    service.add_failed_attempt(other)
    SUCCESSES[success](place.open())
    assert [each.event_id for each in service.list_stripe_failures(5)] == ["evt_other"]


def test_the_failure_of_an_event_that_was_ignored_before_goes_when_it_is_ignored_again(
    place: BillingPlace,
) -> None:
    service, store = service_of(place), place.open()
    store.save_processed_event(replace(APPLIED, outcome="ignored"))
    service.add_failed_attempt(ATTEMPT)
    store.save_processed_event(replace(APPLIED, outcome="ignored"))
    assert service.list_stripe_failures(5) == []
