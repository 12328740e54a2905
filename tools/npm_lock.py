"""Takes every address out of a package-lock.json: what is installed is fixed by version and integrity alone."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_ADDRESSES = ("resolved", "funding")


def main(files: Sequence[str]) -> int:
    """Rewrite each of the files in npm's own form."""
    for name in files:
        file = Path(name)
        lock = json.loads(file.read_text())
        lock["packages"] = {path: _placeless(package) for path, package in lock["packages"].items()}
        file.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n")
    return 0


def _placeless(package: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in package.items() if name not in _ADDRESSES}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
