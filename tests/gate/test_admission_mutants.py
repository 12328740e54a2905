"""The histories of admissions that are interrupted anywhere fail for each guard that is broken."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gate.admission_mutants import IN_FIRESTORE, IN_MEMORY
from tests.gate.mutants import Mutant
from tools.dev.settings import ROOT

HISTORIES = "tests/usecases/limits/test_admission_interrupted.py"
slow = pytest.mark.skipif(os.environ.get("GATE") != "all", reason="make mutants")


@pytest.mark.parametrize("mutant", [*IN_MEMORY, *IN_FIRESTORE], ids=lambda mutant: mutant.check)
def test_every_guard_is_where_it_is_broken(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text().count(mutant.line) == 1


def run_histories(mutant: Mutant, folder: Path, *options: str) -> str:
    """Run the histories on a copy with a broken guard, which must fail; return the output."""
    copy = mutant.write(folder)
    shutil.copytree(ROOT / "tests", copy / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", HISTORIES, *options]
    done = subprocess.run(
        command, cwd=copy, env={**os.environ, "PYTHONPATH": ""}, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 1, f"{done.stdout}{done.stderr}"
    return done.stdout


@slow
@pytest.mark.parametrize("mutant", IN_MEMORY, ids=lambda mutant: mutant.check)
def test_histories_in_memory_fail_without_a_guard(mutant: Mutant, tmp_path: Path) -> None:
    assert "AssertionError" in run_histories(mutant, tmp_path / "copy", "-k", "memory")


@slow
@pytest.mark.parametrize("mutant", IN_FIRESTORE, ids=lambda mutant: mutant.check)
def test_histories_in_firestore_fail_without_a_guard(
    mutant: Mutant, tmp_path: Path, firestore_emulator_host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator_host)
    assert "AssertionError" in run_histories(mutant, tmp_path / "copy", "-k", "firestore")
