"""The encoding of what counts towards budgets: in counters by hour, in a run or a day as a sum, in months by day."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.adapters.firestore.encoding import decode_key, encode_key, field_path, read_as, set_fields
from shared.domain.ledger.budget_counts import (
    EVERY_VALUE,
    BudgetDay,
    BudgetHours,
    BudgetSlot,
    Counted,
    HourCount,
    Spent,
)

BUDGETS = "budgets"
_ALL = "all"
"""The hour or day of a sum that has none."""
_UNKNOWN = "u"
_RUNS = "r"
"""After an hour or day: the calls whose price is not known, and the marks of runs."""


def budget_paths(slots: Iterable[BudgetSlot]) -> list[str]:
    """Return the paths of budgets, the same in each kind of document."""
    return sorted(
        field_path(BUDGETS, encode_key(slot.key)) if slot.value == EVERY_VALUE else _path(slot)
        for slot in slots
    )


def add_budgets(write: Any, budgets: BudgetHours) -> None:
    """Make a write of a counter document add to its budgets. Runs are a map by mark, so that each is there once."""
    for slot, hours in budgets.items():
        for hour, count in hours.items():
            _increment(write, slot, f"{hour:02}", Spent(count.amount, count.unknown_calls))
            for mark in count.runs:
                _slot_fields(write, slot)[f"{hour:02}{_RUNS}"].map_value.fields[mark].boolean_value = True
                write.update_mask.field_paths.append(f"{_path(slot)}.`{hour:02}{_RUNS}`.`{mark}`")


def add_run_budgets(write: Any, budgets: BudgetDay) -> None:
    """Make a write of a run's document add to its budgets."""
    for slot, spent in budgets.items():
        _increment(write, slot, _ALL, spent)


def set_counted(value: Any, budgets: Iterable[Counted]) -> None:
    """Write the budgets in which an event counts."""
    for slot, unit, is_by_run in budgets:
        into = value.array_value.values.add().map_value.fields
        set_fields(into, {**slot._asdict(), "unit": unit, "is_by_run": is_by_run})


def read_counted(stored: Iterable[Mapping[str, Any]]) -> tuple[Counted, ...]:
    """Return the budgets that set_counted wrote."""
    return tuple(Counted(read_as(BudgetSlot, each), each["unit"], each["is_by_run"]) for each in stored)


def read_budget_hours(fields: Any) -> BudgetHours:
    """Return the budgets of a counter document."""
    budgets: BudgetHours = {}
    for slot, counts in slots_of(fields):
        hours = budgets.setdefault(slot, {})
        for key, value in counts.items():
            count = hours.setdefault(int(key[:2]), HourCount())
            match key[2:]:
                case "":
                    count.amount = value.integer_value
                case "u":
                    count.unknown_calls = value.integer_value
                case _:
                    count.runs = set(value.map_value.fields)
    return budgets


def set_day_budgets(fields: Any, budgets: BudgetDay) -> None:
    """Write the budgets of a day into its own document."""
    for slot, spent in budgets.items():
        _set(fields, slot, _ALL, spent)


def set_entry_budgets(write: Any, day: str, budgets: BudgetDay) -> None:
    """Make a write of a month's document set the budgets of one of its days."""
    for slot, spent in budgets.items():
        _set(write.update.fields, slot, day, spent)
        write.update_mask.field_paths.extend((f"{_path(slot)}.`{day}`", f"{_path(slot)}.`{day}{_UNKNOWN}`"))


def set_month_budgets(fields: Any, days: Mapping[str, BudgetDay]) -> None:
    """Write the budgets of all days into a month's new document."""
    for day, budgets in days.items():
        for slot, spent in budgets.items():
            _set(fields, slot, day, spent)


def read_sum_budgets(fields: Any) -> dict[BudgetSlot, Spent]:
    """Return the budgets of a day's or a run's document."""
    return {slot: spent for (slot, _), spent in _read(fields).items()}


def read_month_budgets(fields: Any) -> dict[str, dict[BudgetSlot, Spent]]:
    """Return the budgets of a month's days."""
    days: dict[str, dict[BudgetSlot, Spent]] = {}
    for (slot, day), spent in _read(fields).items():
        days.setdefault(day, {})[slot] = spent
    return days


def _read(fields: Any) -> dict[tuple[BudgetSlot, str], Spent]:
    found: dict[tuple[BudgetSlot, str], Spent] = {}
    for slot, counts in slots_of(fields):
        for key, value in counts.items():
            is_unknown = key.endswith(_UNKNOWN)
            place = slot, key.removesuffix(_UNKNOWN)
            part = Spent(0, value.integer_value) if is_unknown else Spent(value.integer_value)
            found[place] = found.get(place, Spent()).plus(part)
    return found


def slots_of(fields: Any) -> Iterator[tuple[BudgetSlot, Any]]:
    """Yield what a document of any kind counts towards budgets, as it is encoded."""
    if BUDGETS not in fields:
        return
    for key, values in fields[BUDGETS].map_value.fields.items():
        for value, counts in values.map_value.fields.items():
            yield BudgetSlot(decode_key(key), decode_key(value)), counts.map_value.fields


def _increment(write: Any, slot: BudgetSlot, place: str, spent: Spent) -> None:
    for suffix, amount in (("", spent.amount), (_UNKNOWN, spent.unknown_calls)):
        if amount:
            path = f"{_path(slot)}.`{place}{suffix}`"
            write.update_transforms.add(field_path=path).increment.integer_value = amount


def _set(fields: Any, slot: BudgetSlot, place: str, spent: Spent) -> None:
    counts = _counts(fields, slot)
    for suffix, amount in (("", spent.amount), (_UNKNOWN, spent.unknown_calls)):
        if amount:
            counts[f"{place}{suffix}"].integer_value = amount


def _slot_fields(write: Any, slot: BudgetSlot) -> Any:
    return _counts(write.update.fields, slot)


def _counts(fields: Any, slot: BudgetSlot) -> Any:
    key, value = encode_key(slot.key), encode_key(slot.value)
    return fields[BUDGETS].map_value.fields[key].map_value.fields[value].map_value.fields


def _path(slot: BudgetSlot) -> str:
    return field_path(BUDGETS, encode_key(slot.key), encode_key(slot.value))
