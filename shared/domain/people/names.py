"""Names that one person writes and others read, in mails and on pages: they carry no link and hide nothing."""

import re
import unicodedata
from typing import Final

from shared.domain.errors import FieldProblem, InvalidInput, shown

MAX_NAME_CHARS = 200
MAX_LABEL_CHARS = 100
_LINK = re.compile(r"://|www\.", re.IGNORECASE)
_REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls, formats (zero-width, bidirectional overrides), surrogates, and separators of lines and paragraphs."""
_BLANK_LETTERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that Unicode counts as letters, marks or symbols, and that no font draws."""


def valid_name(text: str) -> str:
    """Return a tenant's name on one line; raise InvalidInput if it is blank or too long, has a link or hides text."""
    name = " ".join(text.split())
    if not name or not _is_plain(name, MAX_NAME_CHARS):
        raise _invalid("name", text, MAX_NAME_CHARS)
    return name


def valid_label(text: str) -> str:
    """Return a key's label, which may be empty; raise InvalidInput as valid_name does."""
    label = text.strip()
    if not _is_plain(label, MAX_LABEL_CHARS):
        raise _invalid("label", text, MAX_LABEL_CHARS)
    return label


def name_to_show(text: str | None) -> str | None:
    """Return the name that an account gives itself, or None if others should not see it."""
    name = " ".join((text or "").split())
    return name if name and _is_plain(name, MAX_NAME_CHARS) else None


def _is_plain(text: str, most: int) -> bool:
    hidden = any(unicodedata.category(each) in _REFUSED or each in _BLANK_LETTERS for each in text)
    # Mail programs make links of full-width letters too.
    return len(text) <= most and not hidden and not _LINK.search(unicodedata.normalize("NFKC", text))


def _invalid(field: str, text: str, most: int) -> InvalidInput:
    message = f"{field}: {shown(text)} is not 1 to {most} visible characters without a link"
    return InvalidInput(message, (FieldProblem(field=field, code=f"invalid_{field}", message=message),))
