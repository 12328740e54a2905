"""`make gate` and `make smoke`: run the checks on a stack or on a deployment, print the table."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from tools.dev.errors import StackError
from tools.dev.settings import ROOT, STACK_FILE
from tools.gate import billing, metering, sources, surfaces, warehouse
from tools.gate.check import FAIL, Check, run_check, table
from tools.gate.target import Target

CHECKS: tuple[Check, ...] = (
    *metering.CHECKS,
    *warehouse.CHECKS,
    *billing.CHECKS,
    *surfaces.CHECKS,
    *sources.CHECKS,
)
"""Every check, in the order of the table. A new capability adds its row to its area."""

_START_SECONDS = 300
_POLL_SECONDS = 0.2
_PASSED, _FAILED, _COULD_NOT = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if every check passed, 1 if one failed, 2 if there is nothing to check."""
    options = _options(arguments)
    try:
        with _target(options) as target:
            return run(target, chosen(smoke=options.smoke, names=options.only))
    except StackError as error:
        print(error, file=sys.stderr)
        return _COULD_NOT


def chosen(*, smoke: bool = False, names: Sequence[str] = ()) -> list[Check]:
    """Return the checks of the smoke test or all, or those of these names."""
    if unknown := set(names) - {check.name for check in CHECKS}:
        raise StackError(f"No such check: {', '.join(sorted(unknown))}.")
    return [check for check in CHECKS if (check.smoke or not smoke) and (not names or check.name in names)]


def run(target: Target, checks: Sequence[Check]) -> int:
    """Run the checks, print the table, return the exit code."""
    results = [run_check(check, target) for check in checks]
    print(table(results), flush=True)
    return _FAILED if any(result.outcome == FAIL for result in results) else _PASSED


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make gate", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="only what also holds of a deployment")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--url", help="check what Hosting serves there; GWI_PLATFORM_KEY is its platform key")
    place.add_argument("--folder", type=Path, help="check the stack that runs in this folder")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only this check")
    return parser.parse_args(arguments)


@contextmanager
def _target(options: argparse.Namespace) -> Iterator[Target]:
    """Give what is to be checked: by default a stack of its own, built as it is deployed."""
    if options.url:
        yield Target.of_url(options.url)
    elif options.folder:
        yield Target.of_stack(options.folder)
    else:
        with tempfile.TemporaryDirectory(prefix="gate-") as folder, _own_stack(Path(folder)):
            yield Target.of_stack(Path(folder))


@contextmanager
def _own_stack(folder: Path) -> Iterator[None]:
    arguments = [sys.executable, "-m", "tools.dev", "--empty", "--built", "--folder", str(folder)]
    with (folder / "output").open("w+") as output:
        process = subprocess.Popen(arguments, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        try:
            deadline = monotonic() + _START_SECONDS
            while not (folder / STACK_FILE).exists():
                if process.poll() is not None or monotonic() > deadline:
                    raise StackError((folder / "output").read_text())
                sleep(_POLL_SECONDS)
            yield
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
