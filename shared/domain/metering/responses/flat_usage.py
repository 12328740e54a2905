"""A usage object as a flat table of its values by path, so that what no rule has read is what is left."""

from collections.abc import Mapping
from typing import Final

from shared.domain.metering.responses.errors import ExtractionError

MAX_VALUES: Final = 10_000
_LABELS: Final = ("modality", "ttl", "type")
"""The fields that name an element of an array: `promptTokensDetails[AUDIO].tokenCount`."""

FlatUsage = dict[str, object]


def flatten(usage: Mapping[str, object]) -> FlatUsage:
    """Return every value in `usage` that is not null, by its path. Empty objects and arrays are kept as they are."""
    flat: FlatUsage = {}
    waiting: list[tuple[str, object]] = [("", usage)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict) and value:
            waiting.extend((_member(path, key), each) for key, each in reversed(value.items()))
        elif isinstance(value, list) and value:
            waiting.extend(reversed(_elements(path, value)))
        elif value is not None:
            flat[path] = value
        if len(flat) + len(waiting) > MAX_VALUES:
            raise ExtractionError("malformed_usage", "usage", f"usage has more than {MAX_VALUES} values")
    return flat


def _member(path: str, key: object) -> str:
    # A key that looks like a path must not be taken for one.
    name = key if isinstance(key, str) and not set(key) & set(".[]'") else repr(key)
    return f"{path}.{name}" if path else name


def _elements(path: str, items: list[object]) -> list[tuple[str, object]]:
    elements: dict[str, object] = {}
    for index, item in enumerate(items):
        label = _label(item)
        named = f"{path}[{label}]"
        # A second element with the same name keeps a path of its own, which no rule reads.
        elements[f"{path}[{index}]" if label is None or named in elements else named] = item
    return list(elements.items())


def _label(item: object) -> str | None:
    if not isinstance(item, dict):
        return None
    names = (item.get(field) for field in _LABELS)
    return next((name.upper() for name in names if isinstance(name, str)), None)
