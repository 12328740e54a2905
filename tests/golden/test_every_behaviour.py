"""Each behaviour that the product promises of metering is named by at least one golden test."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
METERING = {f"M{number}" for number in range(1, 41 + 1)}


def test_every_metering_behaviour_has_a_golden_test() -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/golden",
    ]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True).stdout
    named = {name.upper() for name in re.findall(r"(?<![A-Za-z0-9])[Mm]\d+(?![0-9])", listed)}
    assert named >= METERING, f"no golden test names {sorted(METERING - named)}"
