"""`make bench`: the command line; measures all or the groups that are named, prints a table, writes the JSON."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from time import monotonic

from tools.bench.report import Measure, table, write_json
from tools.dev.settings import ROOT

RESULTS = Path(".local") / "bench.json"
GROUPS = {
    "record_path": "record_path.measure",
    "cold_start": "cold_start.measure",
    "operations": "operations.measure",
    "sealed": "sealed.measure",
    "admission": "admission.measure",
    "admission_store": "admission_store.measure",
    "reading": "reading.measure",
    "fold_cost": "fold_cost.measure",
    "http": "http_rates.measure",
    "spans": "spans.measure",
    "platform": "platform.measure",
    "runs": "runs.measure",
    "webhook": "webhook.measure",
    "memory": "memory_use.measure",
    "wrapped_clients": "wrapped_clients.measure",
    "growth_emulator": "growth.measure_on_emulator",
    "growth_memory": "growth.measure_in_memory",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 also where a target is missed, because a busy machine is not a broken program."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("group", nargs="*", help=f"some of {', '.join(GROUPS)}; all when none is given")
    wanted = parser.parse_args(arguments).group or list(GROUPS)
    if unknown := sorted(set(wanted) - set(GROUPS)):
        parser.error(f"no such group: {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    measures: list[Measure] = []
    try:
        for name in wanted:
            measures += _measured(name)
    finally:  # a group that fails must not take the figures of the others with it
        write_json(measures, ROOT / RESULTS)
        print(f"{table(measures)}\n\n{_summary(measures)} Written to {RESULTS}.", flush=True)
    return 0


def _measured(name: str) -> list[Measure]:
    # Imported here: what one group imports must not be in the memory of the process when another is measured.
    module, _, function = GROUPS[name].partition(".")
    measure: Callable[[], Iterable[Measure]] = getattr(import_module(f"tools.bench.{module}"), function)
    started = monotonic()
    measures = list(measure())
    print(f"{name}: {len(measures)} measures in {monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return measures


def _summary(measures: Sequence[Measure]) -> str:
    missed = [measure.name for measure in measures if measure.is_met is False]
    with_target = [measure for measure in measures if measure.target]
    if missed:
        return f"{len(missed)} of {len(with_target)} targets missed: {', '.join(missed)}."
    return f"All {len(with_target)} targets met."


if __name__ == "__main__":
    sys.exit(main())
