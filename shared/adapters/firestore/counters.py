"""How counters and the rollups folded from them are written in Firestore, and read back."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from shared.adapters.firestore.encoding import (
    OTHER_KEY,
    Write,
    decode_day,
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
from shared.domain.counters import Cell, Cells, Totals, add, sum_totals
from shared.domain.periods import Period, day_key
from shared.domain.rollups import CounterShard, DayRollup, PeriodRollup

_BREAKDOWN_METRICS = ("calls", "total_tokens", "cost_nanousd")


def counter_write(name: str, cells: Cells, now: datetime) -> Any:
    """Adds to a counter document, creating it if need be, and marks it as not folded. Reads nothing."""
    write = Write()
    write.update.name = name
    write.update.fields["dirty"].boolean_value = True
    write.update_mask.field_paths.append("dirty")
    increment(write, "totals", sum_totals(cells.values()))
    for cell, amounts in cells.items():
        increment(write, _cell_path(cell), amounts)
    write.update_transforms.add(field_path="commits").increment.integer_value = 1
    write.update_transforms.add(field_path="dirty_since_us").minimum.integer_value = microseconds(now)
    return write


@lru_cache(maxsize=4096)
def _cell_path(cell: Cell) -> str:
    return field_path("hours", f"{cell.hour:02}", encode_series(cell.series))


def read_counter(document: Any) -> CounterShard:
    """The counter document that counter_write added to."""
    fields = document.fields
    day, index = document.name.rpartition("/")[2].split(".")
    return CounterShard(
        decode_day(day),
        int(index),
        _read_cells(fields),
        fields["commits"].integer_value,
        fields["dirty"].boolean_value,
        document.update_time,
    )


def _read_cells(fields: Any) -> Cells:
    if "hours" not in fields:
        return {}
    return {
        Cell(int(hour), decode_series(key)): get_totals(totals)
        for hour, by_series in fields["hours"].map_value.fields.items()
        for key, totals in by_series.map_value.fields.items()
    }


def clear_dirty_write(name: str, shard: CounterShard) -> Any:
    """Marks a counter document as folded, provided nothing was added to it since it was read."""
    write = Write()
    write.update.name = name
    write.update.fields["dirty"].boolean_value = False
    write.update_mask.field_paths.extend(["dirty", "dirty_since_us"])
    write.current_document.update_time.CopyFrom(shard.version)
    return write


def day_write(name: str, rollup: DayRollup) -> Any:
    """Sets a day's rollup, provided it still is as it was read."""
    write = _rollup_write(name, rollup)
    fields = write.update.fields
    set_totals(fields["totals"], sum_totals(rollup.cells.values()))
    fields["hours"].map_value.SetInParent()
    hours = fields["hours"].map_value.fields
    for cell, totals in rollup.cells.items():
        set_totals(hours[f"{cell.hour:02}"].map_value.fields[encode_series(cell.series)], totals)
    fields["commits"].integer_value = rollup.commits
    if rollup.held_at is not None:
        set_timestamp(fields["held_at"], rollup.held_at)
    return write


def held_write(name: str, rollup: DayRollup) -> Any:
    """Sets only a day's `held_at`, provided it still is as it was read: a month's days may be 30 times 1 MiB."""
    if rollup.version is None or rollup.held_at is None:
        return day_write(name, rollup)
    write = Write()
    write.update.name = name
    set_timestamp(write.update.fields["held_at"], rollup.held_at)
    write.update_mask.field_paths.append("held_at")
    write.current_document.update_time.CopyFrom(rollup.version)
    return write


def read_day(document: Any) -> DayRollup:
    """The day's rollup that day_write set."""
    fields = document.fields
    return DayRollup(
        decode_day(document.name.rpartition("/")[2]),
        _read_cells(fields),
        fields["commits"].integer_value,
        get_value(fields["folded_at"]),
        document.update_time,
        get_value(fields["held_at"]) if "held_at" in fields else None,
    )


def period_write(name: str, rollup: PeriodRollup) -> Any:
    """Sets a period's rollup, provided it still is as it was read."""
    write = _rollup_write(name, rollup)
    fields = write.update.fields
    set_timestamp(fields["period_start"], rollup.period.start)
    set_timestamp(fields["period_end"], rollup.period.end)
    fields["runs"].integer_value = rollup.runs
    if rollup.runs_before is not None:
        fields["runs_before"].integer_value = rollup.runs_before
    set_totals(fields["totals"], rollup.totals)
    _set_rows(fields["days"], {day_key(day): totals for day, totals in rollup.days.items()})
    _set_rows(fields["series"], {encode_series(series): totals for series, totals in rollup.series.items()})
    _set_rows(fields["by_provider"], _breakdown(rollup, "provider"))
    _set_rows(fields["by_model"], _breakdown(rollup, "model"))
    return write


def _breakdown(rollup: PeriodRollup, name: str) -> dict[str, Totals]:
    """Calls, tokens and cost by provider or by model, for listeners that read the document itself."""
    rows: dict[str, Totals] = {}
    for series, totals in rollup.series.items():
        label = getattr(series, name)
        row = rows.setdefault(encode_key(label) if label else OTHER_KEY, {})
        add(row, {metric: totals[metric] for metric in _BREAKDOWN_METRICS if metric in totals})
    return rows


def _set_rows(into: Any, rows: Mapping[str, Totals]) -> None:
    into.map_value.SetInParent()
    for key, totals in rows.items():
        set_totals(into.map_value.fields[key], totals)


def read_period(document: Any) -> PeriodRollup:
    """The period's rollup that period_write set."""
    fields = document.fields
    period = Period(get_value(fields["period_start"]), get_value(fields["period_end"]))
    days = fields["days"].map_value.fields.items()
    series = fields["series"].map_value.fields.items()
    return PeriodRollup(
        period,
        {decode_day(day): get_totals(totals) for day, totals in days},
        {decode_series(key): get_totals(totals) for key, totals in series},
        fields["runs"].integer_value,
        get_value(fields["folded_at"]),
        document.update_time,
        fields["runs_before"].integer_value if "runs_before" in fields else None,
    )


def _rollup_write(name: str, rollup: DayRollup | PeriodRollup) -> Any:
    write = Write()
    write.update.name = name
    set_timestamp(write.update.fields["folded_at"], rollup.folded_at)
    if rollup.version is None:
        write.current_document.exists = False
    else:
        write.current_document.update_time.CopyFrom(rollup.version)
    return write
