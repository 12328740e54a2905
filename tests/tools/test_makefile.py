"""The targets of `make`, run in a copy of the tree, so that no work is lost, and with what is installed, as it is.

Run for real are `make`, `make build`, `make bench` (its cheapest group), `make format`, `make clean`, and `make test`
(until a signal stops it). The others run on stand-ins of the programs they call, as
whole runs are elsewhere: `make check` and `make test` are what `.ci/run` calls, the command of `make dev` is what
tests/e2e starts, and what `make lock` writes, which asks the package indexes, is checked by test_pins.py and
test_npm_locks.py.
"""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e.running import alive, descendants, eventually
from tools.build import function_names
from tools.dev.settings import ROOT

INSTALLED = (".venv", "web/node_modules", "tools/firebase/node_modules")
NOT_COPIED = (".git", ".venv", "node_modules", ".local", "dist", "__pycache__", ".*_cache", ".hypothesis")
ONE_FILE = "ARGS=tests/domain/limits/test_plans.py"
# Not the variables of the make that may run this test: they would reach this one.
OTHERS = ("MAKE", "MFLAGS", "ARGS")
# A program that records how it is called, and fails on request.
STAND_IN = """#!/bin/sh
echo "${0##*/} $*" >> "$CALLS"
case " $FAILING " in *" ${0##*/} "*) exit 1 ;; esac
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, on the packages of the original."""
    tree = tmp_path_factory.mktemp("copy") / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*NOT_COPIED))
    for name in INSTALLED:
        (tree / name).symlink_to(ROOT / name)
    return tree


def command(*arguments: str) -> list[str]:
    """A call of make that installs nothing: these packages are in use."""
    return ["make", "--no-print-directory", *(f"--old-file={name}/.synced" for name in INSTALLED), *arguments]


def environment(**more: str) -> dict[str, str]:
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(OTHERS)}
    return {**inherited, "NO_COLOR": "1", **more}


def make(*arguments: str, folder: Path) -> str:
    """The output of a target that succeeds."""
    done = subprocess.run(
        command(*arguments), cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class StandIns:
    """A tree that has the Makefile, and stand-ins for every program that it calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._calls = folder / "calls"
        shutil.copy(ROOT / "Makefile", folder)
        for name in ("shared", "functions", "tools", "tests", "client"):
            (folder / name).mkdir()
        programs = [folder / ".venv/bin" / name for name in ("python", "ruff", "mypy", "lint-imports", "uv")]
        for program in (*programs, folder / "path/npm", folder / "path/node"):
            program.parent.mkdir(parents=True, exist_ok=True)
            program.write_text(STAND_IN)
            program.chmod(0o755)

    def make(self, *arguments: str, failing: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a target while the programs named in `failing` fail."""
        self._calls.write_text("")
        path = f"{self.folder}/path{os.pathsep}{os.environ['PATH']}"
        more: Mapping[str, str] = {"PATH": path, "CALLS": str(self._calls), "FAILING": failing}
        return subprocess.run(
            command(*arguments),
            cwd=self.folder,
            env=environment(**more),
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self, *arguments: str) -> list[str]:
        """Return the calls of a target that succeeds."""
        done = self.make(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return self._calls.read_text().splitlines()

    def called(self) -> list[str]:
        """Return the calls of the last target, successful or not."""
        return self._calls.read_text().splitlines()


@pytest.fixture
def stand_ins(tmp_path: Path) -> StandIns:
    return StandIns(tmp_path)


def test_make_alone_lists_the_targets(tree: Path) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [line.split()[1] for line in make(folder=tree).splitlines()] == targets


def test_make_build_stages_every_function_the_client_and_the_web_app(tree: Path) -> None:
    make("build", folder=tree)
    for name in function_names():
        assert (tree / "dist" / name / "main.py").is_file()
        assert (tree / "dist" / name / "shared" / "bootstrap.py").is_file()
    assert {file.suffix for file in (tree / "dist/client").glob("gwi_usage-*")} == {".whl", ".gz"}
    assert "<script" in (tree / "web/dist/index.html").read_text()


def test_make_bench_prints_what_it_measured_and_writes_it_down(
    tree: Path, firestore_emulator_host: str
) -> None:
    output = make("bench", "ARGS=operations", folder=tree)
    measures = json.loads((tree / ".local/bench.json").read_text())
    assert measures["check_rpcs"]["met"] is True
    assert set(measures) <= set(output.split())


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


HTTP_TESTS = ("tests/http", "tests/golden", "tests/rules")
USECASE_TESTS = ("tests/domain", "tests/usecases")
TOOL_TESTS = ("tests/tools", "tests/gate")
IGNORED = " ".join(f"--ignore={each}" for each in (*HTTP_TESTS, *USECASE_TESTS, *TOOL_TESTS, "tests/e2e"))
BROWSER_TEST = "tests/e2e/test_dashboard.py"
PARTS = {
    "test-http": f"python -m pytest {' '.join(HTTP_TESTS)}",
    "test-usecases": f"python -m pytest {' '.join(USECASE_TESTS)}",
    "test-tools": f"python -m pytest {' '.join(TOOL_TESTS)}",
    "test-rest": f"python -m pytest tests {IGNORED}",
    "test-client": "python -m pytest",
    "test-web": "npm --prefix web test --silent",
    "test-stack": f"python -m pytest tests/e2e --ignore={BROWSER_TEST}",
    "test-browser": f"python -m pytest {BROWSER_TEST}",
}


def test_a_whole_test_run_is_all_parts(stand_ins: StandIns) -> None:
    assert sorted(stand_ins.calls("test")) == sorted(PARTS.values())
    assert stand_ins.calls("coverage", ONE_FILE) == [
        f"python -m pytest {ONE_FILE.removeprefix('ARGS=')} --cov"
    ]
    assert stand_ins.calls("test", ONE_FILE) == [f"python -m pytest {ONE_FILE.removeprefix('ARGS=')}"]


@pytest.mark.parametrize("failing", [["npm"], ["python"], ["npm", "python"]], ids=" and ".join)
def test_every_part_runs_and_is_reported_whichever_fails(failing: list[str], stand_ins: StandIns) -> None:
    done = stand_ins.make("test", failing=" ".join(failing))
    assert done.returncode != 0
    assert sorted(stand_ins.called()) == sorted(PARTS.values())
    failed = re.findall(r"^make\[\d\]: \*\*\* \[\S+ (test-\w+)\] Error", done.stderr, re.MULTILINE)
    assert set(failed) - {"test-parts"} == {
        part for part, call in PARTS.items() if call.split()[0] in failing
    }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_make_test_stops_its_emulators(number: int, tree: Path) -> None:
    waiting, ready = tree / "tests/test_waiting.py", tree / f"ready-{number}"
    waiting.write_text(
        "import pathlib, time\n"
        "def test_waits(firestore_emulator_host):\n"
        f"    pathlib.Path({str(ready)!r}).touch(); time.sleep(100)\n"
    )
    process = subprocess.Popen(
        command("test", "ARGS=tests/test_waiting.py"),
        cwd=tree,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert eventually(ready.exists, 60)
        children = descendants(process.pid)
        # A terminal signals everybody, a supervisor only the process that it started.
        os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
        assert process.wait(30) != 0
        assert eventually(lambda: alive(children) == set())
    finally:
        process.kill()
        waiting.unlink()


def test_make_check_formats_lints_types_and_looks_at_imports_in_both_languages(stand_ins: StandIns) -> None:
    checks = [
        "ruff format --check",
        "ruff check",
        "mypy shared functions tools tests",
        "lint-imports ",
        "python -m tools.api_types --check",
        "mypy .",
        "lint-imports ",
        "npm --prefix web run lint --silent",
        "npm --prefix web run types --silent",
    ]
    assert sorted(stand_ins.calls("check")) == sorted(checks)
    assert sorted(stand_ins.calls("--jobs=2", "check")) == sorted(checks)
    assert stand_ins.make("check", failing="npm").returncode != 0


def test_make_types_writes_what_make_check_compares(stand_ins: StandIns) -> None:
    assert stand_ins.calls("types") == ["python -m tools.api_types"]


def test_make_dev_is_the_command_that_the_end_to_end_tests_start(stand_ins: StandIns) -> None:
    assert stand_ins.calls("dev") == ["python -m tools.dev"]
    assert stand_ins.calls("dev", "ARGS=--memory") == ["python -m tools.dev --memory"]
    assert '[sys.executable, "-m", "tools.dev", ' in (ROOT / "tests/e2e/running.py").read_text()


def test_the_gate_and_the_smoke_test_are_one_program(stand_ins: StandIns) -> None:
    assert stand_ins.calls("gate", "ARGS=--only limits") == ["python -m tools.gate --only limits"]
    assert stand_ins.calls("smoke") == ["python -m tools.gate --smoke --folder .local"]
    url = "https://usage.example.com"
    assert stand_ins.calls("smoke", f"URL={url}") == [f"python -m tools.gate --smoke --url {url}"]
    assert stand_ins.calls("drill") == ["python -m tools.drill"]
    assert stand_ins.calls("mutants") == ["python -m pytest tests/gate --timeout=300"]


def test_make_deploy_and_destroy_pass_on_what_is_given(stand_ins: StandIns) -> None:
    given = ["PROJECT=demo-x", "REGION=europe-west1"]
    command = "python -m tools.deploy --project demo-x --region europe-west1 --file"
    calls = {
        option: [call.strip() for call in stand_ins.calls("deploy", *given, option)]
        for option in ("DRY_RUN=1", "REPLACE_SECRETS=1", "FILE=staging.toml")
    }
    assert calls == {
        "DRY_RUN=1": [f"{command}  --dry-run"],
        "REPLACE_SECRETS=1": [f"{command}  --replace-secrets"],
        "FILE=staging.toml": [f"{command} staging.toml"],
    }
    assert stand_ins.calls("destroy", *given) == [f"{command}  --destroy"]


def test_make_shell_takes_the_folder_of_a_stack(stand_ins: StandIns) -> None:
    assert stand_ins.calls("shell", "ARGS=--folder .other") == ["python -m tools.dev.shell --folder .other"]


def test_make_lock_pins_every_group_with_hashes_and_names_no_index(stand_ins: StandIns) -> None:
    calls = stand_ins.calls("lock")
    compiled = [call for call in calls if call.startswith("uv pip compile --universal")]
    assert all("--generate-hashes --no-emit-index-url" in call for call in compiled)
    written = [call.partition("--output-file ")[2].split()[0] for call in compiled]
    assert written == ["requirements-dev.txt", *(f"functions/{name}/requirements.txt" for name in order())]
    assert [call for call in calls if call.startswith("npm")] == [
        f"npm --prefix {folder} install --package-lock-only --no-audit --no-fund --silent"
        for folder in ("web", "tools/firebase")
    ]
    assert calls[-1] == "python -m tools.npm_lock tools/firebase/package-lock.json"


def order() -> list[str]:
    """The functions in the order in which the Makefile names them."""
    (names,) = re.findall(r"^FUNCTIONS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert sorted(names.split()) == function_names()
    return [str(name) for name in names.split()]


def test_packages_that_cannot_be_installed_are_one_sentence_and_nothing_is_started(
    stand_ins: StandIns,
) -> None:
    (stand_ins.folder / "tools/dev").mkdir()
    shutil.copy(ROOT / "tools/dev/install.sh", stand_ins.folder / "tools/dev")
    (stand_ins.folder / "requirements-dev.txt").write_text("uv==1.0 --hash=sha256:0\n")
    done = subprocess.run(
        ["make", "dev", "ARGS=--memory"],
        cwd=stand_ins.folder,
        env=environment(CALLS=str(stand_ins.folder / "calls"), FAILING="uv"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "the Python packages could not be installed: the command failed" in done.stderr
    assert not [call for call in stand_ins.called() if "tools.dev" in call]
    assert not (stand_ins.folder / ".venv/.synced").exists()
