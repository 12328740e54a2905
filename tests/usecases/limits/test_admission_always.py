"""However calls take turns: promises fit the limits, refusals have a reason, and nothing leaks."""

from typing import Any
from uuid import uuid4

import grpc
from hypothesis import given

from shared.adapters.firestore import (
    FirestoreAdmissions,
    FirestoreDirectory,
    FirestoreRpc,
    FirestoreUsageStore,
)
from shared.adapters.memory import MemoryStore
from shared.domain.errors import UsageError
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.holds import GRACE, Amounts, run_key
from shared.domain.ledger.usage import Detail
from shared.domain.limits.held import NONE_HELD, held_by
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.people.audit import Change
from shared.ports import Admissions, UsageStore
from shared.usecases.limits.admit_runs import RunAdmitter
from shared.usecases.people.manage_limits import set_limits
from tests.properties import ON_EMULATOR
from tests.usecases.conftest import RETENTION
from tests.usecases.limits.admission_world import CENT, Process, World
from tests.usecases.limits.agent_histories import (
    LIMIT,
    Place,
    end,
    live_through,
    run_request,
)
from tests.usecases.limits.agent_programs import History, histories
from tests.usecases.limits.agents import Agent, Agents, total
from tests.usecases.limits.torn_firestore import TornRpc


def memory_place() -> Place:
    store = MemoryStore()
    return Place(World(store, lambda: (store, store)), store, lambda target: (target, target))


def torn_place(channel: grpc.Channel) -> Place:
    """Return the emulator, of which reads and commits take several steps."""
    rpc, torn = FirestoreRpc(f"demo-{uuid4().hex[:12]}", lambda: channel, is_emulator=True), list[Any]()

    def open_store(calls: Any) -> tuple[UsageStore, Admissions]:
        return FirestoreUsageStore(calls, RETENTION), FirestoreAdmissions(calls)

    world = World(FirestoreDirectory(rpc), lambda: open_store(rpc))
    return Place(world, rpc, lambda target: open_store(TornRpc(rpc, target, torn)))


def check_history(place: Place, history: History) -> None:
    agents = live_through(place, history)
    require_counts(place.world, agents)
    set_limits(place.world.directory, place.world.tenant.id, {"runs": MAX_LIMIT}, Change("test", agents.now))
    require_exact_room(place.world, agents)
    if history.all_end:
        for agent in agents.all:
            end(place.world.process(), agent)
    else:
        expiries = [agent.expires_at for agent in agents.all if agent.expires_at]
        place.world.now = agents.now = max([agents.now, *(each + GRACE for each in expiries)])
    require_exact_room(place.world, agents)
    require_nothing_held(place.world, agents)


def require_counts(world: World, agents: Agents) -> None:
    """Fail unless the ledger has counted what the agents have used, and their runs."""
    process = world.process()
    counted = process.ledger.current(world.tenant, Detail.TOTALS, agents.now).consumption
    assert Amounts(counted.cost_nanousd, counted.tokens) == agents.used()
    assert counted.runs == agents.runs()
    if counted.runs == LIMIT.runs:
        assert refusal(process, Agent(name="one more"), Amounts(0, 0)) is not None


def require_exact_room(world: World, agents: Agents) -> None:
    """Fail unless exactly as much is admitted as is neither used nor set aside."""
    held = total(root.amounts.less(root.drawn_in_tree()) for root in agents.roots if root.is_held(agents.now))
    left = LIMIT.amounts.minus(agents.used()).minus(held)
    for user in (None, "ann", "bob"):
        of_user = LIMIT.user.minus(agents.used_by(user)).minus(held_of(agents, user)) if user else left
        room = Amounts(*map(min, left, of_user))
        name = f"probe {len(agents.by_name)} of {user}"
        probe = agents.by_name[name] = Agent(name=name, user=user)
        assert refusal(world.process(), probe, room.plus(Amounts(tokens=1)))
        assert refusal(world.process(), probe, room.plus(Amounts(cost=CENT)))
        code = refusal(world.process(), probe, room)
        assert (code is None) == (min(room) > 0), f"{room} is left for {user}: {code}"
        if code is None:
            probe.expires_at = agents.now
            end(world.process(), probe)


def held_of(agents: Agents, user: str) -> Amounts:
    """Return what runs hold of a user's budget. Those below another run of the user take a part of its hold."""
    return total(
        agent.amounts.less(agent.drawn_in_tree())
        for agent in agents.all
        if agent.user == user
        and agent.is_held(agents.now)
        and not (agent.parent and any(each.user == user for each in agent.parent.above()))
    )


def require_nothing_held(world: World, agents: Agents) -> None:
    roots = frozenset(run_key(agent.name) for agent in agents.roots)
    found = world.process().usage.read(world.tenant.id, Wanted(holds=True, trees=roots)).documents
    assert held_by(found.holds, agents.now) == NONE_HELD
    if min(LIMIT.amounts.minus(agents.used())) > 0:
        assert (found.holds.by_run, found.trees) == ({}, {}), (
            "the last admission has released what had expired"
        )


def refusal(process: Process, agent: Agent, room: Amounts) -> str | None:
    """Ask for all of this; return the code of the refusal."""
    process.admitter = RunAdmitter(process.limits, process.admissions, lambda _: None)
    try:
        process.ask(run_request(agent, max(0, room.cost) // CENT, max(0, room.tokens), None))
    except UsageError as error:
        return error.code
    return None


@given(histories)
def test_in_memory_runs_that_keep_to_their_holds_never_exceed_a_limit(history: History) -> None:
    check_history(memory_place(), history)


@ON_EMULATOR
@given(histories)
def test_in_firestore_runs_that_keep_to_their_holds_never_exceed_a_limit(
    firestore_channel: grpc.Channel, history: History
) -> None:
    check_history(torn_place(firestore_channel), history)
