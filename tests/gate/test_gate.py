"""Each check of the gate fails where its behaviour is broken, and a check that fails is reported by the exit code.

`make mutants` breaks every behaviour. `make test` makes a sample: what takes no stack of its own.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.e2e.running import running_stack
from tests.gate.mutants import MUTANTS, ON_EMULATORS, Mutant
from tools.dev.errors import StackError
from tools.dev.loopback import HOST
from tools.dev.settings import ROOT
from tools.gate import sources, warehouse
from tools.gate.__main__ import CHECKS, chosen, main, run
from tools.gate.check import FAIL, PASS, SKIPPED, Check, Result, UnexpectedError, expect, run_check, table
from tools.gate.target import Target

EVERY = os.environ.get("GATE") == "all"
slow = pytest.mark.skipif(not EVERY, reason="make mutants")
NOWHERE = Target({})
Pages = Mapping[str, tuple[int, str]]


def the(name: str) -> Check:
    (check,) = chosen(names=[name])
    return check


def check_of(run: Callable[[Target], str], *needs: str) -> Check:
    return Check(name="a check", action="do something", run=run, needs=needs)


def answer_well(_target: Target) -> str:
    return "all is well"


def answer_badly(_target: Target) -> str:
    expect(False, "one is not two")
    return "unreachable"


def stumble(_target: Target) -> str:
    return str({"found": 1}["missing"])


@pytest.mark.parametrize(
    ("check", "outcome", "seen"),
    [
        (check_of(answer_well), PASS, "all is well"),
        (check_of(answer_badly), FAIL, "one is not two"),
        (check_of(stumble), FAIL, "KeyError: 'missing'"),
        (check_of(answer_badly, "stripe"), SKIPPED, "needs stripe"),
    ],
)
def test_a_check_passes_fails_or_is_skipped_and_says_what_was_seen(
    check: Check, outcome: str, seen: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run_check(check, NOWHERE)
    assert (result.outcome, result.seen) == (outcome, seen)
    assert run(NOWHERE, [check_of(answer_well), check]) == (1 if outcome == FAIL else 0)
    assert f"-> {seen}" in capsys.readouterr().out
    assert table([result]).endswith("1 skipped" if outcome == SKIPPED else "0 skipped")


def test_names_are_unique_and_the_smoke_test_is_a_part_of_the_gate() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert {check.name for check in chosen(smoke=True)} >= {
        *("recording", "deduplication", "tick and fold", "limits", "webhook signature", "webhook to limits"),
        *("invoices", "dashboard", "sign-in", "rules deny", "log line"),
    }
    with pytest.raises(StackError, match="No such check: nonsense"):
        chosen(names=["nonsense"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--url", "https://usage.example.com"], "GWI_PLATFORM_KEY is missing"),
        (["--url", "usage.example.com"], "no http or https address"),
        (["--folder", "/nonexistent"], "No stack is running"),
    ],
)
def test_without_anything_to_check_it_says_why(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GWI_PLATFORM_KEY", raising=False)
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_every_check_is_seen_failing_somewhere_in_this_file() -> None:
    here = Path(__file__).read_text()
    broken = {mutant.check for mutant in (*MUTANTS, *ON_EMULATORS)} | {
        check.name
        for check in CHECKS
        if f'the("{check.name}")' in here
        or (check in sources.CHECKS and f"sources.{check.run.__name__}" in here)
    }
    assert {check.name for check in CHECKS} - broken == set()


@slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.check)
def test_a_check_fails_where_a_line_of_the_product_is_broken(mutant: Mutant, tmp_path: Path) -> None:
    result = result_on(mutant, tmp_path, "--memory")
    assert result.outcome == FAIL, result.seen


@slow
@pytest.mark.timeout(400)
def test_a_warehouse_that_gets_no_sealed_events_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse, "SENT_SECONDS", 150)
    (mutant,) = ON_EMULATORS
    result = result_on(mutant, tmp_path)
    assert (result.outcome, result.seen) == (FAIL, "after 150 s still ['single']")


def result_on(mutant: Mutant, tmp_path: Path, *options: str) -> Result:
    """Run the check of a mutant on a stack of its own."""
    root = mutant.write(tmp_path / "copy")
    folder = tmp_path / "stack"
    folder.mkdir()
    environment = {**os.environ, "PYTHONPATH": ""}
    with running_stack(folder, "--empty", *options, environment=environment, root=root):
        return run_check(the(mutant.check), Target.of_stack(folder))


@slow
def test_all_of_them_pass_where_nothing_is_broken(tmp_path: Path) -> None:
    with running_stack(tmp_path, "--memory", "--empty"):
        target = Target.of_stack(tmp_path)
        results = [run_check(the(mutant.check), target) for mutant in MUTANTS]
    assert [(each.check.name, each.seen) for each in results if each.outcome != PASS] == []


@contextmanager
def site(pages: Pages) -> Iterator[str]:
    """Serve these pages, and give their origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = pages.get(self.path.partition("?")[0], (404, "{}"))
            self.send_response(status)
            kind = "application/json" if body.startswith("{") else "text/html"
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body.encode())

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name in ("do_POST", "do_PATCH"):
                return self.do_GET
            raise AttributeError(name)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = HTTPServer((HOST, 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_dashboard_without_its_headers_is_seen() -> None:
    with site({"/": (200, '<div id="root">')}) as web:
        result = run_check(the("dashboard"), Target({"web": web, "usage_api": web}))
    assert (result.outcome, result.seen) == (FAIL, "Content-Security-Policy: None")


def test_a_sign_in_that_takes_any_password_is_seen() -> None:
    login = "/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword"
    pages: dict[str, tuple[int, str]] = {login: (200, '{"idToken": "for everybody"}')}
    with site(pages) as web:
        emulators = {"auth": web.removeprefix("http://")}
        pages["/__/firebase/init.json"] = (200, json.dumps({"apiKey": "local", "emulators": emulators}))
        result = run_check(the("sign-in"), Target({"web": web}))
    assert result.outcome == FAIL
    assert "for everybody" in result.seen


@pytest.mark.parametrize(("rules", "outcome"), [("if true", FAIL), ("if false", PASS)])
def test_rules_that_allow_everything_are_seen(rules: str, outcome: str, firestore_emulator_host: str) -> None:
    from tests.rules.rest import Database

    database = Database(firestore_emulator_host, f"demo-gate-{rules[3:]}")
    database.load_rules(
        "rules_version = '2'; service cloud.firestore { match /databases/{d}/documents {"
        f" match /{{path=**}} {{ allow read, write: {rules}; }} }} }}"
    )
    init = {"projectId": database.project_id, "emulators": {"firestore": firestore_emulator_host}}
    pages = {"/__/firebase/init.json": (200, json.dumps(init)), "/api/v1/tenants": (200, "{}")}
    with site(pages) as web:
        target = Target({"web": web, "usage_api": web, "platform_key": "any"})
        result = run_check(the("rules deny"), target)
    assert result.outcome == outcome, result.seen


@pytest.mark.parametrize("line", ["", '{"severity": "INFO", "message": "POST /v1/check 200"}'])
def test_a_log_without_the_trace_of_a_request_is_seen(line: str, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/record_usage.log").write_text(line)
    with site({"/api/v1/tenants": (200, "{}")}) as web:
        parts = {"usage_api": web, "record_usage": web, "platform_key": "any", "folder": str(tmp_path)}
        result = run_check(the("log line"), Target(parts))
    assert result.outcome == FAIL


@slow
def test_pages_that_show_nothing_are_seen() -> None:
    with site({"/usage": (200, "<p>nothing"), "/upgrade": (200, "<p>nothing")}) as web:
        parts = {"web": web, "user_email": "a@b.c", "user_password": "p", "tenant_id": "demo"}
        result = run_check(the("pages"), Target(parts))
    assert result.outcome == FAIL
    assert "Email" in result.seen


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the checks of the sources look at."""
    for name in ("firebase.json", "firestore.rules", "firestore.indexes.json"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("shared", "functions", "tools"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def fails(run: Callable[[Target, Path], str], root: Path) -> str:
    with pytest.raises(UnexpectedError) as caught:
        run(NOWHERE, root)
    return str(caught.value)


def test_bundles_that_need_what_is_not_in_them_are_seen(copy: Path) -> None:
    main_file = copy / "functions/aggregate/main.py"
    main_file.write_text(f"import tools\n{main_file.read_text()}")
    assert "No module named 'tools'" in fails(sources.bundles, copy)


def test_imports_in_a_forbidden_direction_are_seen(copy: Path) -> None:
    file = copy / "shared/domain/tenant_ids.py"
    file.write_text(f"{file.read_text()}\nimport shared.http.problems\n")
    assert "BROKEN" in fails(sources.imports, copy)


def test_a_plan_without_one_of_the_functions_is_seen(copy: Path) -> None:
    (copy / "functions/forgotten").mkdir()
    (copy / "functions/forgotten/main.py").write_text("")
    assert fails(sources.deploy_plan, copy) == "the plan lacks service forgotten"


@slow
def test_types_that_do_not_fit_are_seen(copy: Path) -> None:
    file = copy / "shared/domain/tenant_ids.py"
    file.write_text(f'{file.read_text()}\nWRONG: int = "text"\n')
    assert "Incompatible types" in fails(sources.types, copy)
