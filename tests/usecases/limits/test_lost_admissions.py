"""A commit that landed, and of which the answer was lost: its requests are decided once, alone and in a group."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, cast

import grpc
import pytest

from shared.domain.errors import Unavailable
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.holds import run_key
from shared.domain.limits.runs import Admitted, Ended
from shared.ports import Admissions, StaleHolds
from tests.adapters.interceptors import LostAnswers
from tests.usecases.fault_injection import PassingOn
from tests.usecases.limits.admission_world import Process, World, firestore_world, memory_world
from tests.usecases.limits.gathering import Gate, ask_together

Outcome = Admitted | Ended
REQUESTS: dict[str, Callable[[Process], Outcome]] = {
    "admit": lambda process: process.admit("new", tokens=100),
    "admit a child": lambda process: process.admit("child", tokens=200, parent="root"),
    "extend": lambda process: process.extend("extended", tokens=150),
    "end": lambda process: process.end("ended", "failed"),
}
LOSSES = {"memory, refused": StaleHolds, "memory, unanswered": Unavailable}
LOSSES |= {"firestore, refused": StaleHolds, "firestore, unanswered": Unavailable}


class _LosingAdmissions(PassingOn):
    """Admissions of which the first commit lands, and fails for its caller."""

    def __init__(self, target: Any, error: Exception) -> None:
        super().__init__(target)
        self._error: Exception | None = error

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        done, error = method(*args, **named), self._error
        self._error = None
        if error:
            raise error
        return done


class Losing(NamedTuple):
    """A tenant with some runs, and a process that loses the answer to its first commit."""

    world: World
    process: Process
    gate: Gate


def with_runs(world: World) -> World:
    world.set_limits(tokens=1_000, runs=5)
    process = world.process()
    process.admit("root", tokens=300)
    process.admit("extended", tokens=100)
    process.admit("ended", tokens=50)
    process.draw("ended", tokens=20)
    return world


@pytest.fixture(params=[*LOSSES, "firestore, by its channel"])
def losing(request: pytest.FixtureRequest) -> Losing:
    answers = LostAnswers(grpc.StatusCode.UNAVAILABLE, times=0)
    if request.param.startswith("memory"):
        world = with_runs(memory_world())
    else:
        channel = request.getfixturevalue("firestore_channel")
        world = with_runs(firestore_world(grpc.intercept_channel(channel, answers)))
    opened = world.process()
    gate, admissions = Gate(opened.usage), opened.admissions
    if request.param in LOSSES:
        lost = _LosingAdmissions(admissions, LOSSES[request.param]("lost"))
        admissions = cast(Admissions, lost)
    else:
        answers.left = 1
    return Losing(world, Process(world, cast(Any, gate), admissions), gate)


def ask(process: Process, name: str, outcomes: dict[str, Outcome]) -> None:
    """Ask once more if nothing is answered."""
    try:
        outcomes[name] = REQUESTS[name](process)
    except Unavailable:
        outcomes[name] = REQUESTS[name](process)


def stored(world: World) -> tuple[object, ...]:
    """Return everything that admissions write."""
    process = world.process()
    keys = frozenset(map(run_key, ("root", "child", "new", "extended", "ended")))
    found = process.usage.read(world.tenant.id, Wanted(holds=True, trees=keys, runs=keys)).documents
    status = process.limits.current_status(world.tenant, world.now)
    return found.holds.by_run, found.trees, found.runs, status


def without_losses(*names: str) -> tuple[tuple[object, ...], dict[str, Outcome]]:
    """Return what is stored, and the outcomes, if every answer arrives."""
    world = with_runs(memory_world())
    process = world.process()
    outcomes = {name: REQUESTS[name](process) for name in names}
    return stored(world), outcomes


def decided(outcome: Outcome) -> Outcome:
    """Return an outcome without what depends on when it was decided."""
    if isinstance(outcome, Admitted):
        return replace(outcome, is_new=True, status=None)
    return replace(outcome, is_new=True)


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_alone_is_decided_once(losing: Losing, name: str) -> None:
    outcomes: dict[str, Outcome] = {}
    ask(losing.process, name, outcomes)
    expected, expected_outcomes = without_losses(name)
    assert decided(outcomes[name]) == decided(expected_outcomes[name])
    assert stored(losing.world) == expected


def test_the_requests_of_a_group_are_decided_once(losing: Losing) -> None:
    outcomes: dict[str, Outcome] = {}
    # It is answered without a commit, so that the others share the first one.
    again = partial(losing.process.admit, "root", tokens=300)
    others = [partial(ask, losing.process, name, outcomes) for name in REQUESTS]
    ask_together(losing.gate, losing.process, [again, *others])
    # Ends are decided first.
    expected, expected_outcomes = without_losses("end", "admit", "admit a child", "extend")
    assert stored(losing.world) == expected
    assert {name: decided(each) for name, each in outcomes.items()} == {
        name: decided(each) for name, each in expected_outcomes.items()
    }
