"""Runs are admitted with what fits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.errors import UsageError
from shared.domain.ledger.holds import Amounts
from shared.domain.limits.budgets import Budget, BudgetScope, Spender
from shared.domain.limits.metrics import UsageRequest
from shared.domain.limits.runs import HoldRequest, RunLeft, RunRefused, RunRequest
from shared.usecases.limits.check_limits import Planned
from tests.sample_events import NOON
from tests.usecases.limits.admission_world import CENT, Process, World, memory_world

HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return memory_world()


@pytest.fixture
def process(world: World) -> Process:
    return world.process()


def refused(call: Callable[..., object], *args: Any, **named: Any) -> str:
    """Return the code with which a request is refused."""
    with pytest.raises(UsageError) as caught:
        call(*args, **named)
    return caught.value.code


def budget_of_each_user(cents: int) -> Budget:
    return Budget(
        id="users",
        scope=BudgetScope("user", "*"),
        unit="cost",
        amount=cents * CENT,
        window="day",
        on_reach="block",
        on_unknown_price="block",
        counts_from=NOON - HOUR,
    )


def test_as_many_runs_are_admitted_as_fit(world: World, process: Process) -> None:
    world.set_limits(tokens=1_000)
    for number in range(5):
        process.admit(f"r{number}", tokens=200)
    assert refused(process.admit, "r5", tokens=1) == "token_limit_reached"


def test_a_refusal_says_what_the_limit_is(world: World, process: Process) -> None:
    world.set_limits(cents=100)
    process.draw(None, cents=10)
    process.admit("r1", cents=60)
    with pytest.raises(RunRefused) as caught:
        process.admit("r2", cents=31)
    refusal = caught.value.refusal
    assert (refusal.code, refusal.scope, refusal.metric) == ("cost_limit_exceeded", "plan", "cost")
    assert (refusal.limit, refusal.used, refusal.held, refusal.asked) == (
        100 * CENT,
        10 * CENT,
        60 * CENT,
        31 * CENT,
    )
    process.admit("r3", cents=30)


def test_what_a_run_draws_is_not_counted_twice(world: World, process: Process) -> None:
    world.set_limits(cents=100)
    process.admit("r1", cents=60)
    process.draw("r1", cents=50)
    process.admit("r2", cents=100 - 60)
    assert refused(process.admit, "r3", cents=1) == "cost_limit_reached"


def test_what_is_not_used_comes_back_at_the_end(world: World, process: Process) -> None:
    world.set_limits(cents=100)
    process.admit("r1", cents=100)
    process.draw("r1", cents=30)
    ended = process.end("r1")
    assert (ended.status, ended.drawn, ended.over) == ("completed", Amounts(30 * CENT), Amounts())
    assert refused(process.admit, "r2", cents=71) == "cost_limit_exceeded"
    process.admit("r2", cents=70)


def test_what_is_not_used_comes_back_after_the_hold_expires_and_its_grace(
    world: World, process: Process
) -> None:
    world.set_limits(tokens=100)
    process.admit("r1", tokens=100, ttl=HOUR)
    world.now += HOUR + timedelta(seconds=29)
    assert refused(process.admit, "r2", tokens=1) == "token_limit_reached"
    world.now += timedelta(seconds=1)
    process.admit("r2", tokens=100)
    assert refused(process.extend, "r1", tokens=101) == "hold_expired"


def test_a_hold_that_a_clock_ahead_has_released_has_expired_by_every_clock(
    world: World, process: Process
) -> None:
    process.admit("r1", tokens=100, ttl=HOUR)
    world.now += HOUR + timedelta(seconds=25)
    world.process(ahead=timedelta(seconds=5)).admit("r2", tokens=1)
    assert refused(process.extend, "r1", tokens=101) == "hold_expired"
    assert refused(process.admit, "child", tokens=1, parent="r1") == "hold_expired"


def test_a_run_that_is_admitted_counts_once(world: World, process: Process) -> None:
    world.set_limits(runs=2)
    assert process.admit("r1").is_new
    assert not process.admit("r1").is_new
    process.admit("r2")
    assert refused(process.admit, "r3") == "run_limit_reached"
    process.draw("r1", tokens=5)
    status = process.limits.current_status(world.tenant, world.now)
    assert status is not None
    assert status.runs_used == 2


def test_a_run_that_events_named_before_is_not_counted_again(world: World, process: Process) -> None:
    world.set_limits(runs=1, cents=100)
    process.draw("r1", cents=20)
    process.admit("r1", cents=50)
    assert refused(process.admit, "r2") == "run_limit_reached"
    assert process.admitter.left(world.tenant, "r1", world.now).cost_nanousd == (50 - 20) * CENT


def test_equal_requests_are_one_and_others_are_refused(world: World, process: Process) -> None:
    first = process.admit("r1", cents=10)
    again = world.process().admit("r1", cents=10)
    assert (again.is_new, again.admission) == (False, first.admission)
    assert refused(process.admit, "r1", cents=11) == "run_conflict"
    process.end("r1")
    assert refused(process.admit, "r1", cents=10) == "run_ended"
    assert refused(process.extend, "r1", cents=20) == "run_ended"


def test_an_end_is_the_same_twice(process: Process) -> None:
    process.admit("r1", cents=10)
    process.draw("r1", cents=3)
    first = process.end("r1", "failed")
    process.draw("r1", cents=1)
    assert process.end("r1", "completed") == replace(first, is_new=False)


def test_an_extension_names_the_total(world: World, process: Process) -> None:
    world.set_limits(cents=100)
    process.admit("r1", cents=40)
    process.admit("r2", cents=50)
    assert process.extend("r1", cents=50).admission.amounts.cost == 50 * CENT
    assert not process.extend("r1", cents=50).is_new
    assert refused(process.extend, "r1", cents=51) == "cost_limit_exceeded"
    process.draw("r1", cents=20)
    assert refused(process.extend, "r1", cents=19) == "below_drawn"
    process.extend("r1", cents=20)
    process.admit("r3", cents=30)


def test_children_draw_from_their_parent(world: World, process: Process) -> None:
    world.set_limits(cents=100, runs=10)
    process.admit("root", cents=100)
    process.draw("root", cents=10)
    process.admit("child", cents=60, parent="root")
    with pytest.raises(RunRefused) as caught:
        process.admit("second", cents=31, parent="root")
    refusal = caught.value.refusal
    assert (refusal.code, refusal.scope) == ("parent_budget_exceeded", "run:root")
    assert (refusal.limit, refusal.used, refusal.held, refusal.asked) == (
        100 * CENT,
        10 * CENT,
        60 * CENT,
        31 * CENT,
    )
    process.admit("grandchild", cents=60, parent="child")
    assert process.admitter.left(world.tenant, "child", world.now) == RunLeft(
        cost_nanousd=0, tokens=None, over=Amounts()
    )
    process.draw("grandchild", cents=5)
    process.end("child")
    process.admit("second", cents=100 - 10 - 5, parent="root")
    assert refused(process.admit, "late", parent="child") == "parent_ended"
    assert process.end("grandchild").drawn.cost == 5 * CENT, "it ended with its parent"


def test_a_parent_keeps_its_own_share(world: World, process: Process) -> None:
    request = RunRequest(run_id="root", hold=HoldRequest(cost_nanousd=10 * CENT), own=Amounts(cost=4 * CENT))
    process.ask(request)
    assert refused(process.admit, "child", cents=7, parent="root") == "parent_budget_exceeded"
    process.admit("child", cents=6, parent="root")
    process.draw("root", cents=4)
    assert process.admitter.left(world.tenant, "root", world.now).over == Amounts()


def test_the_end_of_a_root_ends_its_tree(world: World, process: Process) -> None:
    world.set_limits(cents=100)
    process.admit("root", cents=100)
    process.admit("child", cents=50, parent="root")
    process.admit("grandchild", cents=20, parent="child")
    process.draw("grandchild", cents=7)
    ended = process.end("root", "failed")
    assert ended.drawn == Amounts()
    assert refused(process.extend, "grandchild", cents=30) == "run_ended"
    assert refused(process.admit, "next", cents=94) == "cost_limit_exceeded"
    process.admit("next", cents=93)


def test_budgets_of_users_hold_for_each(world: World, process: Process) -> None:
    world.set_limits(budget_of_each_user(50))
    process.draw(None, cents=20, user="ann")
    with pytest.raises(RunRefused) as caught:
        process.admit("r1", cents=31, user="ann")
    refusal = caught.value.refusal
    assert (refusal.scope, refusal.limit, refusal.used) == ("budget:users", 50 * CENT, 20 * CENT)
    process.admit("r1", cents=30, user="ann")
    process.admit("r2", cents=50, user="bob")


def test_nobody_knows_what_a_run_with_unpriced_calls_has_left(world: World, process: Process) -> None:
    process.admit("r1", cents=50)
    process.draw_unpriced("r1")
    assert process.admitter.left(world.tenant, "r1", world.now).cost_nanousd is None
    assert refused(process.extend, "r1", cents=60) == "price_unknown"
    assert refused(process.admit, "child", cents=1, parent="r1") == "price_unknown"
    assert check(process, "r1", 1) == (False, "price_unknown")


def check(process: Process, run_id: str | None, cents: int) -> tuple[bool, str | None]:
    planned = Planned(request=UsageRequest(cost_nanousd=cents * CENT), spender=Spender(), run_id=run_id)
    found = process.limits.check(process.world.tenant, planned, process.world.now)
    return found.allowed, found.code


def test_a_check_knows_what_is_held(world: World, process: Process) -> None:
    world.set_limits(cents=100)
    process.admit("r1", cents=90)
    assert check(process, None, 11) == (False, "cost_limit_exceeded")
    assert check(process, None, 10) == (True, None)
    assert check(process, "r1", 90) == (True, None)
    assert check(process, "r1", 91) == (False, "budget_exceeded")
    process.draw("r1", cents=90)
    assert check(process, "r1", 1) == (False, "budget_exceeded")


def test_an_unknown_run_has_no_end(process: Process) -> None:
    assert refused(process.end, "nobody") == "unknown_run"
    assert refused(process.extend, "nobody", cents=1) == "unknown_run"


def test_a_run_of_events_alone_can_be_ended(process: Process) -> None:
    process.draw("r1", cents=3)
    assert process.end("r1", "failed").drawn == Amounts(3 * CENT)


@pytest.mark.parametrize(
    ("parent", "code"), [("nobody", "unknown_parent"), ("r1", "parent_cycle"), ("events", "unknown_parent")]
)
def test_a_parent_has_to_be_another_run_that_was_admitted(process: Process, parent: str, code: str) -> None:
    process.draw("events", cents=1)
    assert refused(process.admit, "r1", cents=1, parent=parent) == code


def test_a_tree_is_at_most_eight_runs_below_its_root(process: Process) -> None:
    process.admit("d0", cents=1)
    for depth in range(1, 9):
        process.admit(f"d{depth}", cents=1, parent=f"d{depth - 1}")
    assert refused(process.admit, "d9", cents=1, parent="d8") == "tree_too_deep"


def test_an_expired_child_counts_in_its_parent_until_somebody_looks(world: World, process: Process) -> None:
    process.admit("root", cents=100, ttl=2 * HOUR)
    process.admit("child", cents=80, parent="root", ttl=HOUR)
    process.draw("child", cents=30)
    world.now += HOUR + timedelta(seconds=31)
    assert refused(process.admit, "second", cents=71, parent="root") == "parent_budget_exceeded"
    process.admit("second", cents=70, parent="root")
