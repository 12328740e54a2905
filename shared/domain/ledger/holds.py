"""Holds: the dollars and tokens that open runs have set aside, and what is left of them. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Final, Literal, NamedTuple

from shared.domain.ledger.budget_counts import BudgetSlot, BudgetUnit

MAX_OPEN_HOLDS: Final = 5_000
"""They are kept in one document, of which Firestore allows 1 MiB."""
MAX_TREE_RUNS: Final = 1_001
"""The runs of a tree: a root and its descendants."""
MAX_DEPTH: Final = 8
DEFAULT_TTL: Final = timedelta(hours=1)
MAX_TTL: Final = timedelta(hours=24)
GRACE: Final = timedelta(seconds=30)
"""A hold is released this long after it expires: clocks differ, and recording retries for some seconds."""

RunKey = str
"""The id of a run's document: a hash, so that 5,000 of them fit into one document."""
EndStatus = Literal["completed", "failed"]


def run_key(run_id: str) -> RunKey:
    """Return the document id of a run: a hash is always legal and spreads writes over the key space."""
    return sha256(run_id.encode()).hexdigest()[:40]


class Amounts(NamedTuple):
    """Dollars, in nano-USD, and tokens."""

    cost: int = 0
    tokens: int = 0

    def of(self, unit: BudgetUnit) -> int:
        """Return the amount of a unit; a hold has no runs."""
        return {"cost": self.cost, "tokens": self.tokens, "runs": 0}[unit]

    def plus(self, other: "Amounts") -> "Amounts":
        return Amounts(self.cost + other.cost, self.tokens + other.tokens)

    def minus(self, other: "Amounts") -> "Amounts":
        return Amounts(self.cost - other.cost, self.tokens - other.tokens)

    def less(self, other: "Amounts") -> "Amounts":
        """Return the difference, but at least 0."""
        return self.minus(other).at_least(NOTHING_HELD)

    def at_least(self, other: "Amounts") -> "Amounts":
        """Return the larger amount of each unit."""
        return Amounts(max(self.cost, other.cost), max(self.tokens, other.tokens))


NOTHING_HELD: Final = Amounts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The amounts that a run has set aside, and how much of them it was last seen to have used."""

    amounts: Amounts
    own: Amounts = NOTHING_HELD
    """The part that the run keeps for its own calls: its children cannot take it."""
    expires_at: datetime
    drawn: Amounts = NOTHING_HELD
    """Used, as last seen. Among the holds of a tenant: by the run and all runs below it."""
    budgets: frozenset[BudgetSlot] = frozenset()
    """The budgets that it counts against, beside the tenant's own limits and budgets."""
    parent: RunKey | None = None
    is_ended: bool = False
    """Whether the run has ended, so that only what it used is taken. Such holds are kept in trees alone."""
    has_children: bool = False

    def is_open(self, now: datetime) -> bool:
        """Return whether its amounts are still set aside."""
        return not self.is_ended and now < self.expires_at + GRACE

    def outstanding(self, now: datetime) -> Amounts:
        """Return what may still be used of it."""
        return self.amounts.less(self.drawn) if self.is_open(now) else NOTHING_HELD

    def seen(self, drawn: Amounts) -> "Hold":
        """Return the hold after its run was seen to have used so much. A void gives nothing back to it."""
        return replace(self, drawn=self.drawn.at_least(drawn))


def without_budgets_of(
    user_id: str, holds: Mapping[RunKey, Hold], other_budgets: Collection[str]
) -> dict[RunKey, Hold]:
    """Return those of `holds` that count against budgets of a user, without them.

    `other_budgets` are the keys of budgets whose values are no users.
    """

    def is_of_user(slot: BudgetSlot) -> bool:
        return slot.value == user_id and slot.key not in other_budgets

    return {
        run: replace(hold, budgets=frozenset(slot for slot in hold.budgets if not is_of_user(slot)))
        for run, hold in holds.items()
        if any(map(is_of_user, hold.budgets))
    }


@dataclass(frozen=True)
class Holds:
    """The holds of a tenant by run: of each run without a parent, and of each child with budgets of its own.

    A child's hold lies within that of its root. It counts here only against the budgets that its root does not have.
    """

    by_run: Mapping[RunKey, Hold] = field(default_factory=dict)
    version: object = field(default=None, compare=False)
    """Of the document, as it was read; None if it does not exist."""

    def expired(self, now: datetime) -> list[RunKey]:
        """Return the runs whose hold is released because it has expired."""
        released_until = now - GRACE
        return [
            run for run, hold in self.by_run.items() if hold.is_ended or hold.expires_at <= released_until
        ]


@dataclass(frozen=True)
class Tree:
    """The holds of a run without a parent and of all runs below it. Each lies within the hold of its parent."""

    by_run: Mapping[RunKey, Hold] = field(default_factory=dict)

    @cached_property
    def children(self) -> Mapping[RunKey, tuple[RunKey, ...]]:
        """The children of each run that has any."""
        found: dict[RunKey, list[RunKey]] = {}
        for run, hold in self.by_run.items():
            if hold.parent is not None:
                found.setdefault(hold.parent, []).append(run)
        return {run: tuple(children) for run, children in found.items()}

    def taken_below(self, run: RunKey) -> Amounts:
        """Return what the descendants of a run have set aside or used."""
        return _sum(self._taken(child) for child in self.children.get(run, ()))

    def left(self, run: RunKey) -> Amounts:
        """Return what a run may still use itself."""
        hold = self.by_run[run]
        return hold.amounts.less(hold.drawn.plus(self.taken_below(run)))

    def left_for_children(self, run: RunKey) -> Amounts:
        """Return what a run may still give to a new child."""
        hold = self.by_run[run]
        return hold.amounts.less(hold.own.at_least(hold.drawn).plus(self.taken_below(run)))

    def drawn_below(self, run: RunKey) -> Amounts:
        """Return what the descendants of a run have used, as last seen."""
        return _sum(self.by_run[each].drawn for each in self.below(run))

    def unsettled(self, now: datetime) -> list[RunKey]:
        """Return the runs whose hold has expired before anybody looked up how much they used."""
        return [run for run, hold in self.by_run.items() if not hold.is_ended and not hold.is_open(now)]

    def above(self, run: RunKey) -> list[RunKey]:
        """Return a run and those above it, up to the root."""
        parent = self.by_run[run].parent
        return [run, *(self.above(parent) if parent is not None else ())]

    def below(self, run: RunKey) -> list[RunKey]:
        """Return the descendants of a run, each after its parent."""
        return [each for child in self.children.get(run, ()) for each in (child, *self.below(child))]

    def _taken(self, run: RunKey) -> Amounts:
        hold = self.by_run[run]
        used = hold.drawn.plus(self.taken_below(run))
        # Of a hold that has expired, nobody has looked up yet how much its run used.
        return used if hold.is_ended else hold.amounts.at_least(used)


def _sum(amounts: Iterable[Amounts]) -> Amounts:
    total = NOTHING_HELD
    for each in amounts:
        total = total.plus(each)
    return total


class RunSpender(NamedTuple):
    """The user, workflow, API key and tags of an admitted run."""

    user_id: str | None = None
    workflow_id: str | None = None
    key: str | None = None
    tags: tuple[tuple[str, str], ...] = ()


NO_SPENDER: Final = RunSpender()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAdmission:
    """The admission of a run, as its document has it."""

    request: str
    """A hash of the request, by which a repetition is recognised."""
    holds_cost: bool
    """Whether dollars are set aside, and not only tokens."""
    holds_tokens: bool
    amounts: Amounts
    own: Amounts = NOTHING_HELD
    admitted_at: datetime
    expires_at: datetime
    spender: RunSpender = NO_SPENDER
    parent_run_id: str | None = None
    root: RunKey | None = None
    """The root of its tree; None if it has no parent."""
    has_children: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """The end of a run by its caller, or with its parent."""

    status: EndStatus
    error: str | None = None
    ended_at: datetime
    drawn: Amounts = NOTHING_HELD
    """Used by then, by the run itself."""
    below: Amounts = NOTHING_HELD
    """Used by the runs below it."""
