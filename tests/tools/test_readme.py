"""The README is true: its commands run, its paths and settings exist, its costs are arithmetic.

The shell and Python of its blocks run here; which `make` commands run where is told by test_makefile.py.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from shared.domain.ledger.periods import MAX_AGE
from shared.usecases.people.authenticate import CACHE_FOR
from tests.e2e.running import RunningStack, running_stack
from tools.dev.settings import ROOT

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PROSE = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
MADE = [shlex.split(text) for language, text in BLOCKS if language == "sh" and text.startswith("make ")]
SHELL = "\n".join(text for language, text in BLOCKS if language == "sh" and not text.startswith("make "))
PYTHON = [text for language, text in BLOCKS if language == "python"]

# One US region, in nano-USD: 0.09 USD for 100,000 writes, 0.01 USD for 100,000 deletions.
WRITE_NANOUSD, DELETE_NANOUSD = 900, 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like a checkout in which `make dev` runs."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("shared", "tools"):
        (folder / name).symlink_to(ROOT / name)
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / ".local").mkdir()
    return folder


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[RunningStack]:
    with running_stack(folder / ".local", "--empty") as running:
        yield running


def run(command: list[str], text: str, folder: Path) -> str:
    environment = {**os.environ, "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        command, input=text, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_block_is_something_that_these_tests_run_or_look_at() -> None:
    assert {language for language, _ in BLOCKS} == {"sh", "python", "mermaid"}
    assert (len(MADE), len(PYTHON)) == (3, 1)


def test_the_shell_commands_run_as_they_stand(stack: RunningStack, folder: Path) -> None:
    output = run(["sh", "-eu"], SHELL, folder)
    answers = [json.loads(line) for line in re.findall(r"\{.*\}", output)]
    recorded, usage, checkout = answers[:3]
    assert (recorded["accepted"], recorded["ids"]) == (1, ["first-event"])
    assert usage["aggregate"]["total_tokens"]["total"] == 1200 + 300
    assert checkout["url"].startswith(f"{stack.entries['stripe']}/c/pay/")
    assert re.search(r"^changes: 0$", output, re.MULTILINE)
    assert re.findall(r"plan +(\w+)", output) == ["starter", "professional"]
    assert re.search(r"^api_key +gwi_test_\w+$", output, re.MULTILINE)
    assert "usage:read" in output
    assert re.search(r"^drift: 0$", output, re.MULTILINE)
    assert json.loads(run(["sh", "-eu"], CURL_AGAIN, folder))["duplicates"] == 1


CURL_AGAIN = SHELL[: SHELL.index("curl", SHELL.index("curl") + 1)]


def test_the_python_code_runs_as_it_stands(stack: RunningStack, folder: Path) -> None:
    before = stack.tenant("usage")["aggregate"]["total_tool_calls"]
    assert "'accepted': 1" in run([sys.executable, "-W", "error"], PYTHON[0], folder)
    assert stack.tenant("usage")["aggregate"]["total_tool_calls"] == before + 1


def makefile_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_make_command_is_a_target_and_every_target_is_told_of() -> None:
    named = set(re.findall(r"`make (\w+)", PROSE)) | {words[1] for words in MADE}
    assert named <= makefile_targets()
    assert makefile_targets() - {"help", "format"} <= named
    assert [words[1:] for words in MADE] == [["dev"], ["test"], ["dev", "ARGS=--memory"]]


def test_ci_runs_the_commands_of_the_readme() -> None:
    ci = (ROOT / ".ci/run").read_text().splitlines()
    assert {"make test", "make check"} <= {*ci}


def test_every_path_that_is_named_exists() -> None:
    paths = set(re.findall(r"`([a-z_]+(?:/[a-z_]*)+(?:\.\w+)?|[a-z_]+\.(?:py|md|json))`", PROSE))
    missing = {path for path in paths if not any((base / path).exists() for base in (ROOT, ROOT / "tests"))}
    assert len(paths) > 15
    assert missing - {"main.py", "dist/", "web/dist/"} == set()


def test_the_picture_names_the_functions_that_exist() -> None:
    (picture,) = (text for language, text in BLOCKS if language == "mermaid")
    functions = {main.parent.name for main in (ROOT / "functions").glob("*/main.py")}
    assert {name for name in functions if name not in picture} == set()


def test_the_settings_are_those_that_are_read() -> None:
    read = set(re.findall(r'"([A-Z]+_[A-Z_]+)"', (ROOT / "shared/config.py").read_text()))
    listed = set(
        re.findall(r"`([A-Z]+_[A-Z_]+)`", PROSE.partition("## Configuration")[2].partition("\n## ")[0])
    )
    assert listed == read


def test_the_times_in_the_decisions_are_those_of_the_code() -> None:
    assert f"the {MAX_AGE.days} days within which one is taken" in PROSE
    assert f"for {CACHE_FOR.seconds} seconds at most" in PROSE


def test_the_costs_are_arithmetic() -> None:
    rows = re.findall(r"^\| (\d+) \| ([\d.]+) \| ([\d.]+) \|$", PROSE, re.MULTILINE)
    assert [int(events) for events, _, _ in rows] == [1, 10, 100]
    for events, writes, usd in rows:
        # An event each, and one write for the counter and one for the run of them all.
        expected_writes = Fraction(int(events) + 1 + 1, int(events))
        assert Fraction(writes) == expected_writes
        # A million of events, a thousand million nano-USD to the dollar.
        assert Fraction(usd) == (expected_writes * WRITE_NANOUSD + DELETE_NANOUSD) / 1000
    assert f"2.00 writes and {(2 * WRITE_NANOUSD + DELETE_NANOUSD) / 1000:.2f} USD" in PROSE
