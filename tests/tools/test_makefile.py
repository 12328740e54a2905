"""What `make` does: in a copy of the tree, so that no work is lost, and with what is installed, as it is.

Run for real are `make`, `make build`, `make bench` (its cheapest group), `make format`, `make clean`, and `make test`
and `make coverage` of one file. What else they do is looked up in their recipes, because whole runs are elsewhere:
`make check` and `make test` are what `.ci/run` calls, the command of `make dev` is what tests/e2e starts, and what
`make lock` writes, which asks the package indexes, is checked by test_pins.py and test_npm_locks.py.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.build import function_names
from tools.dev.settings import ROOT

INSTALLED = (".venv", "web/node_modules", "tools/firebase/node_modules")
NOT_COPIED = (".git", ".venv", "node_modules", ".local", "dist", "__pycache__", ".*_cache", ".hypothesis")
ONE_FILE = "ARGS=tests/domain/test_plans.py"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, on the packages of the original."""
    tree = tmp_path_factory.mktemp("copy") / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*NOT_COPIED))
    for name in INSTALLED:
        (tree / name).symlink_to(ROOT / name)
    return tree


def make(*arguments: str, folder: Path) -> str:
    """The output of a target that succeeds. It installs nothing: these packages are in use."""
    as_installed = [f"--old-file={name}/.synced" for name in INSTALLED]
    # Not the variables of the make that may run this test: they would reach this one.
    others = ("MAKE", "MFLAGS", "ARGS")
    environment = {name: text for name, text in os.environ.items() if not name.startswith(others)}
    done = subprocess.run(
        ["make", "--no-print-directory", *as_installed, *arguments],
        cwd=folder,
        env={**environment, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def recipe(*arguments: str) -> list[str]:
    """The commands that a target would run."""
    joined = make("-n", *arguments, folder=ROOT).replace("\\\n", " ")
    return [" ".join(line.split()) for line in joined.splitlines()]


def test_make_alone_lists_the_targets(tree: Path) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [line.split()[1] for line in make(folder=tree).splitlines()] == targets


def test_make_build_stages_every_function_and_the_web_app(tree: Path) -> None:
    make("build", folder=tree)
    for name in function_names():
        assert (tree / "dist" / name / "main.py").is_file()
        assert (tree / "dist" / name / "shared" / "bootstrap.py").is_file()
    assert "<script" in (tree / "web/dist/index.html").read_text()


def test_make_bench_prints_what_it_measured_and_writes_it_down(
    tree: Path, firestore_emulator_host: str
) -> None:
    output = make("bench", "ARGS=operations", folder=tree)
    measures = json.loads((tree / ".local/bench.json").read_text())
    assert measures["check_rpcs"]["met"] is True
    assert set(measures) <= set(output.split())


def test_make_test_and_make_coverage_run_the_tests_that_are_named(tree: Path) -> None:
    for target in ("test", "coverage"):
        output = make(target, ONE_FILE, folder=tree)
        assert re.search(r"^=+ \d+ passed in ", output, re.MULTILINE)
        assert re.findall(r"^tests\S+", output, re.MULTILINE) == ["tests/domain/test_plans.py"]
        assert ("TOTAL" in output) == (target == "coverage")


def test_make_format_repairs_what_is_not_formatted(tree: Path) -> None:
    odd = tree / "shared" / "odd.py"
    odd.write_text('"""Odd."""\nimport sys,os\nPATHS = [ os.sep,sys.path ]\n')
    make("format", folder=tree)
    assert odd.read_text() == '"""Odd."""\n\nimport os\nimport sys\n\nPATHS = [os.sep, sys.path]\n'
    odd.unlink()


def test_make_clean_removes_what_was_made_and_nothing_else(tree: Path) -> None:
    sources = set((tree / "shared").rglob("*.py"))
    made = ("dist", "web/dist", ".local", ".ruff_cache")
    for name in made:
        (tree / name).mkdir(exist_ok=True)
    make("clean", folder=tree)
    assert [name for name in made if (tree / name).exists()] == []
    assert set((tree / "shared").rglob("*")) >= sources
    assert [name for name in INSTALLED if not (tree / name).exists()] == []


def test_a_whole_test_run_is_that_of_the_web_app_and_that_of_python() -> None:
    assert recipe("test") == ["npm --prefix web test --silent", ".venv/bin/python -m pytest"]
    assert recipe("coverage") == [".venv/bin/python -m pytest --cov"]


def test_make_check_formats_lints_types_and_looks_at_imports_in_both_languages() -> None:
    commands = [command.removeprefix(".venv/bin/") for command in recipe("check")]
    assert commands[:2] == ["ruff format --check", "ruff check"]
    assert re.fullmatch(r"mypy (?=.*shared)(?=.*functions)(?=.*tools)(?=.*tests).*", commands[2])
    assert commands[3] == "lint-imports"
    assert commands[4] == "python -m tools.api_types --check"
    assert commands[5:] == [f"npm --prefix web run {script} --silent" for script in ("lint", "types")]


def test_make_types_writes_what_make_check_compares() -> None:
    assert recipe("types") == [".venv/bin/python -m tools.api_types"]


def test_make_dev_is_the_command_that_the_end_to_end_tests_start() -> None:
    assert recipe("dev") == ["exec .venv/bin/python -m tools.dev"]
    assert recipe("dev", "ARGS=--memory") == ["exec .venv/bin/python -m tools.dev --memory"]
    assert '[sys.executable, "-m", "tools.dev", ' in (ROOT / "tests/e2e/running.py").read_text()


def test_make_lock_pins_every_group_with_hashes_and_names_no_index() -> None:
    commands = "\n".join(recipe("lock"))
    loop = re.search(r"for name in ([\w ]+); do", commands)
    assert loop
    assert sorted(loop[1].split()) == function_names()
    assert commands.count("uv pip compile --universal") == 2
    assert commands.count("--generate-hashes --no-emit-index-url") == 2
    assert "for folder in web tools/firebase; do" in commands
