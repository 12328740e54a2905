"""The pinned requirements and pyproject.toml agree; checked offline."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
GROUPS: dict[str, list[Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
FUNCTION_GROUPS = sorted(set(GROUPS) - {"dev"})
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}(?=\s|$)")


class Pin(NamedTuple):
    """One pinned requirement: its version, and how many distributions of it are allowed by hash."""

    version: Version
    hashes: int


def direct_requirements(group: str) -> Iterator[Requirement]:
    for entry in GROUPS[group]:
        if isinstance(entry, str):
            yield Requirement(entry)
        else:
            yield from direct_requirements(entry["include-group"])


def pins_file(group: str) -> Path:
    return ROOT / ("requirements-dev.txt" if group == "dev" else f"functions/{group}/requirements.txt")


def pins(group: str) -> dict[str, Pin]:
    lines = [line for line in pins_file(group).read_text().splitlines() if not line.lstrip().startswith("#")]
    logical_lines = "\n".join(lines).replace("\\\n", " ").splitlines()
    return dict(parsed_pin(line) for line in logical_lines if line.strip())


def parsed_pin(line: str) -> tuple[str, Pin]:
    requirement = Requirement(line.split("--hash")[0].strip())
    (specifier,) = requirement.specifier
    assert specifier.operator == "==", f"{requirement} is not pinned"
    return canonicalize_name(requirement.name), Pin(Version(specifier.version), len(HASH.findall(line)))


@pytest.mark.parametrize("group", [*FUNCTION_GROUPS, "dev"])
def test_every_direct_dependency_is_pinned_to_a_version_that_pyproject_allows(group: str) -> None:
    pinned = pins(group)
    for requirement in direct_requirements(group):
        name = canonicalize_name(requirement.name)
        assert name in pinned, f"{name} of group {group} is not in {pins_file(group).name}: run make lock"
        assert pinned[name].version in requirement.specifier, f"{name}: {pinned[name].version}: run make lock"


@pytest.mark.parametrize("group", [*FUNCTION_GROUPS, "dev"])
def test_every_pin_carries_a_hash(group: str) -> None:
    pinned = pins(group)
    assert pinned
    assert [name for name, pin in pinned.items() if pin.hashes == 0] == []


@pytest.mark.parametrize("group", FUNCTION_GROUPS)
def test_a_function_is_deployed_with_the_versions_it_is_tested_with(group: str) -> None:
    tested, deployed = pins("dev"), pins(group)
    assert {name: tested.get(name) for name in deployed} == deployed


def test_every_function_has_a_group_and_the_other_way_round() -> None:
    folders = sorted(file.parent.name for file in (ROOT / "functions").glob("*/requirements.txt"))
    sources = {file.parent.name for file in (ROOT / "functions").glob("*/main.py")}
    assert folders == FUNCTION_GROUPS
    assert sources <= set(folders)


def test_make_locks_every_group() -> None:
    (names,) = re.findall(r"^FUNCTIONS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert sorted(names.split()) == FUNCTION_GROUPS


def test_the_makefile_finds_its_uv_among_the_pins() -> None:
    assert pins("dev")["uv"].hashes > 0
