"""The packed form of a batch: columns as JSON, compressed, behind a version and a checksum.

The columns are those of any release: a column that this one does not know is unpacked and packed again as it is.
"""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from struct import Struct
from typing import Any, Final

from pydantic_core import from_json, to_json

from shared.domain.errors import Unavailable, UsageError

VERSION: Final = 1
_FRAME: Final = Struct(">BI")
"""The version, and the CRC-32 of all that follows; every version begins so."""
_COMPRESSION: Final = 1
"""Level 6 takes three times as long for 7 % less."""
_USES_OF_A_VALUE: Final = 4
"""From so many on average, a column is packed as its distinct values and a place among them for each row."""
_SHORTEST_HEX: Final = 16

Column = Sequence[Any]
"""The values of a field, of JSON's types; None where an event does not have it."""


class NewerBatch(Unavailable):
    """A batch was stored by a newer release, in a form that this one cannot read."""

    code = "newer_batch"


class DamagedBatch(UsageError):
    """The stored bytes of a batch are not those that were written."""

    code = "damaged_batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows by columns, and what is said of all of them."""

    rows: int
    columns: Mapping[str, Column]
    about: Mapping[str, Any] = field(default_factory=dict)


def pack(table: Table) -> bytes:
    """Return the bytes of a table; columns without a value are left out."""
    packed = {name: _packed(column) for name, column in table.columns.items()}
    columns = {name: column for name, column in packed.items() if column != {"all": None}}
    content = {"rows": table.rows, "about": table.about, "columns": columns}
    body = zlib.compress(to_json(content), _COMPRESSION)
    return _FRAME.pack(VERSION, zlib.crc32(body, VERSION)) + body


def unpack(packed: bytes) -> Table:
    """Return the table of `packed`; raise NewerBatch, or DamagedBatch if a byte of it has changed."""
    if len(packed) < _FRAME.size:
        raise DamagedBatch("A stored batch is damaged: it is too short")
    version, checksum = _FRAME.unpack_from(packed)
    body = packed[_FRAME.size :]
    if zlib.crc32(body, version) != checksum:
        raise DamagedBatch("A stored batch is damaged: its checksum is another")
    if version > VERSION:
        raise NewerBatch(f"A batch was stored by a newer release, in version {version} of its form")
    content = from_json(zlib.decompress(body))
    rows = content["rows"]
    columns = {name: _unpacked(column, rows) for name, column in content["columns"].items()}
    return Table(rows=rows, columns=columns, about=content["about"])


def _packed(column: Column) -> dict[str, object]:
    """Return the shortest form of a column that is found quickly."""
    try:
        distinct = list(dict.fromkeys(column))
    except TypeError:  # lists and maps have no hash
        return {"each": column}
    if len(distinct) <= 1:
        return {"all": distinct[0] if distinct else None}
    if len(distinct) * _USES_OF_A_VALUE <= len(column):
        places = dict(zip(distinct, range(len(distinct)), strict=True))
        return {"of": distinct, "at": list(map(places.__getitem__, column))}
    if digits := _hex_digits(column):
        return {"hex": b64encode(bytes.fromhex(digits)).decode()}
    return {"each": column}


def _unpacked(packed: Mapping[str, Any], rows: int) -> list[Any]:
    match packed:
        case {"all": value}:
            return [value] * rows
        case {"of": distinct, "at": places}:
            return [distinct[place] for place in places]
        case {"hex": encoded}:
            digits = b64decode(encoded).hex()
            width = len(digits) // rows
            return [digits[start : start + width] for start in range(0, len(digits), width)]
        case _:
            return list(packed["each"])


def _hex_digits(column: Column) -> str | None:
    """Return all values as one text if they are hexadecimal and equally long, as hashes are."""
    if set(map(type, column)) != {str}:
        return None
    width = len(column[0])
    if width < _SHORTEST_HEX or width % 2 or set(map(len, column)) != {width}:
        return None
    digits = "".join(column)
    try:
        return digits if bytes.fromhex(digits).hex() == digits else None
    except ValueError:
        return None
