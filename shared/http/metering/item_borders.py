"""Finds the items of a malformed batch, so that each can be parsed on its own."""

import re
from collections.abc import Iterator
from itertools import islice

_BLANK = rb"[ \t\r\n]*+"
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# Possessive (`*+`), so that no input makes a pattern go back: the time is linear in the length of the body.
_TO_NEXT_BRACKETS = re.compile(
    rb"(?:[^\"'\[\]{}]++|" + _TEXT + rb")*+([\[{]++|[\]}]++|)",
    re.DOTALL,  # no brackets: a stray quote, or the end
)
_SIMPLE_VALUE = re.compile(_TEXT + rb"|[^\s\"'\[\]{},:]++", re.DOTALL)
_KEY = re.compile(_BLANK + rb"(" + _TEXT + rb")" + _BLANK + rb":" + _BLANK, re.DOTALL)
_START = re.compile(_BLANK + rb"([\[{])" + _BLANK)
_SEPARATOR = re.compile(_BLANK + rb"([,\]}])" + _BLANK)
_BLANKS = re.compile(_BLANK)


class NoBorders(ValueError):
    """The text is malformed in a way that does not show where its items begin and end."""


def split_array(text: bytes, most: int) -> list[bytes]:
    """Return the texts of an array's items, which may be anything with balanced brackets; of the first `most`."""
    return [text[start:end] for start, end in islice(_values(text, b"["), most)]


def split_object(text: bytes) -> list[tuple[bytes, bytes]]:
    """Return the texts of an object's keys and values, in order."""
    members = []
    for start, end in _values(text, b"{"):
        key = _found(_KEY, text, start)
        members.append((key[1], text[key.end() : end]))
    return members


def is_array(text: bytes) -> bool:
    """Return whether the text begins as an array."""
    return bool((start := _START.match(text)) and start[1] == b"[")


def _values(text: bytes, bracket: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each item of an array, or member of an object, starts and ends."""
    opening = _found(_START, text, 0)
    if opening[1] != bracket:
        raise NoBorders
    closing, at = {b"[": b"]", b"{": b"}"}[bracket], opening.end()
    if text[at : at + 1] == closing:
        _require_end(text, at + 1)
        return
    while True:
        value = at if bracket == b"[" else _found(_KEY, text, at).end()
        end = _end_of_value(text, value)
        yield at, end
        separator = _found(_SEPARATOR, text, end)
        at = separator.end()
        if separator[1] == closing:
            _require_end(text, at)
            return
        if separator[1] != b",":
            raise NoBorders


def _end_of_value(text: bytes, start: int) -> int:
    if text[start : start + 1] not in (b"[", b"{"):
        return _found(_SIMPLE_VALUE, text, start).end()
    depth = 0
    for brackets in _TO_NEXT_BRACKETS.finditer(text, start):
        run = brackets[1]
        if not run:
            break
        if run[0] in b"[{":
            depth += len(run)
        elif len(run) >= depth:
            return brackets.start(1) + depth
        else:
            depth -= len(run)
    raise NoBorders


def _require_end(text: bytes, at: int) -> None:
    if _found(_BLANKS, text, at).end() != len(text):
        raise NoBorders


def _found(pattern: re.Pattern[bytes], text: bytes, at: int) -> re.Match[bytes]:
    if (match := pattern.match(text, at)) is None:
        raise NoBorders
    return match
