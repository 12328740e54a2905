"""Read and check the values of Stripe's JSON; an error names the path and the value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from reprlib import Repr
from typing import Final, TypeVar

from shared.domain.errors import UsageError

T = TypeVar("T")

_INT64: Final = range(-(2**63), 2**63)
_INTEGER_RULE: Final = "must be an integer of 64 bits"
# Seconds up to the year 3000: milliseconds taken for seconds would be in the year 57000.
_UNIX_SECONDS: Final = range(1, 32_503_680_000)
# The ids that can be part of a document's name; Stripe's all have this form.
_ID: Final = re.compile(r"(?!\.{1,2}$|__)[^/\x00-\x1f]{1,255}")
_SHOWN: Final = Repr()
_SHOWN.maxstring = _SHOWN.maxother = 60


class InvalidStripeObject(UsageError):
    """An object does not have the documented form; the message names the path and the value."""

    code = "invalid_stripe_object"


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one JSON object, and its path: `subscription.items.data[0]`.

    Each method reads one field and raises InvalidStripeObject for a value of another type.
    `optional_…` returns None for an absent or null field; the others refuse it.
    """

    path: str
    values: Mapping[str, object]

    def invalid(self, name: str, rule: str) -> InvalidStripeObject:
        """Return the error for the field `name`, which breaks `rule`: "must be text"."""
        return InvalidStripeObject(f"{self.path}.{name} is {_SHOWN.repr(self.values.get(name))}, but {rule}")

    def text(self, name: str) -> str:
        """Return a text that is not empty."""
        return self._present(name, self.optional_text(name), "must be text")

    def identifier(self, name: str) -> str:
        return self._present(name, self._optional_id(name), "must be an id")

    def optional_text(self, name: str) -> str | None:
        value = self.values.get(name)
        if value is None or (isinstance(value, str) and value):
            return value
        raise self.invalid(name, "must be text")

    def one_of(self, name: str, allowed: Mapping[str, T]) -> T:
        """Return the value of the field's text in `allowed`."""
        value = self.values.get(name)
        if isinstance(value, str) and value in allowed:
            return allowed[value]
        raise self.invalid(name, f"must be one of {', '.join(allowed)}")

    def integer(self, name: str) -> int:
        return self._present(name, self._optional_integer(name, _INT64, _INTEGER_RULE), _INTEGER_RULE)

    def amount(self, name: str) -> int:
        """Return an integer; 0 if it is absent."""
        return self._optional_integer(name, _INT64, _INTEGER_RULE) or 0

    def optional_whole(self, name: str) -> int | None:
        """Return an integer of 64 bits, or None."""
        return self._optional_integer(name, _INT64, "must be an integer of 64 bits")

    def instant(self, name: str) -> datetime:
        """Return Unix seconds as an aware UTC instant."""
        return self._present(name, self.optional_instant(name), "must be Unix seconds")

    def optional_instant(self, name: str) -> datetime | None:
        seconds = self._optional_integer(name, _UNIX_SECONDS, "must be Unix seconds")
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

    def flag(self, name: str) -> bool:
        """Return a boolean; False if it is absent."""
        value = self.values.get(name, False)
        if isinstance(value, bool):
            return value
        raise self.invalid(name, "must be true or false")

    def child(self, name: str) -> "Fields":
        return self._present(name, self.optional_child(name), "must be an object")

    def optional_child(self, name: str) -> "Fields | None":
        value = self.values.get(name)
        return None if value is None else fields_of(value, f"{self.path}.{name}")

    def listed(self, name: str) -> list["Fields"]:
        """Return the objects of the list under `name`, which Stripe writes as `{"data": […]}`."""
        return self.child(name).objects("data")

    def objects(self, name: str) -> list["Fields"]:
        """Return the objects of a plain list."""
        members = self.values.get(name)
        if not isinstance(members, list):
            raise self.invalid(name, "must be a list")
        return [fields_of(member, f"{self.path}.{name}[{at}]") for at, member in enumerate(members)]

    def each(self, name: str) -> list["Fields"]:
        """Return the objects of a plain list; none if it is absent."""
        members = self.values.get(name) or []
        if not isinstance(members, list):
            raise self.invalid(name, "must be a list")
        return [fields_of(member, f"{self.path}.{name}[{at}]") for at, member in enumerate(members)]

    def reference(self, name: str) -> str:
        return self._present(name, self.optional_reference(name), "must be an id")

    def optional_reference(self, name: str) -> str | None:
        """Return the id of another object, written as the id or expanded to the object; or None."""
        expanded = self.expanded(name)
        return expanded.identifier("id") if expanded else self._optional_id(name)

    def expanded(self, name: str) -> "Fields | None":
        """Return the object that a reference was expanded to; None if there is only an id, or nothing."""
        return self.optional_child(name) if isinstance(self.values.get(name), Mapping) else None

    def metadata(self) -> Mapping[str, str]:
        """Return the texts that the seller attached to the object."""
        attached = self.optional_child("metadata")
        return {key: attached._text_or_empty(key) for key in attached.values} if attached else {}

    def _optional_id(self, name: str) -> str | None:
        value = self.values.get(name)
        if value is None or (isinstance(value, str) and _ID.fullmatch(value)):
            return value
        raise self.invalid(name, "must be an id")

    def _text_or_empty(self, name: str) -> str:
        value = self.values[name]
        if isinstance(value, str):
            return value
        raise self.invalid(name, "must be text")

    def _optional_integer(self, name: str, allowed: range, rule: str) -> int | None:
        value = self.values.get(name)
        # True is an int in Python, but not a number in JSON.
        if value is None or (type(value) is int and value in allowed):
            return value
        raise self.invalid(name, rule)

    def _present(self, name: str, value: T | None, rule: str) -> T:
        if value is None:
            raise self.invalid(name, rule)
        return value


def fields_of(value: object, path: str) -> Fields:
    """Return the fields of the object `value` at `path`. Raise InvalidStripeObject for any other value."""
    if isinstance(value, Mapping):
        return Fields(path, value)
    raise InvalidStripeObject(f"{path} is {_SHOWN.repr(value)}, but must be an object")
