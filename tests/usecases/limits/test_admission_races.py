"""Many runs ask at once, of one instance and of several: exactly as many are admitted as fit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from shared.domain.errors import UsageError
from shared.domain.limits.budgets import TENANT_SCOPE, Budget
from tests.sample_events import NOON
from tests.usecases.limits.admission_world import CENT, Process, World, firestore_world, memory_world

ASKED, ROOM = 200, 80
SHAPES = {"1 x 64": (1, 64), "4 x 8": (4, 8)}


@pytest.fixture(params=["memory", "firestore"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "memory":
        return memory_world()
    return firestore_world(request.getfixturevalue("firestore_channel"))


def race(world: World, shape: tuple[int, int], ask: Callable[[Process, int], object]) -> list[str]:
    """Return the codes of refusals after so many processes, with so many threads each, asked at once."""
    processes = [world.process() for _ in range(shape[0])]
    workers = shape[0] * shape[1]
    begin = Barrier(workers)

    def work(worker: int) -> list[str]:
        process, codes = processes[worker % shape[0]], []
        begin.wait(30)
        for number in range(worker, ASKED, workers):
            try:
                ask(process, number)
            except UsageError as error:
                codes.append(error.code)
        return codes

    with ThreadPoolExecutor(workers) as pool:
        return [code for codes in pool.map(work, range(workers)) for code in codes]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_runs_ask_for_tokens(world: World, shape: tuple[int, int]) -> None:
    world.set_limits(tokens=ROOM * 10)
    refusals = race(world, shape, lambda process, number: process.admit(f"r{number}", tokens=10))
    assert refusals == ["token_limit_reached"] * (ASKED - ROOM)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_runs_ask_for_dollars_of_a_budget(world: World, shape: tuple[int, int]) -> None:
    budget = Budget(
        id="all",
        scope=TENANT_SCOPE,
        unit="cost",
        amount=ROOM * CENT,
        window="day",
        on_reach="block",
        on_unknown_price="block",
        counts_from=NOON,
    )
    world.set_limits(budget)
    refusals = race(world, shape, lambda process, number: process.admit(f"r{number}", cents=1))
    assert refusals == ["budget_exceeded"] * (ASKED - ROOM)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_runs_ask_to_begin(world: World, shape: tuple[int, int]) -> None:
    world.set_limits(runs=ROOM)
    refusals = race(world, shape, lambda process, number: process.admit(f"r{number}"))
    assert refusals == ["run_limit_reached"] * (ASKED - ROOM)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_children_ask_while_their_root_draws(world: World, shape: tuple[int, int]) -> None:
    first = world.process()
    first.admit("root", cents=52, own_cents=2)

    def ask(process: Process, number: int) -> None:
        if number % 50 == 0:
            process.draw("root", tokens=1)
        process.admit(f"c{number}", cents=1, parent="root")

    refusals = race(world, shape, ask)
    assert refusals == ["parent_budget_exceeded"] * (ASKED - (52 - 2))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_nothing_is_held_after_all_have_ended_or_expired(world: World, shape: tuple[int, int]) -> None:
    world.set_limits(tokens=ROOM * 10)

    def ask(process: Process, number: int) -> None:
        process.admit(f"r{number}", tokens=10)
        if number % 2:
            process.draw(f"r{number}", tokens=3)
            process.end(f"r{number}")

    race(world, shape, ask)
    world.now += timedelta(hours=2)
    process = world.process()
    status = process.limits.current_status(world.stored_tenant(), world.now)
    assert status is not None
    assert status.tokens_held == 0
    process.admit("the rest", tokens=status.tokens_remaining)
    assert status.tokens_remaining == ROOM * 10 - status.tokens_used
