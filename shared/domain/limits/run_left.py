"""The rest of a run's hold: how much the run may still use. Pure."""

from datetime import datetime
from functools import reduce

from shared.domain.ledger.counters import Totals
from shared.domain.ledger.documents import RunSums
from shared.domain.ledger.holds import GRACE, NOTHING_HELD, Amounts, RunAdmission
from shared.domain.ledger.sums import spent_by
from shared.domain.limits.runs import RunLeft


def drawn_of(totals: Totals) -> Amounts:
    """Return what the events of a run have used."""
    return Amounts(spent_by(totals, "cost").amount, spent_by(totals, "tokens").amount)


def has_unknown_price(run: RunSums) -> bool:
    """Return whether the run holds dollars, and the price of some of its calls is not known completely."""
    holds_cost = run.admission is not None and run.admission.holds_cost
    return holds_cost and spent_by(run.totals, "cost").unknown_calls > 0


def is_open(run: RunSums, now: datetime) -> bool:
    """Return whether the run was admitted, has not ended, and its hold has not expired."""
    return run.admission is not None and run.end is None and now < run.admission.expires_at + GRACE


def over_of(admission: RunAdmission, used: Amounts) -> Amounts:
    """Return what was used beyond the hold, of the units that are held."""
    return _of_held_units(admission, used.less(admission.amounts))


def used_of(run: RunSums, taken_below: Amounts) -> Amounts:
    """Return what a run has used, with what its children have taken of its hold; after its end, have used by then."""
    return drawn_of(run.totals).plus(run.end.below if run.end else taken_below)


def held_of(run: RunSums) -> Amounts:
    """Return what a run may use in all: after its end, or the expiry of its hold, what it had used by then."""
    if run.admission is None:
        return NOTHING_HELD
    bounds = [run.admission.amounts]
    if run.end is not None:
        bounds.append(run.end.drawn.plus(run.end.below))
    if run.admission.settled is not None:
        bounds.append(run.admission.settled)
    return reduce(Amounts.at_most, bounds)


def over_by(run: RunSums, taken_below: Amounts) -> Amounts:
    """Return what a run has used beyond its hold, after its end or after the expiry, of the units that it holds."""
    if run.admission is None:
        return NOTHING_HELD
    return _of_held_units(run.admission, used_of(run, taken_below).less(held_of(run)))


def left_of(run: RunSums, taken_below: Amounts, now: datetime) -> RunLeft:
    """Return what a run may still use, beside what its children have taken; nothing without an open hold."""
    used, admission = used_of(run, taken_below), run.admission
    if admission is None:
        return RunLeft(cost_nanousd=None, tokens=None, over=NOTHING_HELD)
    left = admission.amounts.less(used) if is_open(run, now) else NOTHING_HELD
    is_known = admission.holds_cost and not has_unknown_price(run)
    return RunLeft(
        cost_nanousd=left.cost if is_known else None,
        tokens=left.tokens if admission.holds_tokens else None,
        over=over_by(run, taken_below),
    )


def _of_held_units(admission: RunAdmission, over: Amounts) -> Amounts:
    return Amounts(over.cost if admission.holds_cost else 0, over.tokens if admission.holds_tokens else 0)
