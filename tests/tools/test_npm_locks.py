"""npm's lock files fix versions and integrity, and name no registry."""

import json
import re
from pathlib import Path

import pytest

from tools.dev.settings import ROOT
from tools.npm_lock import main

FOLDERS = ("web", "tools/firebase")


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_lock_names_no_address_and_fixes_every_package(folder: str) -> None:
    text = (ROOT / folder / "package-lock.json").read_text()
    packages = {path: each for path, each in json.loads(text)["packages"].items() if path}
    assert len(packages) > 100
    assert re.findall(r"\w+://[^\"]*", text) == []
    assert [
        path for path, each in packages.items() if "integrity" not in each and not each.get("inBundle")
    ] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_asked_for_is_one_exact_version_which_the_lock_has(folder: str) -> None:
    asked = json.loads((ROOT / folder / "package.json").read_text())
    locked = json.loads((ROOT / folder / "package-lock.json").read_text())["packages"]
    for kind in ("dependencies", "devDependencies"):
        for name, version in asked.get(kind, {}).items():
            assert re.fullmatch(r"\d+\.\d+\.\d+", version)
            assert locked[f"node_modules/{name}"]["version"] == version


def test_npm_writes_no_addresses_and_runs_nothing_of_the_firebase_tools() -> None:
    assert "omit-lockfile-registry-resolved=true" in (ROOT / "web/.npmrc").read_text()
    settings = (ROOT / "tools/firebase/.npmrc").read_text().splitlines()
    assert {"omit-lockfile-registry-resolved=true", "ignore-scripts=true", "omit=optional"} <= {*settings}


def test_addresses_are_taken_out_and_everything_else_stays(tmp_path: Path) -> None:
    package = {"version": "1.0.0", "integrity": "sha512-x"}
    lock = {
        "lockfileVersion": 3,
        "packages": {"node_modules/a": {**package, "resolved": "somewhere", "funding": {"url": "elsewhere"}}},
    }
    file = tmp_path / "package-lock.json"
    file.write_text(json.dumps(lock))
    assert main([str(file)]) == 0
    assert json.loads(file.read_text()) == lock | {"packages": {"node_modules/a": package}}
