"""Print what a command found: as JSON for machines, as aligned lines and tables for people and their terminals."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence

_LONG_ID = re.compile("[0-9a-f]{64}")
_SHOWN_ID_CHARS = 12
"""Enough to tell keys apart; commands take 8 or more characters of an id."""


def print_answer(fields: Mapping[str, object], *, as_json: bool) -> None:
    """Print `fields`; values are plain JSON values."""
    if as_json:
        print(json.dumps(fields))
        return
    for line in _lines(fields):
        print(line)


def escaped(text: str) -> str:
    """Return `text` with its control, format and other invisible characters as JSON and TOML write them.

    Names come from customers: a terminal would obey an escape sequence, and show a reversed text reversed.
    """
    return "".join(each if _is_visible(each) else _escape(each) for each in text)


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] != "C" and character not in "\u2028\u2029"


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _lines(fields: Mapping[str, object], indent: str = "") -> list[str]:
    lines: list[str] = []
    width = max((len(name) for name in fields), default=0)
    for field, value in fields.items():
        name = escaped(field)
        if isinstance(value, Mapping):
            lines += [f"{indent}{name}", *_lines(value, indent + "  ")]
        elif isinstance(value, list):
            lines += [f"{indent}{name}: {len(value)}", *_list_lines(value, indent + "  ")]
        else:
            lines.append(f"{indent}{name:<{width}}  {_text(value)}")
    return lines


def _list_lines(items: Sequence[object], indent: str) -> list[str]:
    rows = [item for item in items if isinstance(item, Mapping)]
    if not rows:
        return [f"{indent}- {_text(item)}" for item in items]
    names = list(rows[0])
    table = [names, *([_text(row.get(name)) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(names))]
    return [
        (indent + "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True))).rstrip()
        for line in table
    ]


def _text(value: object) -> str:
    text = "-" if value is None or value == "" else escaped(str(value))
    return text[:_SHOWN_ID_CHARS] if _LONG_ID.fullmatch(text) else text
