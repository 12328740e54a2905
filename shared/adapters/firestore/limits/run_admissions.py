"""The admission and the end of a run, as its Firestore document has them."""

from typing import Any, Final

from shared.adapters.firestore.encoding import get_fields, read_as
from shared.domain.ledger.holds import Amounts, RunAdmission, RunEnd, RunSpender

ADMISSION: Final = "admission"
END: Final = "end"
LOOK_DUE: Final = "look_due_us"
"""When a tick has to look whether the run used more than it held. Indexed, so no part of the admission."""


def read_admission(fields: Any) -> RunAdmission | None:
    """Return the admission of a run's document; None if only events name the run."""
    if ADMISSION not in fields:
        return None
    stored = get_fields(fields[ADMISSION].map_value.fields)
    tags = stored["spender"].get("tags", ())
    pairs = tuple(zip(tags[::2], tags[1::2], strict=True))
    return read_as(
        RunAdmission,
        stored,
        amounts=read_as(Amounts, stored["amounts"]),
        own=read_as(Amounts, stored["own"]),
        settled=read_as(Amounts, settled) if (settled := stored.get("settled")) else None,
        spender=read_as(RunSpender, stored["spender"], tags=pairs),
    )


def read_end(fields: Any) -> RunEnd | None:
    """Return the end of a run's document; None if only events say that it has ended, or nothing does."""
    if END not in fields:
        return None
    stored = get_fields(fields[END].map_value.fields)
    drawn, below = (read_as(Amounts, stored[part]) for part in ("drawn", "below"))
    return read_as(RunEnd, stored, drawn=drawn, below=below)


def admission_fields(admission: RunAdmission) -> dict[str, object]:
    spender = admission.spender
    # The tags are a list of names and values, in the caller's order: Firestore has no lists of lists.
    tags = [text for pair in spender.tags for text in pair]
    return {
        "request": admission.request,
        "holds_cost": admission.holds_cost,
        "holds_tokens": admission.holds_tokens,
        "amounts": admission.amounts._asdict(),
        "own": admission.own._asdict(),
        "admitted_at": admission.admitted_at,
        "expires_at": admission.expires_at,
        "spender": {name: value for name, value in (spender._asdict() | {"tags": tags}).items() if value},
        "parent_run_id": admission.parent_run_id,
        "root": admission.root,
        "has_children": admission.has_children,
    }


def end_fields(end: RunEnd) -> dict[str, object]:
    return {
        "status": end.status,
        "error": end.error,
        "ended_at": end.ended_at,
        "drawn": end.drawn._asdict(),
        "below": end.below._asdict(),
    }
