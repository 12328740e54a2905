"""Reads JSON text strictly: what two readers could understand differently is refused."""

import json
from collections import Counter

from pydantic_core import from_json

from shared.domain.events import shown


def parse_json_text(text: bytes) -> object:
    """The value of `text`; ValueError if it is not I-JSON (RFC 7493) but for the size of its numbers.

    So no NaN, no lone surrogate, no other encoding than UTF-8, and no name twice in one object: which of two
    token counts is meant would be a guess.
    """
    value = from_json(text, allow_inf_nan=False)
    # A second reading, because the first one has no hook; it costs a few percent of recording a batch.
    json.loads(text, object_pairs_hook=_refuse_repeated_names)
    return value


def _refuse_repeated_names(members: list[tuple[str, object]]) -> dict[str, object]:
    names = dict(members)
    if len(names) == len(members):
        return names
    ((name, _),) = Counter(name for name, _ in members).most_common(1)
    first, second, *_ = (value for each, value in members if each == name)
    raise ValueError(f"{shown(name)} is given twice ({shown(first)} and {shown(second)})")
