"""What a batch adds to its days: the sums of its cells, of its API keys and of the names that its events carry."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.attribution import Attribution, Names, attributed, tag_dimension
from shared.domain.ledger.counters import Cell, Series, sum_totals
from shared.domain.metering.deltas import DayDelta, deltas_by_day
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.runs import runs_of
from tests.sample_events import CALL, NOON, TODAY, llm_call, mark, sum_of_amounts, times

NAMES = st.sampled_from([None, "ann", "bob"])
TAGS = st.none() | st.dictionaries(st.sampled_from(["team", "env"]), st.sampled_from(["a", "b"]), min_size=1)
NAMED = st.builds(
    lambda name, user_id, workflow_id, key, tags: llm_call("e", model=name)._replace(
        user_id=user_id, workflow_id=workflow_id, key=key, tags=tags
    ),
    *(st.sampled_from(["m1", "m2"]), NAMES, NAMES, NAMES, TAGS),
)


def test_a_batch_adds_to_each_day_hour_and_series() -> None:
    events = [llm_call("e1"), llm_call("e2"), llm_call("e3", ts=NOON + timedelta(hours=12), provider="azure")]
    assert deltas_by_day(events) == {
        TODAY: DayDelta({Cell(12, Series("openai", "gpt-4.1-mini")): times(2)}, set(), events=2),
        TODAY + timedelta(days=1): DayDelta(
            {Cell(0, Series("azure", "gpt-4.1-mini")): CALL}, set(), events=1
        ),
    }


def test_an_event_without_amounts_lists_its_day_without_cells() -> None:
    assert deltas_by_day([mark("e1", "run-1", "started")]) == {TODAY: DayDelta({}, {12}, events=1)}


def test_the_hours_in_which_runs_may_begin_are_those_of_events_with_a_run() -> None:
    instants = [NOON, NOON + timedelta(hours=3), NOON + timedelta(hours=12)]
    events = [llm_call(f"e{ts}", ts=ts, run_id="run-1") for ts in instants] + [
        llm_call("e", ts=NOON - timedelta(hours=1))
    ]
    assert [delta.run_hours for delta in deltas_by_day(events).values()] == [{12, 15}, {0}]


@given(
    st.lists(st.builds(llm_call, st.text(), ts=st.integers(-99, 99).map(lambda h: NOON + timedelta(hours=h))))
)
def test_cells_and_runs_of_a_batch_add_up_to_its_events(events: list[RecordedEvent]) -> None:
    before = [dict(event.amounts) for event in events]
    cells = [totals for delta in deltas_by_day(events).values() for totals in delta.cells.values()]
    assert sum_totals(cells) == times(len(events))
    runs = runs_of([event._replace(run_id=str(len(event.id) % 3)) for event in events])
    assert sum_totals(run.totals for run in runs.values()) == times(len(events))
    assert [event.amounts for event in events] == before


def sums_by(name_of: Callable[[RecordedEvent], str | None], events: Iterable[RecordedEvent]) -> Names:
    """Return what is summed by name, of the events that have a name each."""
    named = [(name, event) for event in events if (name := name_of(event)) is not None]
    return {
        name: attributed(sum_of_amounts(event for each, event in named if each == name)) for name, _ in named
    }


@given(st.lists(NAMED))
def test_each_name_of_a_batch_gets_the_sum_of_its_events(events: list[RecordedEvent]) -> None:
    delta = deltas_by_day(events).get(TODAY, DayDelta({}, set()))
    expected: Attribution = {
        "user": sums_by(lambda event: event.user_id, events),
        "workflow": sums_by(lambda event: event.workflow_id, events),
        tag_dimension("team"): sums_by(lambda event: (event.tags or {}).get("team"), events),
        tag_dimension("env"): sums_by(lambda event: (event.tags or {}).get("env"), events),
    }
    assert delta.names == {dimension: names for dimension, names in expected.items() if names}
    assert delta.keys == sums_by(lambda event: event.key, events)
    assert sum_totals(delta.cells.values()) == sum_of_amounts(events)


def test_other_tags_than_a_tenants_five_are_not_summed() -> None:
    event = llm_call("e")._replace(tags={"team": "a", "env": "b"})
    names = deltas_by_day([event], ("team", "t2", "t3", "t4", "t5"))[TODAY].names
    assert set(names) == {tag_dimension("team")}
