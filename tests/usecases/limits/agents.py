"""Agents that spend at most what their runs hold, and plain sums of what they were promised and have used."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock

from shared.domain.errors import UsageError
from shared.domain.ledger.holds import GRACE, NOTHING_HELD, Amounts
from shared.domain.limits.runs import Admitted

CLOCKS_DIFFER = timedelta(seconds=9)
LONGEST_REQUEST = timedelta(seconds=20)
LATEST_COMMIT = timedelta(seconds=20)
"""After a hold has expired: with the difference of the clocks within the grace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The limits of the tenant."""

    amounts: Amounts
    runs: int
    user: Amounts
    """Of each user."""


@dataclass(slots=True, kw_only=True, eq=False)
class Agent:
    """A run, as its agent knows it."""

    name: str
    parent: "Agent | None" = None
    user: str | None = None
    has_children: bool = False
    """Whether it may have children, and so spends its own share alone."""
    children: list["Agent"] = field(default_factory=list)
    amounts: Amounts = NOTHING_HELD
    own: Amounts = NOTHING_HELD
    expires_at: datetime | None = None
    """None until it is admitted."""
    drawn: Amounts = NOTHING_HELD
    recordings: int = 0
    """Under way."""
    asking: list[Amounts] = field(default_factory=list)
    """The totals that are asked for, of which the answer is not known yet."""
    is_extending: bool = False
    times_admitted: int = 0
    ends: int = 0
    """Asked for, and not answered that there is no such run."""
    is_released: bool = False
    """Whether an end was answered."""

    @property
    def root(self) -> "Agent":
        return self.parent.root if self.parent else self

    def tree(self) -> Iterator["Agent"]:
        """Yield the run and all runs below it."""
        yield self
        for child in self.children:
            yield from child.tree()

    def above(self) -> Iterator["Agent"]:
        """Yield the run and all runs above it."""
        yield self
        if self.parent:
            yield from self.parent.above()

    @property
    def has_stopped(self) -> bool:
        """Return whether it has ended, or a run above it."""
        return any(each.ends for each in self.above())

    def drawn_in_tree(self) -> Amounts:
        return total(each.drawn for each in self.tree())

    def may_commit(self, now: datetime) -> bool:
        """Return whether what it uses may still arrive."""
        return self.expires_at is not None and not self.has_stopped and now <= self.expires_at + LATEST_COMMIT

    def allowance(self, now: datetime) -> Amounts:
        """Return what it may still use."""
        share = self.own if self.has_children else self.amounts
        return share.less(self.drawn) if self.may_commit(now) else NOTHING_HELD

    def is_held(self, now: datetime) -> bool:
        """Return whether its hold may not be released yet."""
        is_released = any(each.is_released for each in self.above())
        return not is_released and (self.expires_at is None or now < self.expires_at + GRACE)

    def most_held(self, now: datetime) -> Amounts:
        """Return the most that it can have set aside, with what is asked for."""
        most = NOTHING_HELD
        for each in (self.amounts, *self.asking):
            most = most.at_least(each)
        return most if self.is_held(now) else NOTHING_HELD


@dataclass(slots=True, kw_only=True, eq=False)
class Call:
    """A request, and the most that others had used and set aside at any time while it was under way."""

    agent: Agent
    asked: Amounts
    extends: bool
    since: datetime
    was_admitted: bool
    parent_was_admitted: bool
    parent_was_asking: bool = False
    """At any time, so that nobody knows how much it held."""
    others: Amounts = NOTHING_HELD
    others_of_user: Amounts = NOTHING_HELD
    siblings: Amounts = NOTHING_HELD
    runs: int = 0


class Agents:
    """The runs of a tenant. Each promise is checked when it is made, and each refusal when it is received."""

    def __init__(self, limit: Limit, agents: Iterable[Agent], now: datetime) -> None:
        self.limit = limit
        self.by_name = {agent.name: agent for agent in agents}
        self.now = now
        self.strangers = NOTHING_HELD
        """Used by calls without a run."""
        self._calls: list[Call] = []
        self._lock = RLock()

    @property
    def all(self) -> Iterable[Agent]:
        return self.by_name.values()

    @property
    def roots(self) -> list[Agent]:
        return [agent for agent in self.all if agent.parent is None]

    def used(self) -> Amounts:
        return total((self.strangers, *(agent.drawn for agent in self.all)))

    def used_by(self, user: str) -> Amounts:
        return total(agent.drawn for agent in self.all if agent.user == user)

    def runs(self) -> int:
        """Return the number of runs that have begun."""
        return sum(agent.expires_at is not None or agent.drawn != NOTHING_HELD for agent in self.all)

    def pass_by(self, duration: timedelta) -> None:
        """Let time pass, but not so much that a request takes too long, or a recording arrives after the grace."""
        latest = [call.since + LONGEST_REQUEST for call in self._calls]
        latest += [
            agent.expires_at + LATEST_COMMIT for agent in self.all if agent.recordings and agent.expires_at
        ]
        self.now = max(self.now, min([self.now + duration, *latest]))

    @contextmanager
    def drawing(self, agent: Agent, amounts: Amounts) -> Iterator[None]:
        """Count what a run uses from the moment at which it begins to be recorded."""
        with self._lock:
            agent.drawn = agent.drawn.plus(amounts)
            agent.recordings += 1
            self._see_peaks()
        yield
        with self._lock:
            agent.recordings -= 1

    @contextmanager
    def asking(self, agent: Agent, asked: Amounts, *, extends: bool) -> Iterator[Call]:
        """Count what is asked for until it is answered; a refusal must be due to the limits."""
        with self._lock:
            call = Call(
                agent=agent,
                asked=asked,
                extends=extends,
                since=self.now,
                was_admitted=agent.expires_at is not None,
                parent_was_admitted=agent.parent is not None and agent.parent.expires_at is not None,
            )
            self._calls.append(call)
            agent.asking.append(asked)
            before = agent.amounts
            if extends:
                agent.is_extending = True
                agent.amounts = Amounts(*map(min, before, asked))
            self._see_peaks()
        refused: UsageError | None = None
        try:
            yield call
        except UsageError as error:
            refused = error
        with self._lock:
            self._calls.remove(call)
            agent.asking.remove(asked)
            agent.is_extending &= not extends
            if refused is not None:
                agent.amounts = before if extends else agent.amounts
                self._require_reason(refused.code, call)

    def granted(self, call: Call, admitted: Admitted) -> None:
        """Take note of a promise. All promises together fit the limits."""
        with self._lock:
            agent, admission = call.agent, admitted.admission
            if call.extends or agent.expires_at is None:
                assert admission.amounts == call.asked, f"{call.asked} was asked, {admission.amounts} is held"
                agent.amounts = admission.amounts
            agent.times_admitted += admitted.is_new and not call.extends
            assert agent.times_admitted <= 1, f"{agent.name} was let in twice"
            agent.own = admission.own
            agent.expires_at = max(admission.expires_at, agent.expires_at or admission.expires_at)
            self.require_promises_fit()

    def require_promises_fit(self) -> None:
        """Fail if what is used, and what may still be used, is more than a limit."""
        promised = total(
            root.amounts.less(root.drawn_in_tree()) for root in self.roots if root.may_commit(self.now)
        )
        require_within(self.used().plus(promised), self.limit.amounts, "the plan")
        assert self.runs() <= self.limit.runs, f"{self.runs()} runs have begun"
        for user in {agent.user for agent in self.all if agent.user}:
            of_user = total(agent.allowance(self.now) for agent in self.all if agent.user == user)
            require_within(self.used_by(user).plus(of_user), self.limit.user, f"the budget of {user}")
        for root in self.roots:
            of_tree = total(agent.allowance(self.now) for agent in root.tree())
            if root.expires_at and not root.asking:
                require_within(of_tree, root.amounts.less(root.drawn_in_tree()), f"the hold of {root.name}")

    def _see_peaks(self) -> None:
        for call in self._calls:
            agent = call.agent
            others = [each for each in self.all if each is not agent]
            held = total(each.most_held(self.now) for each in others if each.parent is None)
            call.others = call.others.at_least(self.used().plus(held))
            users = [each.most_held(self.now) for each in others if each.user == agent.user]
            used = self.used_by(agent.user) if agent.user else NOTHING_HELD
            call.others_of_user = call.others_of_user.at_least(used.plus(total(users)))
            call.runs = max(call.runs, sum(self._may_have_begun(each) for each in others))
            if agent.parent:
                call.parent_was_asking |= bool(agent.parent.asking)
                taken = [_taken(each, self.now) for each in agent.parent.children if each is not agent]
                kept = agent.parent.own.at_least(agent.parent.drawn)
                call.siblings = call.siblings.at_least(kept.plus(total(taken)))

    def _may_have_begun(self, agent: Agent) -> bool:
        return bool(agent.expires_at or agent.asking or agent.drawn != NOTHING_HELD)

    def _require_reason(self, code: str, call: Call) -> None:
        agent, parent = call.agent, call.agent.parent
        room = self.limit.amounts.minus(call.others)
        of_user = self.limit.user.minus(call.others_of_user)
        of_parent = parent.amounts.minus(call.siblings) if parent else NOTHING_HELD
        has_expired = any(
            each.expires_at and self.now + CLOCKS_DIFFER >= each.expires_at + GRACE for each in agent.above()
        )
        reasons = {
            "token_limit": not _fits(call.asked.tokens, room.tokens),
            "cost_limit": not _fits(call.asked.cost, room.cost),
            "run_limit": call.runs >= self.limit.runs,
            "budget_exceeded": not (_fits(call.asked.cost, of_user.cost) and _fits(0, of_user.tokens)),
            "parent_budget": any(a > b for a, b in zip(call.asked, of_parent, strict=True))
            or call.parent_was_asking,
            "run_conflict": agent.expires_at is not None or len(agent.asking) > 0,
            "run_ended": agent.has_stopped,
            "parent_ended": parent is not None and parent.has_stopped,
            "hold_expired": has_expired,
            "unknown_run": not call.was_admitted,
            "unknown_parent": not call.parent_was_admitted,
            "below_drawn": call.extends,
        }
        (is_due,) = [due for name, due in reasons.items() if code.startswith(name)]
        assert is_due, f"{agent.name} was refused for no reason: {code}"


def _taken(child: Agent, now: datetime) -> Amounts:
    return child.most_held(now).at_least(child.drawn_in_tree())


def _fits(asked: int, room: int) -> bool:
    return 0 < room >= asked


def total(amounts: Iterable[Amounts]) -> Amounts:
    """Return the sum."""
    found = NOTHING_HELD
    for each in amounts:
        found = found.plus(each)
    return found


def require_within(amounts: Amounts, limit: Amounts, name: str) -> None:
    """Fail if an amount is more than its limit."""
    assert amounts.less(limit) == NOTHING_HELD, f"{amounts} is more than {name} allows: {limit}"
