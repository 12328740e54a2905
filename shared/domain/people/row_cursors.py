"""The cursors of the platform's lists of tenants, each of use only with the filters that it came from."""

import base64
import binascii
import hashlib
import json
import re
from typing import NamedTuple

from shared.domain.errors import InvalidInput
from shared.domain.people.tenant_rows import MAX_KEY_CHARS
from shared.domain.tenant_ids import TENANT_ID

_MAX_INT64 = 2**63 - 1

SortValue = int | str | None


class RowPlace(NamedTuple):
    """The last row of a page: the value by which the list is sorted, and the tenant."""

    value: SortValue
    tenant_id: str
    by_id: bool
    """Whether the page ended among the tenants whose ids match a search; those whose names match come after."""


def row_cursor(wanted: object, place: RowPlace) -> str:
    """Return the opaque text of a place in the list that `wanted`, a record of filters and order, describes."""
    content = json.dumps([_filters(wanted), *place], ensure_ascii=False)
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def row_place(wanted: object, cursor: str) -> RowPlace:
    """Return the place of a cursor; raise InvalidInput if it is none, or belongs to other filters."""
    try:
        filters, value, tenant_id, by_id = json.loads(
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        )
        is_value = (value is None or type(value) is int or isinstance(value, str)) and _is_small(value)
        if not (is_value and isinstance(by_id, bool) and re.fullmatch(TENANT_ID, tenant_id)):
            raise ValueError("not a place in this list")
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise _invalid(cursor, "is not valid for this list") from error
    if filters != _filters(wanted):
        raise _invalid(cursor, "belongs to other filters; begin again without it")
    return RowPlace(value, tenant_id, by_id)


def _filters(wanted: object) -> str:
    return hashlib.sha256(repr(wanted).encode()).hexdigest()[:16]


def _is_small(value: SortValue) -> bool:
    return len(value) <= MAX_KEY_CHARS if isinstance(value, str) else abs(value or 0) <= _MAX_INT64


def _invalid(cursor: str, reason: str) -> InvalidInput:
    return InvalidInput(f"cursor {cursor[:80]!r} {reason}", code="invalid_cursor")
