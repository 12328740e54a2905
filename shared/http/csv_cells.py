"""Cells of a CSV file that a spreadsheet shows as they are, in any locale."""

import re

_FORMULA_START = "[=+\\-@\uff1d\uff0b\uff0d\uff20\t\r\n]"
"""What a spreadsheet runs, also as the full-width forms of East Asian keyboards."""
# In locales whose separator is a semicolon or a tab, it begins a new cell: our quotes are not at its borders there.
_FORMULA = re.compile(f"(^|[;\t])(?=\\s*{_FORMULA_START})")


def text_cell(text: str | None) -> str:
    """Return `text` in quotes, with an apostrophe before what would be a formula; None is an empty cell."""
    if text is None:
        return ""
    quoted = _FORMULA.sub(r"\1'", text).replace('"', '""')
    return f'"{quoted}"'
