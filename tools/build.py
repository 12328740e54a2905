"""`make build`: stages every function as it is deployed: its folder, and a copy of shared/ beside main.py."""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
_NOT_DEPLOYED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


def function_names(root: Path = ROOT) -> list[str]:
    """Return the functions that have a main.py, in alphabetical order."""
    return sorted(source.parent.name for source in (root / "functions").glob("*/main.py"))


def stage(name: str, dist: Path = DIST, root: Path = ROOT) -> Path:
    """Make `dist/<name>` anew and return it; it holds everything that the function needs but its packages."""
    target = dist / name
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(root / "functions" / name, target, ignore=_NOT_DEPLOYED)
    # Beside main.py, because functions-framework puts nothing but that folder on the import path.
    shutil.copytree(root / "shared", target / "shared", ignore=_NOT_DEPLOYED)
    # Without it, the buildpack takes the newest Python.
    shutil.copy(root / "functions/.python-version", target)
    return target


def main(arguments: Sequence[str] | None = None) -> int:
    """Stage the functions that are named, all of them when none is; return the exit code."""
    names = function_names()
    parser = argparse.ArgumentParser(prog="make build", description=__doc__)
    parser.add_argument("function", nargs="*", help=f"one of {', '.join(names)}; all when none is given")
    wanted = parser.parse_args(arguments).function or names
    if unknown := sorted(set(wanted) - set(names)):
        parser.error(f"no such function: {', '.join(unknown)}; there are {', '.join(names)}")
    for name in wanted:
        print(f"staged {stage(name).relative_to(ROOT)}/")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
