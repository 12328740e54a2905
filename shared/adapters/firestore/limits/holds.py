"""Holds as Firestore documents: a map by run, each a JSON array as text, so that 5,000 of them fit into one."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import zip_longest
from typing import Any, Final

from shared.adapters.firestore.encoding import Write, field_path, from_microseconds, microseconds
from shared.domain.ledger.budget_counts import BudgetSlot
from shared.domain.ledger.holds import MAX_OPEN_HOLDS, NOTHING_HELD, Amounts, Hold, Holds, RunKey, Tree

HOLDS: Final = "holds"
_IS_ENDED, _HAS_CHILDREN = 1, 2
_DEFAULTS: Final[list[Any]] = [0, 0, 0, 0, 0, (), None, 0, 0, 0]
"""Of each place of the array. What is at its end and as here is left out; a newer release may add places."""
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def encode_hold(hold: Hold) -> str:
    """Return a hold as text; decode_hold reverses it."""
    values: list[Any] = [
        microseconds(hold.expires_at),
        *hold.amounts,
        *hold.drawn,
        _encode_slots(hold.budgets),
        hold.parent,
        *hold.own,
        _IS_ENDED * hold.is_ended + _HAS_CHILDREN * hold.has_children,
    ]
    while values and not values[-1]:
        values.pop()
    return _ENCODER.encode(values)


@lru_cache(maxsize=2 * MAX_OPEN_HOLDS)
def decode_hold(text: str) -> Hold:
    """Return the hold of a text. Most holds have not changed since they were last read, so they are cached."""
    values = json.loads(text)
    known = [*values, *_DEFAULTS[len(values) :]][: len(_DEFAULTS)]
    expires_us, cost, tokens, drawn_cost, drawn_tokens, slots, parent, own_cost, own_tokens, marks = known
    return Hold(
        amounts=Amounts(cost, tokens),
        own=Amounts(own_cost, own_tokens) if own_cost or own_tokens else NOTHING_HELD,
        expires_at=from_microseconds(expires_us),
        drawn=Amounts(drawn_cost, drawn_tokens),
        budgets=_decode_slots(tuple(slots)),
        parent=parent,
        is_ended=bool(marks & _IS_ENDED),
        has_children=bool(marks & _HAS_CHILDREN),
    )


def _encode_slots(slots: Iterable[BudgetSlot]) -> list[str]:
    """Return the keys and values of slots, in order; without the last value, if it is empty."""
    texts = [text for slot in sorted(slots) for text in slot]
    return texts[:-1] if texts and not texts[-1] else texts


@lru_cache(maxsize=MAX_OPEN_HOLDS)
def _decode_slots(texts: tuple[str, ...]) -> frozenset[BudgetSlot]:
    """Return the slots of _encode_slots. Many holds have the same ones."""
    return frozenset(
        BudgetSlot(key, value) for key, value in zip_longest(texts[::2], texts[1::2], fillvalue="")
    )


def holds_write(name: str, holds: Mapping[RunKey, Hold | None]) -> Any:
    """Return a write that sets holds and removes those that are None, whatever else the document holds."""
    write = Write()
    write.update.name = name
    write.update_mask.SetInParent()
    for run, hold in holds.items():
        # Named in the mask without a value, it is removed.
        write.update_mask.field_paths.append(field_path(HOLDS, run))
        if hold is not None:
            write.update.fields[HOLDS].map_value.fields[run].string_value = encode_hold(hold)
    return write


def read_holds(document: Any) -> Holds:
    """Return the holds of a tenant, with the version of their document."""
    return Holds(dict(_holds_of(document)), version=document.update_time)


def read_tree(document: Any) -> Tree:
    return Tree(dict(_holds_of(document)))


def _holds_of(document: Any) -> Iterable[tuple[RunKey, Hold]]:
    held = document.fields[HOLDS].map_value.fields if HOLDS in document.fields else {}
    return ((run, decode_hold(value.string_value)) for run, value in held.items())
