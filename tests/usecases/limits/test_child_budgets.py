"""A run below another one counts against the budgets of its own user too, on each store."""

from tests.usecases.limits.admission_world import Process, World
from tests.usecases.limits.test_admit_runs import budget_of_each_user, process, refused, world

__all__ = ["process", "world"]


def test_a_child_counts_against_the_budget_of_its_own_user(world: World, process: Process) -> None:
    world.set_limits(budget_of_each_user(50))
    process.admit("root", cents=50, user="ann")
    process.admit("child", cents=30, parent="root", user="bob")
    assert refused(process.admit, "of bob", cents=21, user="bob") == "budget_exceeded"
    process.admit("of bob", cents=20, user="bob")
    assert refused(process.admit, "of ann", cents=1, user="ann") == "budget_exceeded"
    process.end("child")
    process.admit("of bob too", cents=30, user="bob")


def test_what_runs_below_a_child_use_is_not_counted_twice_in_the_budget_of_its_user(
    world: World, process: Process
) -> None:
    world.set_limits(budget_of_each_user(50))
    process.admit("root", cents=50, user="ann")
    process.admit("child", cents=40, parent="root", user="bob")
    process.admit("grandchild", cents=30, parent="child", user="carl")
    process.draw("child", cents=10, user="bob")
    process.draw("grandchild", cents=20, user="carl")
    assert refused(process.admit, "of bob", cents=50 - (40 - 20) + 1, user="bob") == "budget_exceeded"
    world.process().admit("of bob", cents=50 - (40 - 20), user="bob")
