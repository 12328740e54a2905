"""Write and read the grants on a tenant's document: a map by id, so that each is changed on its own."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields as fields_of
from typing import Any

from shared.adapters.firestore.encoding import Write, field_path, read_as, set_fields
from shared.domain.limits.grants import Grant

GRANTS = "grants"
_FIELDS = tuple(field.name for field in fields_of(Grant) if field.name != "id")


def grants_write(name: str, added: Sequence[Grant], removed: Collection[str]) -> Any:
    """Return a write that adds and removes these grants alone; it fails if the tenant does not exist."""
    write = Write()
    write.update.name = name
    set_fields(write.update.fields, {GRANTS: grants_fields(added)})
    # A path in the mask without a value in the document is removed.
    paths = [field_path(GRANTS, grant_id) for grant_id in (*(each.id for each in added), *removed)]
    write.update_mask.field_paths.extend(paths)
    write.current_document.exists = True
    return write


def grants_fields(grants: Iterable[Grant]) -> dict[str, object]:
    """Return grants as a map by their ids."""
    return {each.id: _grant_fields(each) for each in grants}


def _grant_fields(grant: Grant) -> dict[str, object]:
    # Only where it says something: an instance that is being replaced does not know the field.
    unknown = () if grant.plan_version > 1 else ("plan_version",)
    return {name: getattr(grant, name) for name in _FIELDS if name not in unknown}


def read_grants(stored: Mapping[str, Any]) -> tuple[Grant, ...]:
    """Return the grants that grants_fields wrote, in the order of their ids."""
    return tuple(read_as(Grant, stored[grant_id], id=grant_id) for grant_id in sorted(stored))
