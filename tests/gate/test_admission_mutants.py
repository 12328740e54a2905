"""The random histories of admissions fail for each guard that is broken."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gate.admission_mutants import IN_FIRESTORE, IN_MEMORY
from tests.gate.mutants import Mutant
from tools.dev.settings import ROOT

HISTORIES = "tests/usecases/limits/test_admission_always.py"
slow = pytest.mark.skipif(os.environ.get("GATE") != "all", reason="make mutants")


@pytest.mark.parametrize("mutant", [*IN_MEMORY, *IN_FIRESTORE], ids=lambda mutant: mutant.check)
def test_every_guard_is_where_it_is_broken(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text().count(mutant.line) == 1


def histories_of(copy: Path, store: str, host: str) -> str:
    """Run the random histories of a copy, and return the output of the failure."""
    for name in ("tests", "pyproject.toml"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
    command = [sys.executable, "-m", "pytest", "-q", "-x", HISTORIES, "-k", store]
    command += ["--hypothesis-profile", "mutants", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(copy), "FIRESTORE_EMULATOR_HOST": host}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 1, f"{done.stdout}{done.stderr}"
    return done.stdout


@slow
@pytest.mark.parametrize("mutant", IN_MEMORY, ids=lambda mutant: mutant.check)
def test_histories_in_memory_fail_without_a_guard(
    mutant: Mutant, tmp_path: Path, firestore_emulator_host: str
) -> None:
    assert "Falsifying example" in histories_of(
        mutant.write(tmp_path / "copy"), "memory", firestore_emulator_host
    )


@slow
@pytest.mark.parametrize("mutant", IN_FIRESTORE, ids=lambda mutant: mutant.check)
def test_histories_in_firestore_fail_without_a_guard(
    mutant: Mutant, tmp_path: Path, firestore_emulator_host: str
) -> None:
    assert "Falsifying example" in histories_of(
        mutant.write(tmp_path / "copy"), "firestore", firestore_emulator_host
    )
