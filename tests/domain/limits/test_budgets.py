"""Budgets: their windows, the spenders they apply to, and the decision."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.budget_counts import Spent
from shared.domain.ledger.periods import Period
from shared.domain.limits.budget_uses import BudgetUse, first_denial, warnings
from shared.domain.limits.budgets import (
    TENANT_SCOPE,
    Budget,
    BudgetMatcher,
    BudgetScope,
    Spender,
    beginning_again,
    with_budget,
    without_budget,
)
from shared.domain.limits.metrics import UsageRequest

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CAP = Budget(
    id="cap",
    scope=TENANT_SCOPE,
    unit="tokens",
    amount=100,
    window="day",
    on_reach="block",
    on_unknown_price="ignore",
    thresholds=(50, 100, 150),
    counts_from=NOON,
)
instants = st.timedeltas(timedelta(0), timedelta(days=30_000)).map(
    lambda since: datetime(2020, 1, 1, tzinfo=UTC) + since
)
texts = st.sampled_from(["a", "b", "*"])
scopes = st.builds(BudgetScope, st.sampled_from(["user", "workflow", "key"]), texts) | st.builds(
    BudgetScope, st.just("tag"), texts, st.sampled_from(["x", "y"])
)
spenders = st.builds(
    Spender,
    st.none() | texts,
    st.none() | texts,
    st.none() | texts,
    st.none() | st.dictionaries(st.sampled_from(["x", "y"]), texts),
)


def used(amount: int, budget: Budget = CAP, *, unknown: int = 0) -> BudgetUse:
    window = Period(NOON.replace(hour=0), NOON.replace(hour=0) + timedelta(days=1))
    return BudgetUse(budget=budget, value="", window=window, spent=Spent(amount, unknown))


@given(instants, st.sampled_from(["day", "week", "month", "period", "total"]), st.none() | instants)
def test_now_is_in_the_window_and_windows_follow_each_other(
    now: datetime, window: str, anchor: datetime | None
) -> None:
    budget = replace(CAP, window=window)  # type: ignore[arg-type]  # one of the literals
    created = now - timedelta(days=400)
    current = budget.window_at(anchor, created, now)
    assert current is not None
    assert current.contains(now)
    if window != "total":
        assert budget.window_at(anchor, created, current.end - timedelta(microseconds=1)) == current
        following = budget.window_at(anchor, created, current.end)
        assert following is not None
        assert following.start == current.end


def test_a_week_begins_on_monday_and_a_run_has_no_window() -> None:
    week = replace(CAP, window="week").window_at(None, NOON, NOON)
    assert week == Period(datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))
    assert replace(CAP, window="run").window_at(None, NOON, NOON) is None


@given(st.lists(scopes, max_size=6), spenders)
def test_the_budgets_that_apply_are_those_whose_scope_has_a_value_of_the_spender(
    chosen: list[BudgetScope], spender: Spender
) -> None:
    budgets = [replace(CAP, id=f"b{number}", scope=scope) for number, scope in enumerate(chosen)]
    matcher = BudgetMatcher.of([CAP, *budgets])
    values = {(kind, name): value for kind, name, value in spender.values()}
    expected = {
        (budget.id, values[budget.scope.kind, budget.scope.name])
        for budget in budgets
        if values.get((budget.scope.kind, budget.scope.name)) is not None
        and budget.scope.value in ("*", values[budget.scope.kind, budget.scope.name])
    }
    applying = matcher.applying(spender)
    assert (applying[0].budget, applying[0].value) == (CAP, "")
    assert sorted((each.budget.id, each.value) for each in applying[1:]) == sorted(expected)
    counting = matcher.counting(spender, NOON)
    assert len(counting) == len(expected)
    assert matcher.counting(spender, NOON - timedelta(microseconds=1)) == ()


def test_another_amount_goes_on_counting_and_another_scope_unit_or_kind_of_window_begins_again() -> None:
    later = replace(CAP, counts_from=NOON + timedelta(hours=1))
    for same in (
        replace(later, amount=5),
        replace(later, window="week"),
        replace(later, on_reach="warn"),
        replace(later, thresholds=()),
    ):
        assert beginning_again(same, CAP) == replace(same, counts_from=NOON)
    for other in (
        replace(later, scope=BudgetScope("user", "a")),
        replace(later, unit="cost"),
        replace(later, window="run"),
    ):
        assert beginning_again(other, CAP) == other
    assert beginning_again(later, None) == later
    assert later.key != CAP.key


def test_a_budget_takes_the_place_of_its_id_and_the_others_stay() -> None:
    first, second = replace(CAP, id="a"), replace(CAP, id="b", amount=7)
    assert with_budget((CAP, second), first) == (first, second, CAP)
    assert with_budget((first, CAP), replace(first, amount=9))[0].amount == 9
    assert without_budget((first, CAP), "a") == (CAP,)


@pytest.mark.parametrize(
    ("spent", "asked", "code"),
    [
        (0, 100, None),
        (0, 101, "budget_exceeded"),
        (99, 1, None),
        (99, None, None),
        (100, None, "budget_exceeded"),
        (100, 0, "budget_exceeded"),
        (130, None, "budget_exceeded"),
    ],
)
def test_exactly_the_amount_fits(spent: int, asked: int | None, code: str | None) -> None:
    denial = first_denial([used(spent)], UsageRequest(tokens=asked))
    assert (denial.code if denial else None) == code
    warning = used(spent, replace(CAP, on_reach="warn"))
    assert first_denial([warning], UsageRequest(tokens=asked)) is None
    assert warnings([warning], UsageRequest(tokens=asked)) == ([warning] if code else [])


def test_the_first_budget_that_denies_is_named() -> None:
    fits, denies = used(1), used(100, replace(CAP, id="second"))
    denial = first_denial([fits, denies, used(100)], UsageRequest())
    assert denial is not None
    assert denial.use is denies
    assert (
        denial.reason
        == "Budget second allows 100 tokens a day, and 100 is used; it resets at 2026-11-21T00:00:00Z."
    )


@given(st.integers(0, 10**15), st.integers(1, 10**15))
def test_what_is_left_and_what_is_reached_agree_with_what_is_used(amount: int, limit: int) -> None:
    use = used(amount, replace(CAP, amount=limit))
    assert use.left == max(0, limit - amount)
    assert use.reached() == [each for each in CAP.thresholds if amount and amount * 100 >= each * limit]
    assert use.fits(use.left) == (use.left > 0)
    assert not use.fits(use.left + 1)
