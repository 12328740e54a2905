"""The events behind a number: they add up to what usage shows, to the nano-dollar, folded or not."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.attribution import Dimension, attributed
from shared.domain.ledger.counters import Series, Totals, sum_totals
from shared.domain.ledger.periods import Period, start_of
from shared.domain.ledger.usage import Detail
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.tenants import Tenant
from shared.domain.prices.costs import EventCost
from shared.ports import Directory, UsageStore
from shared.usecases.ledger.explain_usage import EventFilter, EventSearch, Place, find_events
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.ledger.read_attribution import read_attribution, top_names
from tests.contracts.test_attribution import DAY, fold, known, some_events
from tests.contracts.test_reading import create_tenant
from tests.properties import ON_EACH_STORE
from tests.sample_events import MINI, NOON, TODAY, costing, writing

OTHER = Series("anthropic", "claude-sonnet-4-5")
priced_events = st.builds(
    lambda event, series, nanousd: (
        event if event.cost.nanousd is None else costing(event, EventCost("exact", nanousd))
    )._replace(series=series),
    some_events,
    st.sampled_from([MINI, OTHER]),
    st.integers(0, 10**12),
)
steps_of_a_history = st.lists(st.lists(priced_events, min_size=1, max_size=6) | st.none(), max_size=4)


History = list[list[RecordedEvent] | None]


def tenant_with(steps: History, store: UsageStore, directory: Directory) -> Tenant:
    """Record events, fold where a step is None, and fold at the end: late events count from then on."""
    tenant = create_tenant(directory, f"t-{uuid4().hex[:12]}", counters=writing(2))
    for events in (*steps, None):
        if events is None:
            fold(store, tenant)
        else:
            store.record(tenant.id, events, known(store, tenant).counters, NOON)
    return known(store, tenant)


def explained(
    store: UsageStore, tenant: Tenant, within: Period, wanted: EventFilter
) -> tuple[list[RecordedEvent], Totals]:
    """Return the events of all pages, and the sum that the last page has."""
    events: list[RecordedEvent] = []
    place = Place()
    while True:
        search = EventSearch(within=within, wanted=wanted, limit=4)
        found = find_events(store, tenant, search, place)
        events += found.events
        place = found.next_place
        if place.cursor is None:
            return events, place.sum


@ON_EACH_STORE
@given(steps=steps_of_a_history, days=st.integers(0, 6), hours=st.integers(0, 12))
def test_the_events_add_up_to_every_number_of_an_interval(
    store: UsageStore, directory: Directory, steps: History, days: int, hours: int
) -> None:
    tenant = tenant_with(steps, store, directory)
    within = Period(start_of(TODAY - days * DAY) + timedelta(hours=hours), NOON + timedelta(hours=1))
    usage = Ledger(store).within(tenant, within, Detail.SERIES, NOON).usage
    numbers = {
        EventFilter(): usage.totals,
        **{
            EventFilter(provider=name.provider, model=name.model): usage.series.get(name, {})
            for name in (MINI, OTHER)
        },
    }
    for wanted, shown in numbers.items():
        events, total = explained(store, tenant, within, wanted)
        assert total == sum_totals(event.amounts for event in events) == shown
    errors, _ = explained(store, tenant, within, EventFilter(errors=True))
    assert len(errors) == usage.totals.get("errors", 0)


FILTERS: dict[Dimension, Callable[[str], EventFilter]] = {
    "user": lambda name: EventFilter(user_id=name),
    "workflow": lambda name: EventFilter(workflow_id=name),
    "key": lambda name: EventFilter(key=name),
    "tag:team": lambda name: EventFilter(tag=("team", name)),
}


@ON_EACH_STORE
@given(steps=steps_of_a_history, days=st.integers(0, 6))
def test_the_events_add_up_to_every_number_of_a_name(
    store: UsageStore, directory: Directory, steps: History, days: int
) -> None:
    tenant = tenant_with(steps, store, directory)
    within = Period(start_of(TODAY - days * DAY), start_of(TODAY + DAY))
    for dimension, filter_of in FILTERS.items():
        usage = read_attribution(Ledger(store), tenant, (dimension, within), NOON)
        for name, shown in top_names(usage, 10_000):
            if name is not None:
                _, total = explained(store, tenant, within, filter_of(name))
                assert attributed(total) == shown
