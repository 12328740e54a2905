"""Tests of a subscription's state: the whole transition table, and events that tie or are lost."""

from dataclasses import replace
from itertools import product

import pytest

from shared.domain.billing.subscription_states import TRANSITIONS, SubscriptionState, Trigger
from shared.domain.billing.subscriptions import (
    MAX_PAST_DUE_OBSERVATIONS,
    SUBSCRIPTION_CREATED,
    ApiSnapshot,
    SubscriptionObservation,
    observe,
    reconcile,
    trial_days_left,
)
from tests.sample_subscriptions import DAY, SNAPSHOT, UPDATED, observed, on_day, subscription_after

# Rows: the state before. Columns: what Stripe reports.
TABLE = """
            incomplete incomplete_expired trialing active past_due unpaid paused canceled deleted
none        incomplete expired            trialing active past_due unpaid paused canceled canceled
incomplete  incomplete expired            trialing active past_due unpaid paused canceled canceled
trialing    incomplete expired            trialing active past_due unpaid paused canceled canceled
active      incomplete expired            trialing active past_due unpaid paused canceled canceled
past_due    incomplete expired            trialing active past_due unpaid paused canceled canceled
unpaid      incomplete expired            trialing active past_due unpaid paused canceled canceled
paused      incomplete expired            trialing active past_due unpaid paused canceled canceled
canceled    canceled   canceled           canceled canceled canceled canceled canceled canceled canceled
expired     expired    expired            expired  expired expired expired expired expired expired
"""
HEADER, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [(row[0], trigger, after) for row in ROWS for trigger, after in zip(HEADER, row[1:], strict=True)]

ASKED_AT = on_day(100)


@pytest.mark.parametrize(("before", "trigger", "after"), CELLS)
def test_a_status_leads_to_its_state_and_nothing_leaves_a_final_one(
    before: str, trigger: str, after: str
) -> None:
    assert TRANSITIONS[SubscriptionState(before), Trigger(trigger)] == after


def test_the_table_covers_every_state_with_every_trigger() -> None:
    assert set(TRANSITIONS) == set(product(SubscriptionState, Trigger))
    assert len(CELLS) == len(TRANSITIONS) == 9 * 9


def test_history_stays_small_however_many_events_arrive() -> None:
    years = [observed(day, "active") for day in range(1_000)]
    assert len(subscription_after(years).history) == 1
    assert (
        len(subscription_after([*years, observed(1_000, "deleted"), observed(1_001, "active")]).history) == 1
    )


def test_within_one_second_a_creation_comes_first_and_an_end_last() -> None:
    second = [
        observed(1, "incomplete", event_id="evt_9"),
        observed(1, "active", event_id="evt_5"),
        observed(1, "created", event_id="evt_7", status="incomplete"),
    ]
    assert subscription_after(second).state is SubscriptionState.ACTIVE
    ended = subscription_after([observed(1, "deleted", event_id="evt_1"), *second])
    assert (ended.state, ended.snapshot.status) == (SubscriptionState.CANCELED, "canceled")


@pytest.mark.parametrize("other_id", ["evt_1", "evt_9"])
def test_within_one_second_the_event_that_changed_the_status_is_the_newest(other_id: str) -> None:
    card_saved = observed(1, "past_due", event_id=other_id)
    paid = observed(1, "active", event_id="evt_5", changed_status=True)
    assert subscription_after([paid, card_saved]).state is SubscriptionState.ACTIVE


def test_a_creation_that_already_ended_is_an_end() -> None:
    ended = observed(1, "created", status="incomplete_expired")
    assert ended.kind == SUBSCRIPTION_CREATED
    assert subscription_after([ended, observed(1, "active")]).state is SubscriptionState.EXPIRED


def test_it_is_past_due_since_the_first_failure_that_lasts() -> None:
    scenario = [
        observed(day, status) for day, status in enumerate(["active", "past_due", "active", "past_due"])
    ]
    assert subscription_after(scenario).past_due_since == on_day(3)
    assert subscription_after([*scenario, observed(4, "past_due")]).past_due_since == on_day(3)
    assert subscription_after([*scenario, observed(4, "active")]).past_due_since is None


def test_a_failure_that_is_reported_late_moves_the_start_back() -> None:
    assert subscription_after([observed(5, "past_due"), observed(3, "past_due")]).past_due_since == on_day(3)


def test_new_events_do_not_extend_the_grace_period() -> None:
    toggles = [observed(2 + n / 100, "past_due") for n in range(2 * MAX_PAST_DUE_OBSERVATIONS)]
    known = subscription_after([observed(1, "active"), *toggles])
    assert known.past_due_since == on_day(1)
    assert len(known.history) == 1 + MAX_PAST_DUE_OBSERVATIONS + 1
    assert subscription_after([*reversed(toggles), observed(1, "active")]) == known


def test_a_failure_known_only_from_the_api_began_with_the_period_at_the_earliest() -> None:
    failed = replace(SNAPSHOT, status="past_due", period_start=on_day(31), period_end=on_day(61))
    assert reconcile(
        subscription_after([observed(0, "created")]), ApiSnapshot(failed, ASKED_AT)
    ).past_due_since == on_day(31)
    in_between = subscription_after([observed(40, "active")])
    assert reconcile(in_between, ApiSnapshot(failed, ASKED_AT)).past_due_since == on_day(40)
    assert reconcile(None, ApiSnapshot(failed, ASKED_AT)).past_due_since == on_day(31)


def test_a_recovery_known_only_from_the_api_ends_the_failure() -> None:
    failing = subscription_after([observed(31, "past_due")])
    recovered = reconcile(failing, ApiSnapshot(replace(SNAPSHOT, status="active"), ASKED_AT))
    assert recovered.state is SubscriptionState.ACTIVE
    assert observe(recovered, observed(62, "past_due")).past_due_since == on_day(62)


def test_the_object_from_the_api_beats_the_payload_of_its_own_and_of_older_events() -> None:
    fetched = ApiSnapshot(replace(SNAPSHOT, status="active", plan="professional"), ASKED_AT)
    known = observe(None, observed(5, "past_due"), fetched)
    known = observe(known, observed(4, "unpaid"))
    assert (known.state, known.plan) == (SubscriptionState.ACTIVE, "professional")


def test_a_newer_event_beats_an_earlier_api_snapshot() -> None:
    fetched = ApiSnapshot(replace(SNAPSHOT, status="active"), ASKED_AT)
    known = observe(observe(None, observed(5, "active"), fetched), observed(6, "unpaid"))
    assert known.state is SubscriptionState.UNPAID


@pytest.mark.parametrize("is_slower_first", [True, False], ids=["slower-first", "slower-last"])
def test_the_later_of_two_api_snapshots_of_one_event_counts(is_slower_first: bool) -> None:
    event = observed(5, "past_due")
    slower = ApiSnapshot(event.snapshot, ASKED_AT)
    newer = ApiSnapshot(replace(SNAPSHOT, status="active"), ASKED_AT + DAY)
    first, second = (slower, newer) if is_slower_first else (newer, slower)
    known = observe(observe(None, event, first), event, second)
    assert known.state is SubscriptionState.ACTIVE


def test_reconciling_repairs_the_effect_of_lost_events() -> None:
    known = subscription_after([observed(0, "created"), observed(31, "past_due")])
    gone = reconcile(known, ApiSnapshot(replace(SNAPSHOT, status="canceled"), ASKED_AT))
    assert gone.state is SubscriptionState.CANCELED
    assert reconcile(gone, ApiSnapshot(SNAPSHOT, ASKED_AT + DAY)).state is SubscriptionState.CANCELED


def test_reconciling_a_subscription_never_seen_makes_it_known() -> None:
    known = reconcile(None, ApiSnapshot(SNAPSHOT, ASKED_AT))
    assert (known.id, known.state, known.plan) == ("sub_1", SubscriptionState.ACTIVE, "starter")
    assert observe(known, observed(2, "unpaid")).state is SubscriptionState.UNPAID


def test_an_event_of_another_subscription_is_refused() -> None:
    known = subscription_after([observed(0, "created")])
    with pytest.raises(ValueError, match=r"subscription is sub_1, but the event is about sub_2"):
        observe(known, observed(1, "active", id="sub_2"))


@pytest.mark.parametrize(
    ("left", "days"), [(3 * DAY, 3), (2 * DAY + DAY / 24, 3), (DAY / 24, 1), (0 * DAY, 0), (-DAY, 0)]
)
def test_a_begun_day_of_a_trial_counts_as_a_day(left: object, days: int) -> None:
    ends = observed(4, "trialing", trial_end=on_day(4) + left)  # type: ignore[operator]
    assert trial_days_left(ends) == days


def test_without_a_trial_no_days_are_left_to_count() -> None:
    assert (
        trial_days_left(
            SubscriptionObservation(event_id="evt_1", created=on_day(0), kind=UPDATED, snapshot=SNAPSHOT)
        )
        is None
    )
