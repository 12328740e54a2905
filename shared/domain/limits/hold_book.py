"""The holds of a tenant while a group of requests is decided, and what their commit changes. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from shared.domain.ledger.budget_counts import BudgetSlot
from shared.domain.ledger.holds import Amounts, Hold, Holds, RunKey, Tree
from shared.domain.limits.held import Held, held_by


class HoldBook:
    """The holds and trees as they will be after the commit. Expired holds are released with it."""

    def __init__(self, holds: Holds, trees: Mapping[RunKey, Tree], now: datetime) -> None:
        self.read = holds
        self.now = now
        self.changed: dict[RunKey, Hold | None] = {}
        self.changed_trees: dict[RunKey, dict[RunKey, Hold] | None] = {}
        self.held = held_by(holds, now)
        self._holds = dict(holds.by_run)
        self._trees = dict(trees)
        for run in holds.expired(now):
            self._release(run)

    @property
    def open_runs(self) -> int:
        """The number of holds."""
        return len(self._holds)

    def after(self, version: object) -> Holds:
        """Return the holds as the commit has left them."""
        return Holds(self._holds, version)

    def find(self, run: RunKey, root: RunKey | None) -> Hold | None:
        """Return the open hold of a run; `root` is that of its tree, None for a run without a parent."""
        if root is None:
            return self._holds.get(run)
        tree = self._trees.get(root) if root in self._holds else None
        hold = tree.by_run.get(run) if tree else None
        return hold if hold and hold.is_open(self.now) else None

    def tree(self, root: RunKey) -> Tree:
        """Return the tree of a run without a parent; that run alone, if it has no children."""
        return self._trees.get(root) or Tree({root: self._holds[root]})

    def held_without(self, *runs: RunKey | None) -> Held:
        """Return what is set aside, but for these holds."""
        held = self.held
        for run in runs:
            hold = self._holds.get(run) if run else None
            held = held.minus(hold, self.now) if hold else held
        return held

    def put(self, run: RunKey, hold: Hold) -> None:
        """Add the hold of a run without a parent."""
        self._set(run, hold)

    def resize(self, run: RunKey, root: RunKey | None, hold: Hold) -> None:
        """Change the amounts and the expiry of a hold to those of `hold`; `root` is that of a child's tree."""

        def resized(before: Hold) -> Hold:
            return replace(before, amounts=hold.amounts, expires_at=hold.expires_at)

        tree = self._trees.get(root or run)
        if tree and run in tree.by_run:
            self._set_in_tree(root or run, {run: resized(tree.by_run[run])})
        if run in self._holds:
            self._set(run, resized(self._holds[run]))

    def put_child(self, root: RunKey, run: RunKey, hold: Hold) -> None:
        """Set the hold of a run within the tree of its root, and against the budgets that the root does not have."""
        if not self._holds[root].has_children:
            self._set(root, replace(self._holds[root], has_children=True))
            self._set_in_tree(root, {root: self._holds[root]})
        self._set_in_tree(root, {run: replace(hold, budgets=frozenset())})
        if own_budgets := hold.budgets - self._holds[root].budgets:
            self._set(run, replace(hold, budgets=own_budgets))

    def begin_run(self, budgets: frozenset[BudgetSlot]) -> None:
        """Count a run that begins with the commit."""
        self.held = self.held.with_run(budgets)

    def see(self, root: RunKey, drawn: Mapping[RunKey, Amounts]) -> None:
        """Take note of what runs of a tree, or a run without children, have used."""
        tree = self.tree(root)
        seen = {
            run: hold.seen(drawn[run])
            for run, hold in tree.by_run.items()
            if run in drawn and not hold.is_ended and hold.seen(drawn[run]) != hold
        }
        if not seen:
            return
        if self._holds[root].has_children:
            self._set_in_tree(root, seen)
        self._see_above(Tree({**tree.by_run, **seen}), seen)

    def settle(self, root: RunKey, drawn: Mapping[RunKey, Amounts]) -> None:
        """Release the holds of these descendants of a root; each has used so much."""
        tree = self.tree(root)
        ended = {run: replace(tree.by_run[run].seen(each), is_ended=True) for run, each in drawn.items()}
        self._set_in_tree(root, ended)
        for run in drawn:
            self._release(run)
        self._see_above(self.tree(root), drawn)

    def end(self, root: RunKey) -> None:
        """Release the hold of a run without a parent, and with it all of its tree."""
        for run in self.tree(root).by_run:
            self._release(run)

    def _see_above(self, tree: Tree, runs: Iterable[RunKey]) -> None:
        """Take note, in the holds of the tenant, of what these runs have used."""
        for run in {above for each in runs for above in tree.above(each)} & self._holds.keys():
            drawn = tree.by_run[run].drawn.plus(tree.drawn_below(run))
            self._set(run, self._holds[run].seen(drawn))

    def _set(self, run: RunKey, hold: Hold) -> None:
        self.held = self.held_without(run).plus(hold, self.now)
        self._holds[run] = hold
        self.changed[run] = hold

    def _set_in_tree(self, root: RunKey, holds: Mapping[RunKey, Hold]) -> None:
        before = self._trees.get(root) or Tree()
        self._trees[root] = Tree({**before.by_run, **holds})
        changed = self.changed_trees.get(root) or {}
        self.changed_trees[root] = {**changed, **holds}

    def _release(self, run: RunKey) -> None:
        hold = self._holds.get(run)
        if hold is None:
            return
        self.held = self.held_without(run)
        del self._holds[run]
        self.changed[run] = None
        if hold.has_children and hold.parent is None:
            self._trees.pop(run, None)
            self.changed_trees[run] = None
