"""Counters, days and months as Firestore documents."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from shared.adapters.firestore.encoding import (
    Write,
    decode_day,
    decode_key,
    decode_series,
    encode_key,
    encode_series,
    field_path,
    get_totals,
    get_value,
    increment,
    microseconds,
    set_timestamp,
    set_totals,
)
from shared.adapters.firestore.ledger.budgets import (
    add_budgets,
    read_budget_hours,
    read_month_budgets,
    read_sum_budgets,
    set_day_budgets,
    set_entry_budgets,
    set_month_budgets,
)
from shared.domain.ledger.attribution import Names
from shared.domain.ledger.budget_counts import BudgetDay
from shared.domain.ledger.counters import Cell, Cells, CounterShard, ShardRef, sum_totals
from shared.domain.ledger.periods import day_key
from shared.domain.ledger.rollups import DayEntry, DayRollup, MonthRollup
from shared.domain.metering.deltas import DayDelta


def counter_write(name: str, delta: DayDelta, fold_due: datetime, attributed: int = 0) -> Any:
    """Add to a counter document, creating it if need be, and mark it as not folded. Reads nothing.

    `attributed` is the number of attribution documents that the day has at least.
    """
    write = Write()
    write.update.name = name
    fields, mask = write.update.fields, write.update_mask.field_paths
    fields["dirty"].boolean_value = True
    # Named in the mask without a value, it is removed: what is not folded must not expire.
    mask.extend(("dirty", "expire_at"))
    for hour in delta.run_hours:
        fields["run_hours"].map_value.fields[f"{hour:02}"].boolean_value = True
        mask.append(f"run_hours.`{hour:02}`")
    increment(write, "totals", sum_totals(delta.cells.values()))
    for cell, amounts in delta.cells.items():
        increment(write, _cell_path(cell), amounts)
    add_budgets(write, delta.budgets)
    for late_day in delta.late_days:
        fields["late_days"].map_value.fields[day_key(late_day)].boolean_value = True
        mask.append(f"late_days.`{day_key(late_day)}`")
    for key, amounts in delta.keys.items():
        increment(write, field_path("keys", encode_key(key)), amounts)
    if attributed:
        write.update_transforms.add(field_path="attributed").maximum.integer_value = attributed
    write.update_transforms.add(field_path="commits").increment.integer_value = 1
    write.update_transforms.add(field_path="events").increment.integer_value = delta.events
    write.update_transforms.add(field_path="fold_due").minimum.integer_value = microseconds(fold_due)
    return write


@lru_cache(maxsize=4096)
def _cell_path(cell: Cell) -> str:
    return field_path("cells", f"{cell.hour:02}", encode_series(cell.series))


def read_counter(document: Any) -> CounterShard:
    """Return the counter document that counter_write added to."""
    fields = document.fields
    day, number = document.name.rpartition("/")[2].split(".")
    return CounterShard(
        ref=ShardRef(decode_day(day), int(number)),
        totals=get_totals(fields["totals"]) if "totals" in fields else {},
        cells=_read_cells(fields, "cells"),
        commits=fields["commits"].integer_value,
        events=fields["events"].integer_value,
        run_hours=frozenset(int(hour) for hour in _map(fields, "run_hours")),
        dirty=fields["dirty"].boolean_value,
        budgets=read_budget_hours(fields),
        late_days=frozenset(decode_day(day) for day in _map(fields, "late_days")),
        keys=_read_keys(fields),
        attributed=fields["attributed"].integer_value,
        version=document.update_time,
    )


def clear_write(name: str, shard: CounterShard, expire_at: datetime) -> Any:
    """Mark a counter document as folded, provided nothing was added to it since it was read."""
    write = Write()
    write.update.name = name
    write.update.fields["dirty"].boolean_value = False
    set_timestamp(write.update.fields["expire_at"], expire_at)
    write.update_mask.field_paths.extend(("dirty", "fold_due", "run_hours", "expire_at"))
    write.current_document.update_time.CopyFrom(shard.version)
    return write


def postpone_write(name: str, fold_due: datetime) -> Any:
    """Set when a counter document is folded next.

    It may be clean by now, because another fold was faster. Mark it dirty, or no later fold would clear it.
    """
    write = Write()
    write.update.name = name
    write.update.fields["dirty"].boolean_value = True
    write.update.fields["fold_due"].integer_value = microseconds(fold_due)
    write.update_mask.field_paths.extend(("dirty", "fold_due", "expire_at"))
    write.current_document.exists = True
    return write


def day_write(name: str, rollup: DayRollup) -> Any:
    """Set a day's rollup, provided it still is as it was read."""
    write = Write()
    write.update.name = name
    fields = write.update.fields
    set_timestamp(fields["folded_at"], rollup.folded_at)
    fields["commits"].integer_value = rollup.commits
    fields["events"].integer_value = rollup.events
    fields["shards"].integer_value = rollup.shards
    set_totals(fields["totals"], rollup.entry.totals)
    hours = _new_map(fields["hours"])
    for cell, totals in rollup.cells.items():
        set_totals(hours[f"{cell.hour:02}"].map_value.fields[encode_series(cell.series)], totals)
    series = _new_map(fields["series"])
    for name_, totals in rollup.series.items():
        set_totals(series[encode_series(name_)], totals)
    hour_totals = _new_map(fields["hour_totals"])
    for hour, totals in rollup.hour_totals.items():
        set_totals(hour_totals[f"{hour:02}"], totals)
    keys = _new_map(fields["keys"])
    for key, totals in rollup.keys.items():
        set_totals(keys[encode_key(key)], totals)
    runs = _new_map(fields["runs"])
    for hour, count in rollup.runs.items():
        runs[f"{hour:02}"].integer_value = count
    set_day_budgets(fields, rollup.budgets)
    if rollup.version is None:
        write.current_document.exists = False
    else:
        write.current_document.update_time.CopyFrom(rollup.version)
    return write


def read_day(document: Any) -> DayRollup:
    """Return the day's rollup, with the fields that were read."""
    fields = document.fields
    return DayRollup(
        day=decode_day(document.name.rpartition("/")[2]),
        cells=_read_cells(fields, "hours"),
        series={decode_series(key): get_totals(totals) for key, totals in _map(fields, "series").items()},
        hour_totals={int(hour): get_totals(totals) for hour, totals in _map(fields, "hour_totals").items()},
        keys=_read_keys(fields),
        runs={int(hour): count.integer_value for hour, count in _map(fields, "runs").items()},
        budgets=read_sum_budgets(fields),
        shards=fields["shards"].integer_value,
        commits=fields["commits"].integer_value,
        events=fields["events"].integer_value,
        folded_at=get_value(fields["folded_at"]),
        version=document.update_time,
    )


def entry_write(name: str, rollup: DayRollup) -> Any:
    """Set a day's entry in its month, provided the month exists."""
    write = Write()
    write.update.name = name
    _set_entries(write.update.fields["days"], [(day_key(rollup.day)[6:], rollup.entry)])
    write.update_mask.field_paths.append(f"days.`{day_key(rollup.day)[6:]}`")
    set_entry_budgets(write, day_key(rollup.day)[6:], rollup.budgets)
    write.current_document.exists = True
    return write


def month_write(name: str, month: MonthRollup) -> Any:
    """Create a month; fails if it exists."""
    write = Write()
    write.update.name = name
    entries = [(day_key(day)[6:], entry) for day, entry in month.days.items()]
    _set_entries(write.update.fields["days"], entries)
    set_month_budgets(write.update.fields, {key: entry.budgets for key, entry in entries if entry.budgets})
    write.current_document.exists = False
    return write


def read_month(document: Any) -> MonthRollup:
    """Return the month that month_write and entry_write set."""
    month = decode_day(f"{document.name.rpartition('/')[2]}01")
    entries = {month.replace(day=int(key)): value for key, value in _map(document.fields, "days").items()}
    budgets = read_month_budgets(document.fields)
    return MonthRollup(
        month=month,
        days={day: _read_entry(value, budgets.get(f"{day.day:02}", {})) for day, value in entries.items()},
    )


def _read_entry(value: Any, budgets: BudgetDay) -> DayEntry:
    fields = value.map_value.fields
    return DayEntry(get_totals(fields["totals"]), fields["runs"].integer_value, budgets)


def _set_entries(into: Any, entries: Iterable[tuple[str, DayEntry]]) -> None:
    days = _new_map(into)
    for key, entry in entries:
        fields = days[key].map_value.fields
        set_totals(fields["totals"], entry.totals)
        fields["runs"].integer_value = entry.runs


def _read_cells(fields: Any, name: str) -> Cells:
    return {
        Cell(int(hour), decode_series(key)): get_totals(totals)
        for hour, by_series in _map(fields, name).items()
        for key, totals in by_series.map_value.fields.items()
    }


def _read_keys(fields: Any) -> Names:
    return {decode_key(key): get_totals(totals) for key, totals in _map(fields, "keys").items()}


def _map(fields: Any, name: str) -> Mapping[str, Any]:
    """Return the fields of a map value; none if it does not exist."""
    return fields[name].map_value.fields if name in fields else {}


def _new_map(value: Any) -> Any:
    """Make the value a map, even if nothing is put into it, and return its fields."""
    value.map_value.SetInParent()
    return value.map_value.fields
