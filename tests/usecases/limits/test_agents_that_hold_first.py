"""Many agents at a limit: each holds what it will use before it uses it, so that together they use no token more."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import NamedTuple

import pytest

from shared.domain.ledger.usage import Detail
from shared.domain.limits.plans import Plan
from shared.domain.limits.runs import RunRefused
from tests.plans import ENTERPRISE, FREE
from tests.usecases.limits.admission_world import Process, memory_world

AGENTS = 64
HALF_A_SECOND = timedelta(seconds=0.5)


class Row(NamedTuple):
    """The plan, the tokens that are left of it, and those that each agent wants."""

    plan: Plan
    left: int
    each: int


@pytest.mark.parametrize("at_once", [AGENTS, 16])
@pytest.mark.parametrize(
    "row", [Row(FREE, 1_000, 1_000), Row(FREE, 10_000, 1_000), Row(ENTERPRISE, 40_000, 20_000)]
)
def test_agents_that_hold_first_use_exactly_what_is_left(row: Row, at_once: int) -> None:
    world = memory_world()
    world.set_limits(tokens=row.plan.token_limit, runs=row.plan.run_limit)
    processes = [world.process() for _ in range(4)]
    processes[0].draw(None, tokens=row.plan.token_limit - row.left)

    def work(number: int) -> bool:
        return work_within_hold(processes[number % 4], f"agent-{number}", row.each)

    admitted = 0
    with ThreadPoolExecutor(at_once) as pool:
        for first in range(0, AGENTS, at_once):
            admitted += sum(pool.map(work, range(first, first + at_once)))
            world.now += HALF_A_SECOND
    used = processes[0].ledger.current(world.tenant, Detail.TOTALS, world.now).consumption
    assert admitted == row.left // row.each
    assert (used.tokens - row.plan.token_limit, used.runs) == (0, admitted)


def work_within_hold(process: Process, run_id: str, tokens: int) -> bool:
    """Use all of a hold in four calls, if it is granted."""
    try:
        process.admit(run_id, tokens=tokens)
    except RunRefused:
        return False
    for _ in range(4):
        process.draw(run_id, tokens=tokens // 4)
    process.end(run_id)
    return True
