"""No file of the repository names a package registry's host or a place on somebody's machine."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# In pieces, so that this file does not contain what it forbids.
FORBIDDEN = {
    "a Python package host": "pypi" + r"\.org|pythonhosted" + r"\.org",
    "an npm registry": r"registry\.npm" + "js|npm" + "mirror|registry\\.yarn" + "pkg",
    "a package index option": r"--(extra-)?index" + r"-url[ =]|--find" + "-links",
    "a user's folder": "/(home|Us" + r"ers)/\w|/ro" + r"ot/",
    "a machine's folder": "/(opt/py" + r"pi|wo" + r"rk|mnt|workspace)/",
}


def repository_files() -> list[Path]:
    """Return what is tracked, and what would be with the next commit."""
    # The setting: a checkout that belongs to another user is read all the same.
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    # A file that is deleted but not yet committed is still listed.
    return [file for name in sorted(set(listed.split("\0"))) if name and (file := ROOT / name).is_file()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    files = repository_files()
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for file in files
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert files
    assert found == []


def test_requirements_hold_no_address() -> None:
    files = [file for file in repository_files() if file.name.startswith("requirements")]
    assert files
    assert [file.name for file in files if "://" in file.read_text()] == []
