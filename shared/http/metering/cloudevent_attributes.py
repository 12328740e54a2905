"""The rules of CloudEvents 1.0.2 for the attributes of an event."""

import re
from collections.abc import Mapping
from typing import Final

from pydantic import TypeAdapter, ValidationError

from shared.domain.errors import FieldProblem, shown
from shared.domain.metering.events import Timestamp

_VERSION: Final = "1.0"
_REQUIRED: Final = ("specversion", "id", "source", "type")
_MAX_INTEGER: Final = 2**31
_TIMESTAMP: Final = TypeAdapter(Timestamp)

_NAME: Final = re.compile("[a-z0-9]+")
_NONCHARACTERS: Final = "\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
_CHARACTER: Final = f"[^\x00-\x1f\x7f-\x9f\ud800-\udfff{_NONCHARACTERS}]"
_ANY_TEXT: Final = re.compile(f"{_CHARACTER}*+")
_TEXT: Final = ("text without control characters", re.compile(f"{_CHARACTER}++"))
_IN_URI: Final = r"(?:[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*+"
_FORMS: Final[Mapping[str, tuple[str, re.Pattern[str]]]] = {
    "id": _TEXT,
    "source": ("a URI reference", re.compile(f"(?!$){_IN_URI}(?:#{_IN_URI})?")),
    "type": _TEXT,
    "subject": _TEXT,
    "dataschema": ("an absolute URI", re.compile(f"[A-Za-z][A-Za-z0-9+.-]*+:{_IN_URI}(?:#{_IN_URI})?")),
    "datacontenttype": ("a media type", re.compile(r"[\w!#$&^.+-]++/[\w!#$&^.+-]++ *+(?:;.*+)?", re.ASCII)),
    "time": (
        "RFC 3339 text with an offset",
        re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d++)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII),
    ),
}
"""The attributes that the specification defines; none of them may be empty."""


class MalformedCloudEvent(Exception):
    """A CloudEvent that breaks a rule of the specification; `problem` names the attribute as its sender does."""

    def __init__(self, field: str, code: str, reason: str) -> None:
        super().__init__(reason)
        self.problem = FieldProblem(field=field, code=code, message=f"{field}: {reason}")


def check_attributes(attributes: Mapping[str, object], prefix: str = "") -> None:
    """Raise MalformedCloudEvent if an attribute is missing or malformed; its sender puts `prefix` before names."""
    for name in _REQUIRED:
        value = attributes.get(name)
        if not isinstance(value, str) or not value:
            raise malformed(f"{prefix}{name}", f"required as non-empty text (got {shown(value)})")
        if name == "specversion" and value != _VERSION:
            reason = f"must be {_VERSION} (got {shown(value)})"
            raise MalformedCloudEvent(f"{prefix}{name}", "cloudevent_version", reason)
    for name, value in attributes.items():
        if (expected := _violation(name, value)) is not None:
            raise malformed(f"{prefix}{name}", f"must be {expected} (got {shown(value)})")


def malformed(field: str, reason: str) -> MalformedCloudEvent:
    """Return the error about a malformed attribute."""
    return MalformedCloudEvent(field, "cloudevent_attribute", reason)


def _violation(name: str, value: object) -> str | None:
    """Return the form that the attribute should have, or None if it has it."""
    if name in _FORMS:
        expected, form = _FORMS[name]
        is_valid = isinstance(value, str) and form.fullmatch(value) and (name != "time" or _exists(value))
        return None if is_valid else expected
    if not _NAME.fullmatch(name):
        return "an attribute, whose name has only a-z and 0-9"
    if isinstance(value, str):
        return None if _ANY_TEXT.fullmatch(value) else _TEXT[0]
    is_valid = isinstance(value, int) and -_MAX_INTEGER <= value < _MAX_INTEGER
    return None if is_valid else "text, a boolean or an integer of 32 bits"


def _exists(instant: str) -> bool:
    try:
        _TIMESTAMP.validate_python(instant)
    except ValidationError:
        return False
    return True
