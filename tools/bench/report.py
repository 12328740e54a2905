"""Results of the bench: what a measure is, the table people read, and the JSON file programs read."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_TITLES = ("measure", "value", "unit", "target", "met", "baseline")
_TITLE_RULE = "-"


@dataclass(frozen=True, slots=True)
class Target:
    """The value that a measure should reach."""

    relation: Literal[">=", "<=", "=="]
    amount: float

    def is_met_by(self, value: float) -> bool:
        """Return True if `value` meets the target."""
        if self.relation == "==":
            return value == self.amount
        return value >= self.amount if self.relation == ">=" else value <= self.amount

    def __str__(self) -> str:
        return f"{self.relation} {figure(self.amount)}"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure. `baseline` says in words what it was compared with; without a target it only informs."""

    name: str
    value: float
    unit: str
    target: Target | None = None
    baseline: str | None = None

    @property
    def is_met(self) -> bool | None:
        """True if the target is met; None if there is none."""
        return None if self.target is None else self.target.is_met_by(self.value)


def at_least(amount: float) -> Target:
    """Return a value of `amount` or more."""
    return Target(">=", amount)


def at_most(amount: float) -> Target:
    """Return a value of `amount` or less."""
    return Target("<=", amount)


def exactly(amount: float) -> Target:
    """Return a value of `amount`, for what is counted."""
    return Target("==", amount)


def figure(value: float) -> str:
    """Return a number for people: counts and large values whole, small ones with three digits."""
    if isinstance(value, int) or abs(value) >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def table(measures: Iterable[Measure]) -> str:
    """Aligned columns, one line for each measure."""
    rows = [_TITLES, *(_row(measure) for measure in measures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], _line([_TITLE_RULE * width for width in widths], widths), *lines[1:]])


def _row(measure: Measure) -> tuple[str, ...]:
    met = {None: "", True: "yes", False: "NO"}[measure.is_met]
    target = str(measure.target or "")
    return measure.name, figure(measure.value), measure.unit, target, met, measure.baseline or ""


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.rjust(width) if title == "value" else cell.ljust(width)
        for title, cell, width in zip(_TITLES, row, widths, strict=True)
    ]
    return "  ".join(cells).rstrip()


def as_json(measures: Iterable[Measure]) -> dict[str, dict[str, object]]:
    """Every measure under its name: value, unit, target, met, and the baseline if there is one."""
    return {measure.name: _entry(measure) for measure in measures}


def _entry(measure: Measure) -> dict[str, object]:
    entry: dict[str, object] = {
        "value": measure.value if isinstance(measure.value, int) else round(measure.value, 4),
        "unit": measure.unit,
        "target": None if measure.target is None else str(measure.target),
        "met": measure.is_met,
    }
    return entry if measure.baseline is None else {**entry, "baseline": measure.baseline}


def write_json(measures: Iterable[Measure], file: Path) -> None:
    """Write what this run measured, and nothing of an earlier run."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(as_json(measures), indent=2) + "\n")
