"""End runs: release what they hold, and end the runs below them."""

from dataclasses import replace

from shared.domain.ledger.holds import NOTHING_HELD, Amounts, RunEnd, RunKey, run_key
from shared.domain.limits.run_left import drawn_of, over_by, over_of
from shared.domain.limits.runs import End, Ended
from shared.ports import RunChange
from shared.usecases.limits.admission_draft import AdmissionDraft


def end_run(draft: AdmissionDraft, end: End) -> Ended:
    """End a run with its descendants; a run that has ended stays as it is. Raise NotFound for an unknown one."""
    run, key = draft.find(end.run_id), run_key(end.run_id)
    ended = run.end or _end(draft, key, end)
    over = over_of(run.admission, ended.drawn.plus(ended.below)) if run.admission else NOTHING_HELD
    return Ended(
        run_id=end.run_id,
        status=ended.status,
        ended_at=ended.ended_at,
        drawn=ended.drawn,
        over=over,
        is_new=run.end is None,
    )


def _end(draft: AdmissionDraft, key: RunKey, end: End) -> RunEnd:
    run = draft.runs[key]
    ended = RunEnd(status=end.status, error=end.error, ended_at=draft.book.now, drawn=drawn_of(run.totals))
    root = run.admission.root if run.admission else None
    if draft.book.find(root or key, None) is not None:
        ended = replace(ended, below=_release(draft, root or key, key, ended))
    over = over_by(replace(run, end=ended), NOTHING_HELD)
    draft.change(RunChange(key=key, end=ended, is_due=over != NOTHING_HELD))
    return ended


def _release(draft: AdmissionDraft, root: RunKey, key: RunKey, ended: RunEnd) -> Amounts:
    """Release the hold of a run and those below it; return what the runs below it have used."""
    book = draft.book
    below = book.tree(root).below(key)
    drawn = {run: draft.drawn[run] for run in below if run in draft.drawn}
    for run, amounts in drawn.items():
        # How much the run held is not read here.
        draft.change(RunChange(key=run, end=replace(ended, error=None, drawn=amounts), is_due=True))
    if root != key:
        book.settle(root, {key: ended.drawn, **drawn})
        return book.tree(root).taken_below(key)
    if below:
        book.settle(root, drawn)
    used = book.tree(root).taken_below(key)
    book.end(root)
    return used
