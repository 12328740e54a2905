"""Programs of several processes that admit, extend, spend and end runs, with a step between every two calls."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from shared.domain.errors import NotFound
from shared.domain.ledger.holds import NOTHING_HELD, Amounts, RunSpender
from shared.domain.limits.budgets import Budget, BudgetScope
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.limits.runs import HoldRequest, RunRequest
from shared.ports import Admissions, UsageStore
from shared.usecases.limits.admit_runs import RunAdmitter
from tests.sample_events import NOON
from tests.usecases.interleaving import Interleaving
from tests.usecases.limits.admission_world import CENT, Process, World
from tests.usecases.limits.agent_programs import (
    Admit,
    Draw,
    End,
    Extend,
    Fold,
    History,
    Request,
    Step,
    Together,
    Wait,
)
from tests.usecases.limits.agents import CLOCKS_DIFFER, Agent, Agents, Limit
from tests.usecases.limits.gathering import Gate, ask_together, collecting
from tests.usecases.plain_sums import tick

BEGIN = NOON + timedelta(hours=11, minutes=40)
LIMIT = Limit(amounts=Amounts(100 * CENT, 1_000), runs=5, user=Amounts(70 * CENT, MAX_LIMIT))
OF_USERS = Budget(
    id="users",
    scope=BudgetScope("user", "*"),
    unit="cost",
    amount=LIMIT.user.cost,
    window="month",
    on_reach="block",
    on_unknown_price="block",
    counts_from=NOON - timedelta(hours=1),
)


class Place(NamedTuple):
    """A store, and how a process opens its own way to it."""

    world: World
    target: Any
    open: Callable[[Any], tuple[UsageStore, Admissions]]


def new_agents(world: World) -> Agents:
    """Return the runs that programs name: a tree, and three without children."""
    root = Agent(name="root", user="ann", has_children=True)
    child = Agent(name="child", user="bob", parent=root, has_children=True)
    grandchild = Agent(name="grandchild", parent=child)
    sibling = Agent(name="sibling", user="ann", parent=root)
    alone = [Agent(name="one", user="bob"), Agent(name="two"), Agent(name="three", user="ann")]
    root.children = [child, sibling]
    child.children = [grandchild]
    return Agents(LIMIT, [root, child, grandchild, sibling, *alone], world.now)


class Instance:
    """A process that follows a program."""

    def __init__(self, place: Place, agents: Agents, ahead: timedelta = timedelta(0)) -> None:
        self._place = place
        self._agents = agents
        self._ahead = ahead

    def follow(self, program: Sequence[Step], target: Any) -> None:
        """Do all steps, with this way to the store."""
        self._gate = Gate(target)
        usage, admissions = self._place.open(self._gate)
        self.process = Process(self._place.world, usage, admissions, self._ahead)
        self.process.admitter = RunAdmitter(self.process.limits, admissions, lambda _: None)
        for step in program:
            # Others may go on while nothing is asked.
            usage.read(self._place.world.tenant.id)
            self._do(step)

    def _do(self, step: Step) -> None:
        match step:
            case Admit() | Extend() | End():
                if self._may_ask(step):
                    self._ask(step)
            case Together(requests):
                self._ask_together(requests)
            case Draw():
                self._draw(step)
            case Wait(duration):
                self._agents.pass_by(duration)
                self._place.world.now = self._agents.now
            case Fold():
                tick(self.process.usage, self.process.now)

    def _ask_together(self, requests: Sequence[Request]) -> None:
        allowed = (partial(self._ask, each) for each in requests if self._may_ask(each))
        ask_together(self._gate, self.process, allowed)

    def _may_ask(self, request: Request) -> bool:
        agent = self._agents.by_name[request.run]
        match request:
            case Admit():
                return not agent.is_extending
            case Extend():
                # Of two totals that are asked for at once, nobody knows which is the last.
                beyond = agent.drawn.less(self._totals(agent, request))
                return not agent.asking and not (agent.recordings and beyond != NOTHING_HELD)
            case End():
                return not any(each.recordings for each in agent.tree())

    def _ask(self, request: Request) -> None:
        agent = self._agents.by_name[request.run]
        match request:
            case Admit():
                self._admit(agent, request)
            case Extend():
                self._extend(agent, request)
            case End():
                end(self.process, agent)

    def _admit(self, agent: Agent, request: Admit) -> None:
        asked = run_request(agent, *request.asked, request.ttl)
        with self._agents.asking(agent, asked.hold.amounts, extends=False) as call:
            self._agents.granted(call, self.process.ask(asked))

    def _extend(self, agent: Agent, request: Extend) -> None:
        cents, tokens = request.asked
        with self._agents.asking(agent, self._totals(agent, request), extends=True) as call:
            extended = self.process.extend(agent.name, cents=cents, tokens=tokens, ttl=request.ttl)
            self._agents.granted(call, extended)

    def _totals(self, agent: Agent, request: Extend) -> Amounts:
        cents, tokens = request.asked
        return Amounts(
            agent.amounts.cost if cents is None else cents * CENT,
            agent.amounts.tokens if tokens is None else tokens,
        )

    def _draw(self, step: Draw) -> None:
        agent, now = self._agents.by_name[step.run], self._agents.now
        allowance = agent.allowance(now)
        cents, tokens = (each * step.eighths // 8 for each in (allowance.cost // CENT, allowance.tokens))
        if agent.expires_at and now < agent.expires_at and (cents or tokens):
            with self._agents.drawing(agent, Amounts(cents * CENT, tokens)):
                self.process.draw(agent.name, cents=cents, tokens=tokens, user=agent.user, ago=step.ago)


def run_request(agent: Agent, cents: int | None, tokens: int | None, ttl: timedelta | None) -> RunRequest:
    """Return the request for a run. One that may have children keeps a quarter for itself."""
    hold = HoldRequest(cost_nanousd=None if cents is None else cents * CENT, tokens=tokens, ttl=ttl)
    own = Amounts(*(each // 4 for each in hold.amounts)) if agent.has_children else NOTHING_HELD
    return RunRequest(
        run_id=agent.name,
        parent_run_id=agent.parent.name if agent.parent else None,
        spender=RunSpender(user_id=agent.user),
        hold=hold,
        own=own,
    )


def end(process: Process, agent: Agent) -> None:
    """End a run, if it exists."""
    was_admitted = agent.expires_at is not None
    agent.ends += 1
    try:
        process.end(agent.name)
    except NotFound:
        if was_admitted:
            raise
        agent.ends -= 1
    else:
        agent.is_released = True


def live_through(place: Place, history: History) -> Agents:
    """Let the processes follow their programs, and return what became of their runs."""
    world, failed = place.world, list[BaseException]()
    world.now = BEGIN
    world.set_limits(OF_USERS, tokens=LIMIT.amounts.tokens, runs=LIMIT.runs, cents=LIMIT.amounts.cost // CENT)
    agents = new_agents(world)
    if history.strangers:
        before = world.process()
        before.draw(None, cents=7, tokens=70)
        before.draw("three", cents=5, tokens=50, user="ann")
        agents.strangers = Amounts(7 * CENT, 70)
        agents.by_name["three"].drawn = Amounts(5 * CENT, 50)
    actors: list[Callable[[Any], object]] = []
    for number, program in enumerate(history.programs):
        instance = Instance(place, agents, number % 2 * CLOCKS_DIFFER)
        actors.append(collecting(failed, partial(instance.follow, program)))
    Interleaving().run(history.schedule, place.target, actors)
    if failed:
        raise failed[0]
    return agents
