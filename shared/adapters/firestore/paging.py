"""Pages of a tenant's documents, newest first, with opaque cursors."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from copy import copy
from datetime import datetime
from typing import Any, Generic, TypeVar

from shared.adapters.firestore import queries
from shared.adapters.firestore.encoding import from_microseconds, get_value, microseconds
from shared.adapters.firestore.rpc import FirestoreRpc, size_of
from shared.domain.errors import InvalidInput
from shared.ports import Page
from shared.ports.pages import PAGE_BYTES

T = TypeVar("T")

_MAX_INT64 = 2**63 - 1
_DOCUMENT_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.]{0,199}")
_INSTANT, _NUMBER = "t", "n"


class Listing(Generic[T]):
    """A list of a collection's documents, ordered by one of their fields, newest first."""

    def __init__(
        self, collection: str, order_field: str, read: Callable[[Any], T], fields: Sequence[str] = ()
    ) -> None:
        """List documents with all of their fields, or only with `fields`."""
        self.collection = collection
        self.order_field = order_field
        self.read = read
        self._fields = fields
        self._equal: tuple[str, str] | None = None
        self._since: object | None = None
        self._before: object | None = None

    def where(self, field: str, value: str) -> "Listing[T]":
        """Return this list, limited to documents whose `field` is `value`."""
        narrowed = copy(self)
        narrowed._equal = field, value
        return narrowed

    def within(self, since: object | None, before: object | None) -> "Listing[T]":
        """Return this list, limited to documents whose order field is in [since, before); None is no limit."""
        narrowed = copy(self)
        narrowed._since, narrowed._before = since, before
        return narrowed

    def page(self, rpc: FirestoreRpc, tenant_name: str, limit: int, cursor: str | None) -> Page[T]:
        """Return a page of the tenant's documents; raise InvalidInput for a cursor of another list."""
        after = None
        if cursor is not None:
            value, document_id = self.place(cursor)
            after = value, f"{tenant_name}/{self.collection}/{document_id}"
        query = queries.newest(self.collection, self.order_field, limit + 1, after)
        if self._before is not None and after is None:
            queries.start_after(query, self._before)
        if self._since is not None:
            queries.end_with(query, self._since)
        if self._equal:
            query = queries.where_equal(query, *self._equal)
        for field in self._fields:
            query.select.fields.add(field_path=field)
        found = rpc.query(tenant_name, query, PAGE_BYTES)
        has_next = len(found) > limit or size_of(found) > PAGE_BYTES
        items = found[:limit]
        return Page([self.read(each) for each in items], self._cursor(items[-1]) if has_next else None)

    def _cursor(self, document: Any) -> str:
        value = get_value(document.fields[self.order_field])
        return self.cursor_after(value, document.name.rpartition("/")[2])

    def cursor_after(self, value: Any, document_id: str) -> str:
        """Return the cursor after the document of this id, whose order field is `value`."""
        kind = _INSTANT if isinstance(value, datetime) else _NUMBER
        number = microseconds(value) if isinstance(value, datetime) else value
        place = [self.collection, kind, number, document_id]
        return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")

    def place(self, cursor: str) -> tuple[Any, str]:
        """Return the field and the id of the document to start after; raise InvalidInput.

        A cursor holds only an id, so it cannot leave the tenant.
        """
        try:
            text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            collection, kind, number, document_id = json.loads(text)
            if collection != self.collection or type(number) is not int or abs(number) > _MAX_INT64:
                raise ValueError("not a place in this list")
            if not _DOCUMENT_ID.fullmatch(document_id):
                raise ValueError("not a document id")
            value: Any = from_microseconds(number) if kind == _INSTANT else number
        except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
            message = f"cursor {cursor[:80]!r} is not valid for this list"
            raise InvalidInput(message, code="invalid_cursor") from error
        return value, document_id
