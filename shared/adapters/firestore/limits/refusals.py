"""Write and read the documents of refused runs: a day of a tenant each."""

from collections.abc import Iterable
from typing import Any, Final

from shared.adapters.firestore.encoding import Write, field_path, get_fields, read_as, set_fields, set_value
from shared.domain.limits.refused_runs import RefusedRuns, newest_first
from shared.domain.limits.runs import Refusal

REFUSALS: Final = "refusals"
_COUNTS: Final = "counts"
_LAST: Final = "last"
_LAST_AT: Final = "last_at"
_KEPT: Final = ("code", "reason", "scope", "value", "metric", "limit", "used", "held", "asked", "resets_at")


def refusals_write(name: str, refused: Iterable[RefusedRuns], place: int) -> Any:
    """Return a write of these refusals by the instance that counts at `place`; it may be repeated."""
    write = Write()
    write.update.name = name
    refusals: dict[str, object] = {}
    for each in refused:
        refusals[each.key] = {
            _LAST: {field: getattr(each.last, field) for field in _KEPT},
            _LAST_AT: each.last_at,
        }
        write.update_mask.field_paths.extend(
            field_path(REFUSALS, each.key, field) for field in (_LAST, _LAST_AT)
        )
        counted = write.update_transforms.add(field_path=field_path(REFUSALS, each.key, _COUNTS, str(place)))
        counted.maximum.integer_value = each.count
        set_value(write.update.fields["expire_at"], each.expires_at)
    write.update_mask.field_paths.append("expire_at")
    set_fields(write.update.fields, {REFUSALS: refusals})
    return write


def read_refusals(document: Any) -> list[RefusedRuns]:
    """Return the refusals of a day, the newest first."""
    stored = get_fields(document.fields)[REFUSALS]
    return newest_first(
        RefusedRuns(
            count=sum(each[_COUNTS].values()), last=read_as(Refusal, each[_LAST]), last_at=each[_LAST_AT]
        )
        for each in stored.values()
    )


def refusals_about(document: Any, value: str) -> list[str]:
    """Return the paths of the refusals whose last one was about this value."""
    stored = get_fields(document.fields).get(REFUSALS, {})
    return [field_path(REFUSALS, key) for key, each in stored.items() if each[_LAST]["value"] == value]
