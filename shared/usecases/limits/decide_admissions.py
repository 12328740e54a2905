"""Decide whether a run may begin with its hold, or have more: by the plan, the budgets and the hold of its parent."""

from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

from shared.domain.errors import Conflict, FieldProblem, InvalidInput
from shared.domain.ledger.holds import (
    MAX_DEPTH,
    MAX_OPEN_HOLDS,
    MAX_TREE_RUNS,
    NOTHING_HELD,
    Amounts,
    Hold,
    RunAdmission,
    RunKey,
    Tree,
    run_key,
)
from shared.domain.limits.metrics import LimitedMetric, amount_text
from shared.domain.limits.run_left import drawn_of, has_unknown_price
from shared.domain.limits.runs import Admitted, Extension, Refusal, RunRefused, RunRequest
from shared.ports import RunChange
from shared.usecases.limits.admission_draft import RUN_ENDED, AdmissionDraft
from shared.usecases.limits.admission_limits import AdmissionLimits, AskedHold
from shared.usecases.limits.held_runs import PRICE_UNKNOWN, unknown_price_reason

PARENT_BUDGET_EXCEEDED: Final = "parent_budget_exceeded"
_METRICS: Final[tuple[LimitedMetric, ...]] = ("cost", "tokens")


class _Parent(NamedTuple):
    """The run that a child begins in, and the root of both."""

    run_id: str
    key: RunKey
    root: RunKey
    admission: RunAdmission


class AdmissionDecider:
    """Decides admissions and extensions on one reading of the usage, and adds them to the draft."""

    def __init__(self, draft: AdmissionDraft, limits: AdmissionLimits) -> None:
        self._draft = draft
        self._book = draft.book
        self._limits = limits

    def admit(self, request: RunRequest) -> Admitted:
        """Admit a run; if an equal request admitted it before, return the hold that it has."""
        run = self._draft.runs.get(request.key)
        if run and (run.admission or run.end):
            return self._admitted_before(request)
        parent = self._parent_of_new(request)
        admission = _admission(request, parent, self._book.now)
        self._require_room(request.run_id, NOTHING_HELD, admission, parent)
        self._add(request.key, admission, parent)
        begins = None if run else request.run_id
        self._draft.change(RunChange(key=request.key, admission=admission, begins=begins))
        if begins:
            self._begin(request)
        return self._admitted(request.run_id, admission, is_new=True)

    def extend(self, extension: Extension) -> Admitted:
        """Set the totals of a run's hold; totals that it has already change nothing."""
        before, hold = self._draft.open_hold(extension.run_id)
        key = run_key(extension.run_id)
        parent = self._parent_of(before)
        after = _extended(before, extension, self._book.now)
        if parent is not None:
            after = replace(after, expires_at=min(after.expires_at, parent.admission.expires_at))
        if after == before:
            return self._admitted(extension.run_id, before, is_new=False)
        if has_unknown_price(self._draft.runs[key]):
            raise _price_unknown(extension.run_id)
        self._book.see(before.root or key, {key: drawn_of(self._draft.runs[key].totals)})
        self._require_drawn(extension, before, after)
        self._require_room(extension.run_id, before.amounts, after, parent)
        self._book.resize(key, before.root, replace(hold, amounts=after.amounts, expires_at=after.expires_at))
        self._draft.change(RunChange(key=key, admission=after))
        return self._admitted(extension.run_id, after, is_new=True)

    def _admitted_before(self, request: RunRequest) -> Admitted:
        run = self._draft.runs[request.key]
        if run.end is not None:
            raise Conflict(f"run {request.run_id!r} has ended", code=RUN_ENDED)
        admission, _ = self._draft.open_hold(request.run_id)
        if admission.request != request.fingerprint:
            message = f"run {request.run_id!r} was admitted with other content, which stays"
            raise Conflict(message, code="run_conflict")
        return self._admitted(request.run_id, admission, is_new=False)

    def _admitted(self, run_id: str, admission: RunAdmission, *, is_new: bool) -> Admitted:
        status = self._limits.status(self._book.held)
        return Admitted(run_id=run_id, admission=admission, status=status, is_new=is_new)

    def _parent_of_new(self, request: RunRequest) -> _Parent | None:
        """Return the parent of a run that asks to begin, if it may have one more child."""
        if request.parent_run_id is None:
            if self._book.open_runs >= MAX_OPEN_HOLDS:
                message = f"{MAX_OPEN_HOLDS:,} runs are open, the maximum: end one first"
                raise Conflict(message, code="too_many_open_runs")
            return None
        parent_id, key = request.parent_run_id, run_key(request.parent_run_id)
        if key == request.key:
            raise _bad_parent("parent_cycle", f"run {parent_id!r} cannot be its own parent")
        run = self._draft.runs.get(key)
        if run is None or run.admission is None:
            raise _bad_parent("unknown_parent", f"no run {parent_id!r} was admitted")
        if run.end is not None:
            raise Conflict(f"the parent {parent_id!r} has ended", code="parent_ended")
        admission, _ = self._draft.open_hold(parent_id)
        if has_unknown_price(run):
            raise _price_unknown(parent_id)
        parent = _Parent(parent_id, key, admission.root or key, admission)
        self._require_place(parent, self._book.tree(parent.root))
        self._book.see(parent.root, {key: drawn_of(run.totals)})
        return parent

    def _require_place(self, parent: _Parent, tree: Tree) -> None:
        if len(tree.by_run) >= MAX_TREE_RUNS:
            message = f"the tree of run {parent.run_id!r} has {MAX_TREE_RUNS - 1:,} runs below its root, the maximum"
            raise Conflict(message, code="too_many_children")
        if len(tree.above(parent.key)) > MAX_DEPTH:
            message = f"run {parent.run_id!r} has {MAX_DEPTH} runs above it, the maximum"
            raise _bad_parent("tree_too_deep", message)

    def _parent_of(self, admission: RunAdmission) -> _Parent | None:
        if admission.parent_run_id is None or admission.root is None:
            return None
        of_parent, _ = self._draft.open_hold(admission.parent_run_id)
        key = run_key(admission.parent_run_id)
        return _Parent(admission.parent_run_id, key, admission.root, of_parent)

    def _require_drawn(self, extension: Extension, before: RunAdmission, after: RunAdmission) -> None:
        """Raise InvalidInput if a new total is below what is used, kept for the run itself, or taken by children."""
        key = run_key(extension.run_id)
        drawn = drawn_of(self._draft.runs[key].totals).at_least(before.own)
        needed = drawn.plus(self._book.tree(before.root or key).taken_below(key))
        for metric in _METRICS:
            total, least = after.amounts.of(metric), needed.of(metric)
            if total != before.amounts.of(metric) and total < least:
                field = "budget_usd" if metric == "cost" else "hold_tokens"
                given, taken = amount_text(metric, total), amount_text(metric, least)
                message = f"{field}: {given} is less than {taken}, which is used, kept, or held by children"
                raise _invalid(field, "below_drawn", message)

    def _require_room(
        self, run_id: str, before: Amounts, admission: RunAdmission, parent: _Parent | None
    ) -> None:
        """Raise RunRefused if a hold is beyond what is left: of the parent's hold, of the plan, or of a budget."""
        key = run_key(run_id)
        growing = Amounts(
            *(new if new > old else 0 for new, old in zip(admission.amounts, before, strict=True))
        )
        if parent is not None:
            self._require_room_in_parent(key, growing, parent)
        used = self._used(key, admission.root)
        asked = AskedHold(
            run_id=run_id,
            spender=admission.spender,
            amounts=growing.less(used),
            begins=key not in self._draft.runs,
        )
        root = self._book.find(parent.root, None) if parent else None
        if root is None or parent is None:
            self._limits.require_room(asked, self._book.held_without(key))
        else:
            held = self._book.held_without(parent.root, key)
            self._limits.require_room_of_child(asked, held, root)

    def _used(self, key: RunKey, root: RunKey | None) -> Amounts:
        """Return what a run and those below it have used."""
        run = self._draft.runs.get(key)
        own = drawn_of(run.totals) if run else NOTHING_HELD
        if self._book.find(key, root) is None:
            return own
        tree = self._book.tree(root or key)
        return own.plus(tree.drawn_below(key))

    def _require_room_in_parent(self, key: RunKey, growing: Amounts, parent: _Parent) -> None:
        tree = self._book.tree(parent.root)
        others = Tree({run: hold for run, hold in tree.by_run.items() if run != key})
        left, hold = others.left_for_children(parent.key), tree.by_run[parent.key]
        for metric in _METRICS:
            asked = growing.of(metric)
            if asked > left.of(metric):
                raise RunRefused(
                    _beyond_parent(parent.run_id, hold, others.taken_below(parent.key), (metric, asked))
                )

    def _add(self, key: RunKey, admission: RunAdmission, parent: _Parent | None) -> None:
        """Set aside what an admission holds."""
        run = self._draft.runs.get(key)
        hold = Hold(
            amounts=admission.amounts,
            own=admission.own,
            expires_at=admission.expires_at,
            drawn=drawn_of(run.totals) if run else NOTHING_HELD,
            budgets=self._limits.slots_of(admission.spender),
            parent=parent.key if parent else None,
        )
        if parent is None:
            self._book.put(key, hold)
            return
        self._book.put_child(parent.root, key, hold)
        if not parent.admission.has_children:
            marked = replace(parent.admission, has_children=True)
            self._draft.change(RunChange(key=parent.key, admission=marked))

    def _begin(self, request: RunRequest) -> None:
        """Count a run towards the plan and the budgets of runs."""
        slots = self._limits.runs_slots_of(request.spender)
        for slot in slots:
            self._draft.begun.setdefault(slot, set()).add(request.run_id)
        self._book.begin_run(slots)


def _admission(request: RunRequest, parent: _Parent | None, now: datetime) -> RunAdmission:
    expires_at = now + request.ttl
    return RunAdmission(
        request=request.fingerprint,
        holds_cost=request.hold.cost_nanousd is not None,
        holds_tokens=request.hold.tokens is not None,
        amounts=request.hold.amounts,
        own=request.own,
        admitted_at=now,
        # What a child holds is a part of what its parent holds, and so is released no later.
        expires_at=min(expires_at, parent.admission.expires_at) if parent else expires_at,
        spender=request.spender,
        parent_run_id=request.parent_run_id,
        root=parent.root if parent else None,
    )


def _extended(before: RunAdmission, extension: Extension, now: datetime) -> RunAdmission:
    """Return the admission with new totals. An extension makes no hold shorter."""
    hold = extension.hold
    cost = before.amounts.cost if hold.cost_nanousd is None else hold.cost_nanousd
    tokens = before.amounts.tokens if hold.tokens is None else hold.tokens
    return replace(
        before,
        amounts=Amounts(cost, tokens),
        holds_cost=before.holds_cost or hold.cost_nanousd is not None,
        holds_tokens=before.holds_tokens or hold.tokens is not None,
        expires_at=max(before.expires_at, now + hold.ttl) if hold.ttl else before.expires_at,
    )


def _beyond_parent(parent_id: str, hold: Hold, taken: Amounts, asked: tuple[LimitedMetric, int]) -> Refusal:
    metric, amount = asked
    limit, drawn = hold.amounts.of(metric), hold.drawn.at_least(hold.own).of(metric)
    unit = "" if metric == "cost" else f" {metric}"
    left = max(0, limit - drawn - taken.of(metric))
    reason = (
        f"Run {parent_id} holds {amount_text(metric, limit)}{unit} and has {amount_text(metric, left)} left for "
        f"children, so {amount_text(metric, amount)} more would not fit."
        if limit
        else f"Run {parent_id} holds no {'dollars' if metric == 'cost' else metric}, so its children cannot hold any."
    )
    return Refusal(
        code=PARENT_BUDGET_EXCEEDED,
        reason=reason,
        scope=f"run:{parent_id}",
        metric=metric,
        limit=limit,
        used=drawn,
        held=taken.of(metric),
        asked=amount,
    )


def _price_unknown(run_id: str) -> RunRefused:
    return RunRefused(Refusal(code=PRICE_UNKNOWN, reason=unknown_price_reason(run_id), scope=f"run:{run_id}"))


def _bad_parent(code: str, message: str) -> InvalidInput:
    return _invalid("parent_run_id", code, message)


def _invalid(field: str, code: str, message: str) -> InvalidInput:
    return InvalidInput(message, (FieldProblem(field=field, code=code, message=message),), code=code)
