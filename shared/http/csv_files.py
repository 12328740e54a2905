"""CSV files to download, whose cells a spreadsheet shows as they are, in any locale."""

import re
from collections.abc import Iterable
from typing import Final

from flask import Response

NEXT_CURSOR: Final = "GWI-Next-Cursor"
"""The header with the cursor at which a file that was cut goes on."""
_BOM = "\ufeff"

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


def file_text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\r\n" for line in lines)


def csv_response(text: str, name: str, *, has_bom: bool = False) -> Response:
    """Return a file to download. Only with a byte order mark does Excel read it as UTF-8."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(f"{_BOM if has_bom else ''}{text}", 200, headers, mimetype="text/csv")
