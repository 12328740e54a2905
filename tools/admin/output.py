"""Prints what a command found: as JSON for machines, as aligned lines for people."""

import json
from collections.abc import Mapping


def print_answer(fields: Mapping[str, object], *, as_json: bool) -> None:
    """Print `fields`; values are plain JSON values."""
    if as_json:
        print(json.dumps(fields))
        return
    for line in _lines(fields):
        print(line)


def _lines(fields: Mapping[str, object], indent: str = "") -> list[str]:
    lines: list[str] = []
    width = max((len(name) for name in fields), default=0)
    for name, value in fields.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{name}", *_lines(value, indent + "  ")]
        elif isinstance(value, list):
            lines.append(f"{indent}{name}: {len(value)}")
            for item in value:
                lines += _item_lines(item, indent + "  ")
        else:
            lines.append(f"{indent}{name:<{width}}  {'-' if value is None else value}")
    return lines


def _item_lines(item: object, indent: str) -> list[str]:
    if isinstance(item, Mapping):
        return [f"{indent}-", *_lines(item, indent + "  ")]
    return [f"{indent}- {item}"]
