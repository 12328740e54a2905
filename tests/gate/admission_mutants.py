"""Admissions with one guard broken: the histories that are interrupted anywhere must see each of them."""

from tests.gate.mutants import Mutant

_READER = "shared/usecases/limits/read_admissions.py"
_ADMITTER = "shared/usecases/limits/admit_runs.py"
_DECIDER = "shared/usecases/limits/decide_admissions.py"
_HOLDS = "shared/domain/ledger/holds.py"

IN_MEMORY = (
    Mutant(
        "usage before holds",
        _READER,
        "holds=found.holds if found else usage.current.holds,",
        "holds=found.holds if found else self._store.read(tenant.id, Wanted(holds=True)).documents.holds,",
    ),
    Mutant(
        "counters before runs",
        _READER,
        "            runs=usage.runs,\n",
        "            runs=self._store.read(tenant.id, Wanted(runs=keys)).documents.runs,\n",
    ),
    Mutant(
        "runs before holds",
        _READER,
        "        usage = self._ledger.budgets(tenant, ask, now)\n",
        "        before = self._store.read(tenant.id, Wanted(runs=keys)).documents.runs\n"
        "        usage = replace(self._ledger.budgets(tenant, ask, now), runs=before)\n",
    ),
    Mutant(
        "runs not read again",
        _READER,
        "            runs=usage.runs,\n",
        "            runs={**usage.runs, **runs},\n",
    ),
    Mutant(
        "no grace",
        _HOLDS,
        "return not self.is_ended and now < self.expires_at + GRACE",
        "return not self.is_ended and now < self.expires_at",
    ),
    Mutant(
        "no grace in the sums",
        "shared/domain/limits/held.py",
        "released_until, cost, tokens = now - GRACE, 0, 0",
        "released_until, cost, tokens = now, 0, 0",
    ),
    Mutant(
        "relative extend",
        _DECIDER,
        "tokens = before.amounts.tokens if hold.tokens is None else hold.tokens",
        "tokens = before.amounts.tokens + (hold.tokens or 0)",
    ),
    Mutant(
        "refusal on remembered holds",
        _ADMITTER,
        "if known is not None and not all(map(_is_granted, outcomes)):",
        "if known is not None and False:",
    ),
    Mutant(
        "children outside the hold of their root",
        _DECIDER,
        "if asked > left.of(metric):",
        "if asked > hold.amounts.of(metric):",
    ),
    Mutant(
        "parents without a share of their own",
        _HOLDS,
        "return hold.amounts.less(hold.own.at_least(hold.drawn).plus(self.taken_below(run)))",
        "return hold.amounts.less(hold.drawn.plus(self.taken_below(run)))",
    ),
    Mutant(
        "expired children are never settled",
        _ADMITTER,
        "        if drawn:\n            draft.book.settle(root, drawn)\n",
        "        del drawn\n",
    ),
    Mutant(
        "runs of a group are not counted",
        _DECIDER,
        "        self._book.begin_run(slots)\n",
        "",
    ),
    Mutant(
        "holds of users are not counted",
        "shared/domain/limits/held.py",
        "            of_budgets[slot] = Amounts(before.cost + held_cost, before.tokens + held_tokens)\n",
        "            of_budgets[slot] = before\n",
    ),
    Mutant(
        "the open runs are not read before a refusal",
        _ADMITTER,
        "if has_holds and any(map(_lacks_room, outcomes)) and self._known.may_look(tenant.id, now):",
        "if has_holds and False:",
    ),
)
"""Decisions and readings, seen on the memory store."""
IN_FIRESTORE = (
    Mutant(
        "admission written first",
        "shared/adapters/firestore/limits/admissions.py",
        "[*admission_writes(paths, change, shard), *holds_writes(paths, change, read)]",
        "[*holds_writes(paths, change, read), *admission_writes(paths, change, shard)]",
    ),
    Mutant(
        "no precondition",
        "shared/adapters/firestore/limits/admissions.py",
        "        write.current_document.update_time.CopyFrom(read.version)\n",
        "        pass\n",
    ),
)
"""Writes, seen where others see a commit write by write."""
