"""The admission and the end of a run, as its Firestore document has them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from shared.adapters.firestore.encoding import Write, get_fields, microseconds, read_as, set_fields
from shared.domain.ledger.holds import NO_SPENDER, Amounts, RunAdmission, RunEnd, RunSpender
from shared.ports import RunChange

ADMISSION_FIELDS: Final = ("admission", "end")


def run_change_write(name: str, change: RunChange, now: datetime) -> Any:
    """Return a write that changes a run's document. Unless the run begins, it fails if there is no such run."""
    write = Write()
    write.update.name = name
    fields: dict[str, object] = {}
    if change.admission is not None:
        fields["admission"] = _admission_fields(change.admission)
    if change.end is not None:
        fields["end"] = _end_fields(change.end)
        fields[f"is_{change.end.status}"] = True
    if change.begins is not None:
        fields |= {"id": change.begins, **_described(change.admission)}
        # Events may have begun it earlier, or been later.
        write.update_transforms.add(field_path="began_at_us").minimum.integer_value = microseconds(now)
        write.update_transforms.add(field_path="last_at_us").maximum.integer_value = microseconds(now)
    else:
        write.current_document.exists = True
    set_fields(write.update.fields, fields)
    write.update_mask.field_paths.extend(fields)
    return write


def read_admission(fields: Any) -> RunAdmission | None:
    """Return the admission of a run's document; None if only events name the run."""
    if "admission" not in fields:
        return None
    stored = get_fields(fields["admission"].map_value.fields)
    spender = stored["spender"]
    tags = spender.get("tags", ())
    pairs = tuple(zip(tags[::2], tags[1::2], strict=True))
    return read_as(
        RunAdmission,
        stored,
        amounts=read_as(Amounts, stored["amounts"]),
        own=read_as(Amounts, stored["own"]),
        spender=read_as(RunSpender, spender, tags=pairs) if spender else NO_SPENDER,
    )


def read_end(fields: Any) -> RunEnd | None:
    """Return the end of a run's document; None if only events say that it has ended, or nothing does."""
    if "end" not in fields:
        return None
    stored = get_fields(fields["end"].map_value.fields)
    drawn, below = (read_as(Amounts, stored[part]) for part in ("drawn", "below"))
    return read_as(RunEnd, stored, drawn=drawn, below=below)


def _admission_fields(admission: RunAdmission) -> dict[str, object]:
    return {
        "request": admission.request,
        "holds_cost": admission.holds_cost,
        "holds_tokens": admission.holds_tokens,
        "amounts": admission.amounts._asdict(),
        "own": admission.own._asdict(),
        "admitted_at": admission.admitted_at,
        "expires_at": admission.expires_at,
        "spender": _spender_fields(admission.spender),
        "parent_run_id": admission.parent_run_id,
        "root": admission.root,
        "has_children": admission.has_children,
    }


def _spender_fields(spender: RunSpender) -> Mapping[str, object]:
    # The tags are a list of names and values, in the caller's order; Firestore has no lists of lists.
    tags = [text for pair in spender.tags for text in pair]
    return _set(spender._asdict() | {"tags": tags})


def _end_fields(end: RunEnd) -> dict[str, object]:
    return {
        "status": end.status,
        "error": end.error,
        "ended_at": end.ended_at,
        "drawn": end.drawn._asdict(),
        "below": end.below._asdict(),
    }


def _described(admission: RunAdmission | None) -> dict[str, object]:
    """Return what a run's document says of the run beside its admission, as far as it is known."""
    if admission is None:
        return {}
    spender = admission.spender
    return _set(
        {
            "user_id": spender.user_id,
            "workflow_id": spender.workflow_id,
            "tags": dict(spender.tags),
            "parent_run_id": admission.parent_run_id,
        }
    )


def _set(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value}
