"""Properties of a subscription's state: neither the order nor the repetition of events matters."""

from dataclasses import replace
from datetime import datetime
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.billing.subscription_states import TRANSITIONS, SubscriptionState
from shared.domain.billing.subscriptions import ApiSnapshot, Subscription, SubscriptionObservation, observe
from tests.sample_subscriptions import SNAPSHOT, observed, on_day, subscription_after

STATUSES = ["incomplete", "trialing", "active", "past_due", "unpaid", "paused"]
ASKED_AT = on_day(100)

# Few seconds and few ids, so that ties and gaps both happen.
observations = st.builds(
    observed,
    st.integers(0, 6),
    st.sampled_from([*STATUSES, "past_due", "past_due", "created", "deleted", "incomplete_expired"]),
    plan=st.sampled_from(["starter", "professional", None]),
    changed_status=st.booleans(),
)
scenarios = st.lists(observations, min_size=1, max_size=7, unique_by=lambda each: each.event_id)
snapshots = st.builds(
    ApiSnapshot,
    st.sampled_from([*STATUSES, "canceled"]).map(lambda status: observed(0, status).snapshot),
    st.integers(100, 102).map(on_day),
)
deliveries = st.lists(
    st.tuples(observations, st.none() | snapshots),
    min_size=1,
    max_size=7,
    unique_by=lambda pair: pair[0].event_id,
)


@given(scenarios, st.data())
def test_any_order_and_repetition_of_events_ends_the_same(
    scenario: list[SubscriptionObservation], data: st.DataObject
) -> None:
    repeated = [*scenario, *data.draw(st.lists(st.sampled_from(scenario), max_size=4))]
    shuffled = data.draw(st.permutations(repeated))
    assert subscription_after(shuffled) == subscription_after(scenario)


@given(scenarios, st.sampled_from([*STATUSES, "canceled"]), st.data())
def test_any_order_and_repetition_of_events_with_an_api_snapshot_ends_the_same(
    scenario: list[SubscriptionObservation], status: str, data: st.DataObject
) -> None:
    fetched = ApiSnapshot(replace(SNAPSHOT, status=status, price_id="price_now"), ASKED_AT)  # type: ignore[arg-type]
    shuffled = data.draw(st.permutations([*scenario, data.draw(st.sampled_from(scenario))]))
    known = subscription_after(shuffled, fetched)
    assert known == subscription_after(scenario, fetched)
    assert known.snapshot == fetched.snapshot


@given(scenarios)
def test_the_stored_history_leads_to_the_same_state_as_all_events(
    scenario: list[SubscriptionObservation],
) -> None:
    statuses = sorted(each.status for each in scenario)
    states = [SubscriptionState.NONE]
    for status in statuses:
        states.append(TRANSITIONS[states[-1], status.trigger])
    since: datetime | None = None
    for status, state in zip(statuses, states[1:], strict=True):
        is_past_due = state is SubscriptionState.PAST_DUE
        since = (since or status.at) if is_past_due else None
    known = subscription_after(scenario)
    assert known.state is states[-1]
    assert known.past_due_since == since


@given(scenarios)
def test_the_newest_event_decides_and_an_unmapped_price_keeps_the_plan(
    scenario: list[SubscriptionObservation],
) -> None:
    in_order = sorted(scenario, key=lambda each: each.status)
    plans = [each.snapshot.plan for each in in_order if each.snapshot.plan is not None]
    known = subscription_after(scenario)
    assert known.snapshot == in_order[-1].snapshot
    assert known.plan == (plans[-1] if plans else None)


@given(scenarios, st.sampled_from(STATUSES))
def test_a_deleted_subscription_never_comes_back(
    scenario: list[SubscriptionObservation], status: str
) -> None:
    late = subscription_after([observed(3, "deleted"), *scenario, observed(9, status)])
    assert late.state in {SubscriptionState.CANCELED, SubscriptionState.EXPIRED}


@given(deliveries, st.data())
def test_any_order_ends_the_same_if_api_snapshots_differ_or_are_missing(
    deliveries: list[tuple[SubscriptionObservation, ApiSnapshot | None]], data: st.DataObject
) -> None:
    def known(pairs: list[tuple[SubscriptionObservation, ApiSnapshot | None]]) -> Subscription | None:
        nothing: Subscription | None = None
        return reduce(lambda previous, pair: observe(previous, *pair), pairs, nothing)

    shuffled = data.draw(st.permutations([*deliveries, data.draw(st.sampled_from(deliveries))]))
    assert known(shuffled) == known(deliveries)
