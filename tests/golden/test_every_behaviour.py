"""Each promised behaviour of metering and billing is named by at least one test."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
METERING = {f"M{number}" for number in range(1, 41 + 1)}
PRICES = {f"T{number}" for number in range(1, 12 + 1)}
BILLING = {f"B{number}" for number in range(1, 45 + 1)}
FORENSICS = {f"F{number}" for number in range(1, 12 + 1)}
PLATFORM = {"P1", "P2", "P3", "P5"}
BUDGETS = {f"H{number}" for number in range(1, 10 + 1)}
FOLDERS = ("tests/golden", "tests/usecases", "tests/http", "tests/domain")


@cache
def _all_ids() -> list[str]:
    # Collecting all of them would take three times as long.
    files = [
        str(file) for folder in FOLDERS for file in (ROOT / folder).rglob("test_*.py") if _names_one(file)
    ]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.splitlines()


def _names_one(file: Path) -> bool:
    """Return whether the file mentions a behaviour, as the name of a test may do."""
    return re.search(r"(?<![A-Za-z0-9])[BFHMPT]\d|_[bfhmpt]\d", file.read_text("utf-8")) is not None


def listed(*folders: str) -> str:
    """Return the ids of the tests in these folders."""
    return "\n".join(test_id for test_id in _all_ids() if test_id.startswith(folders))


def test_every_metering_behaviour_has_a_golden_test() -> None:
    found = re.findall(r"(?<![A-Za-z0-9])[Mm]\d+(?![0-9])", listed("tests/golden"))
    named = {name.upper() for name in found}
    assert named >= METERING, f"no golden test names {sorted(METERING - named)}"


def test_every_behaviour_of_prices_has_a_test() -> None:
    found = re.findall(r"(?:test_t|\[T|-T)(\d+)(?![0-9])", listed("tests/golden", "tests/domain/metering"))
    named = {f"T{number}" for number in found}
    assert named >= PRICES, f"no test names {sorted(PRICES - named)}"


def test_every_billing_behaviour_has_a_test_on_a_store_or_a_function() -> None:
    """Look outside tests/golden: most promises are the effect of a webhook or a click, not a rule."""
    found = re.findall(
        r"(?:test_b|\[B|-B)(\d+)(?![0-9])", listed("tests/usecases", "tests/http", "tests/domain/billing")
    )
    named = {f"B{number}" for number in found}
    assert named >= BILLING, f"no test names {sorted(BILLING - named)}"


def test_every_behaviour_of_forensics_has_a_golden_test() -> None:
    found = re.findall(r"(?:test_f|\[F)(\d+)(?![0-9])", listed("tests/golden"))
    named = {f"F{number}" for number in found}
    assert named >= FORENSICS, f"no golden test names {sorted(FORENSICS - named)}"


def test_every_behaviour_of_a_platform_has_a_golden_test() -> None:
    found = re.findall(r"(?:test_p|\[P)(\d+)(?![0-9])", listed("tests/golden"))
    named = {f"P{number}" for number in found}
    assert named >= PLATFORM, f"no golden test names {sorted(PLATFORM - named)}"


def test_every_behaviour_of_budgets_has_a_golden_test() -> None:
    found = re.findall(r"(?:test_h|\[H)(\d+)(?![0-9])", listed("tests/golden"))
    named = {f"H{number}" for number in found}
    assert named >= BUDGETS, f"no golden test names {sorted(BUDGETS - named)}"
