"""The encoding of names, keys and values in Firestore."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from inspect import signature
from typing import Any, TypeVar
from urllib.parse import unquote

from google.cloud.firestore_v1.types import document as document_types
from google.cloud.firestore_v1.types import write as write_types

from shared.domain.ledger.counters import OTHER, Series, Totals

Document: Any = document_types.Document.pb()
Value: Any = document_types.Value.pb()
Write: Any = write_types.Write.pb()

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
OTHER_KEY = "other"
_EMPTY_KEY = "%"
_SERIES_SEPARATOR = "|"
# Characters that end a path segment or a quoted one, our separator, and the underscore of reserved `__names__`.
_ESCAPED = re.compile(r"[%./`\\|~*\[\]\x00-\x1f\x7f]|^_")
_SIMPLE_SEGMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def encode_key(text: str) -> str:
    """Encode `text` as a map key that is legal in documents and in field paths; decode_key reverses it."""
    return _ESCAPED.sub(lambda match: f"%{ord(match[0]):02X}", text) or _EMPTY_KEY


def decode_key(key: str) -> str:
    return "" if key == _EMPTY_KEY else unquote(key)


@lru_cache(maxsize=4096)
def encode_series(series: Series) -> str:
    """Encode a series as one map key: `provider|model`, each escaped, or `other` for merged series."""
    if series == OTHER:
        return OTHER_KEY
    return f"{encode_key(series.provider)}{_SERIES_SEPARATOR}{encode_key(series.model)}"


@lru_cache(maxsize=4096)
def decode_series(key: str) -> Series:
    if key == OTHER_KEY:
        return OTHER
    provider, model = key.split(_SERIES_SEPARATOR)
    return Series(decode_key(provider), decode_key(model))


def field_path(*segments: str) -> str:
    """Return the path of escaped map keys, as used in transforms and masks."""
    return ".".join(segment if _SIMPLE_SEGMENT.fullmatch(segment) else f"`{segment}`" for segment in segments)


def decode_day(text: str) -> date:
    """Reverse day_key."""
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()


def microseconds(instant: datetime) -> int:
    """Return microseconds since 1970: minimum and maximum transforms need numbers, not timestamps."""
    return (instant - EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


def set_timestamp(value: Any, instant: datetime) -> None:
    seconds, micros = divmod(microseconds(instant), 1_000_000)
    value.timestamp_value.seconds = seconds
    value.timestamp_value.nanos = micros * 1000


def set_value(into: Any, value: object) -> None:
    """Write a Python value into a Value message; None becomes null."""
    match value:
        case None:
            into.null_value = 0
        case bool():
            into.boolean_value = value
        case int():
            into.integer_value = value
        case str():
            into.string_value = value
        case bytes():
            into.bytes_value = value
        case datetime():
            set_timestamp(into, value)
        case list() | tuple():
            into.array_value.SetInParent()
            for item in value:
                set_value(into.array_value.values.add(), item)
        case Mapping():
            into.map_value.SetInParent()
            set_fields(into.map_value.fields, value)
        case _:
            raise TypeError(f"{value!r} has no Firestore value")


def set_fields(fields: Any, values: Mapping[str, object]) -> None:
    """Write a mapping into the fields of a document or a map value."""
    for key, value in values.items():
        set_value(fields[key], value)


def get_value(value: Any) -> Any:
    """Return the Python value of a Value message."""
    kind = value.WhichOneof("value_type")
    match kind:
        case "null_value":
            return None
        case "timestamp_value":
            stamp = value.timestamp_value
            return EPOCH + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)
        case "array_value":
            return [get_value(item) for item in value.array_value.values]
        case "map_value":
            return get_fields(value.map_value.fields)
        case _:
            return getattr(value, kind)


def get_fields(fields: Any) -> dict[str, Any]:
    """Return the fields of a document or a map value as Python values."""
    return {key: get_value(value) for key, value in fields.items()}


def read_as(kind: type[T], fields: Mapping[str, Any], **others: Any) -> T:
    """Return an object of `kind` from the fields that it has: a newer release may have stored more (decision 030)."""
    known = _parameters(kind)  # type: ignore[arg-type]  # every class is hashable
    return kind(**{name: value for name, value in fields.items() if name in known} | others)


@cache
def _parameters(kind: type) -> frozenset[str]:
    return frozenset(signature(kind).parameters)


def set_totals(into: Any, totals: Totals) -> None:
    """Write totals as a map value."""
    into.map_value.SetInParent()
    fields = into.map_value.fields
    for metric, amount in totals.items():
        fields[metric].integer_value = amount


def get_totals(value: Any) -> Totals:
    """Return the totals written by set_totals or by increments."""
    return {metric: amount.integer_value for metric, amount in value.map_value.fields.items()}


def increment(write: Any, path: str, amounts: Totals) -> None:
    """Make `write` add `amounts` to the totals at `path`."""
    for metric, amount in amounts.items():
        write.update_transforms.add(field_path=f"{path}.{metric}").increment.integer_value = amount
