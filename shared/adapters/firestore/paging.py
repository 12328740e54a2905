"""Pages of a tenant's documents, newest first, with opaque cursors."""

import base64
import binascii
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

from shared.adapters.firestore import queries
from shared.adapters.firestore.encoding import from_microseconds, get_value, microseconds
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.errors import InvalidInput
from shared.ports import Page

T = TypeVar("T")

_MAX_INT64 = 2**63 - 1
_DOCUMENT_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.]{0,199}")
_INSTANT, _NUMBER = "t", "n"


class Listing(Generic[T]):
    """A list of a collection's documents, ordered by one of their fields, newest first."""

    def __init__(self, collection: str, order_field: str, read: Callable[[Any], T]) -> None:
        self.collection = collection
        self.order_field = order_field
        self.read = read
        self._equal: tuple[str, str] | None = None

    def where(self, field: str, value: str) -> "Listing[T]":
        """Return this list, limited to documents whose `field` is `value`."""
        narrowed = Listing(self.collection, self.order_field, self.read)
        narrowed._equal = field, value
        return narrowed

    def page(self, rpc: FirestoreRpc, tenant_name: str, limit: int, cursor: str | None) -> Page[T]:
        """Return a page of the tenant's documents; raise InvalidInput for a cursor of another list."""
        after = None if cursor is None else self._place(tenant_name, cursor)
        query = queries.newest(self.collection, self.order_field, limit + 1, after)
        if self._equal:
            query = queries.where_equal(query, *self._equal)
        found = rpc.query(tenant_name, query)
        last = found[limit - 1] if len(found) > limit else None
        return Page([self.read(document) for document in found[:limit]], self._cursor(last) if last else None)

    def _cursor(self, document: Any) -> str:
        value = get_value(document.fields[self.order_field])
        kind = _INSTANT if isinstance(value, datetime) else _NUMBER
        number = microseconds(value) if isinstance(value, datetime) else value
        place = [self.collection, kind, number, document.name.rpartition("/")[2]]
        return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")

    def _place(self, tenant_name: str, cursor: str) -> tuple[object, str]:
        """Return the field and document to start after. A cursor holds only an id, so it cannot leave the tenant."""
        try:
            text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            collection, kind, number, document_id = json.loads(text)
            if collection != self.collection or type(number) is not int or abs(number) > _MAX_INT64:
                raise ValueError("not a place in this list")
            if not _DOCUMENT_ID.fullmatch(document_id):
                raise ValueError("not a document id")
            value = from_microseconds(number) if kind == _INSTANT else number
        except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
            message = f"cursor {cursor[:80]!r} is not valid for this list"
            raise InvalidInput(message, code="invalid_cursor") from error
        return value, f"{tenant_name}/{self.collection}/{document_id}"
