"""Properties of a subscription's state: neither the order nor the repetition of events matters."""

from dataclasses import replace
from datetime import datetime
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.billing.subscription_states import TRANSITIONS, SubscriptionState
from shared.domain.billing.subscriptions import ApiSnapshot, Subscription, SubscriptionObservation, observe
from tests.sample_subscriptions import SNAPSHOT, observed, on_day, seen_in_turn

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
lives = st.lists(observations, min_size=1, max_size=7, unique_by=lambda each: each.event_id)
answers = st.builds(
    ApiSnapshot,
    st.sampled_from([*STATUSES, "canceled"]).map(lambda status: observed(0, status).snapshot),
    st.integers(100, 102).map(on_day),
)
deliveries = st.lists(
    st.tuples(observations, st.none() | answers),
    min_size=1,
    max_size=7,
    unique_by=lambda pair: pair[0].event_id,
)


@given(lives, st.data())
def test_any_order_and_repetition_of_events_ends_the_same(
    life: list[SubscriptionObservation], data: st.DataObject
) -> None:
    repeated = [*life, *data.draw(st.lists(st.sampled_from(life), max_size=4))]
    shuffled = data.draw(st.permutations(repeated))
    assert seen_in_turn(shuffled) == seen_in_turn(life)


@given(lives, st.sampled_from([*STATUSES, "canceled"]), st.data())
def test_any_order_and_repetition_of_events_ends_the_same_with_what_the_api_says(
    life: list[SubscriptionObservation], status: str, data: st.DataObject
) -> None:
    fetched = ApiSnapshot(replace(SNAPSHOT, status=status, price_id="price_now"), ASKED_AT)  # type: ignore[arg-type]
    shuffled = data.draw(st.permutations([*life, data.draw(st.sampled_from(life))]))
    known = seen_in_turn(shuffled, fetched)
    assert known == seen_in_turn(life, fetched)
    assert known.snapshot == fetched.snapshot


@given(lives)
def test_what_is_kept_tells_the_same_as_all_events_would(life: list[SubscriptionObservation]) -> None:
    observations = sorted(each.status for each in life)
    states = [SubscriptionState.NONE]
    for seen in observations:
        states.append(TRANSITIONS[states[-1], seen.trigger])
    since: datetime | None = None
    for seen, state in zip(observations, states[1:], strict=True):
        is_past_due = state is SubscriptionState.PAST_DUE
        since = (since or seen.at) if is_past_due else None
    known = seen_in_turn(life)
    assert known.state is states[-1]
    assert known.past_due_since == since


@given(lives)
def test_the_newest_event_has_the_word_and_an_unmapped_price_keeps_the_plan(
    life: list[SubscriptionObservation],
) -> None:
    in_order = sorted(life, key=lambda each: each.status)
    plans = [each.snapshot.plan for each in in_order if each.snapshot.plan is not None]
    known = seen_in_turn(life)
    assert known.snapshot == in_order[-1].snapshot
    assert known.plan == (plans[-1] if plans else None)


@given(lives, st.sampled_from(STATUSES))
def test_a_deleted_subscription_never_comes_back(life: list[SubscriptionObservation], status: str) -> None:
    late = seen_in_turn([observed(3, "deleted"), *life, observed(9, status)])
    assert late.state in {SubscriptionState.CANCELED, SubscriptionState.EXPIRED}


@given(deliveries, st.data())
def test_any_order_and_repetition_ends_the_same_also_if_the_api_answers_differently_or_only_sometimes(
    deliveries: list[tuple[SubscriptionObservation, ApiSnapshot | None]], data: st.DataObject
) -> None:
    def known(pairs: list[tuple[SubscriptionObservation, ApiSnapshot | None]]) -> Subscription | None:
        nothing: Subscription | None = None
        return reduce(lambda previous, pair: observe(previous, *pair), pairs, nothing)

    shuffled = data.draw(st.permutations([*deliveries, data.draw(st.sampled_from(deliveries))]))
    assert known(shuffled) == known(deliveries)
