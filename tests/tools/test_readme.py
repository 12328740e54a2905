"""The README and the pages under docs/ are true: their commands run, their paths and targets exist.

The shell and Python of their blocks run here; test_makefile.py says which `make` commands run where.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from standardwebhooks import Webhook

from shared.adapters.default_plans import default_plans
from shared.domain.limits.plan_file import parse_plans
from shared.domain.notices.endpoints import new_secret
from shared.domain.notices.webhooks import Notice, WebhookType
from shared.domain.prices.money import nanousd_from_decimal, usd_string
from shared.domain.prices.price_file import parse_prices
from shared.http.budget_models import BudgetUseResponse
from tests.e2e.running import RunningStack, running_stack
from tests.tools.documents import DOCUMENTS, PAGES, README, Document, page
from tests.tools.mailbox import sign_up
from tests.tools.warm_python import warm_python
from tools.dev.settings import ROOT

MAX_README_LINES = 120
RECORDING, LOCAL, ARCHITECTURE = page("recording"), page("local"), page("architecture")
PRICES, WEBHOOKS, LIMITS = page("prices"), page("webhooks"), page("limits")
EXPORTS = page("exports")
CLIENT = Document(ROOT / "client/README.md")
PLANS, ATTRIBUTION, OPENTELEMETRY = page("plans"), page("attribution"), page("opentelemetry")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that looks like a checkout in which `make dev` runs."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("shared", "tools"):
        (folder / name).symlink_to(ROOT / name)
    for name in (".local", ".venv/bin"):
        (folder / name).mkdir(parents=True)
    with warm_python(folder / ".venv/bin"):
        yield folder


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[RunningStack]:
    with running_stack(folder / ".local", "--empty") as running:
        yield running


def run(command: list[str], text: str, folder: Path, **environment: str) -> str:
    direct = {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        command,
        input=text,
        cwd=folder,
        env={**os.environ, **direct, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_readme_is_short() -> None:
    assert len(README.text.splitlines()) <= MAX_README_LINES


def test_every_block_is_something_that_these_tests_run_or_look_at() -> None:
    languages = {document.name: [language for language, _ in document.blocks] for document in DOCUMENTS}
    assert {name: found for name, found in languages.items() if found} == {
        "README.md": ["python", "sh", "sh", "sh"],
        "docs/architecture.md": ["mermaid"],
        "docs/budgets.md": ["sh", "sh", "json", "sh"],
        "docs/attribution.md": ["sh"],
        "docs/corrections.md": ["sh"],
        "docs/exports.md": ["sh", "console", "sql"],
        "docs/limits.md": 4 * ["sh"],
        "docs/opentelemetry.md": ["sh", "python", "yaml"],
        "docs/local.md": 6 * ["sh"],
        "docs/plans.md": ["sh", "toml", "sh", "sh"],
        "docs/prices.md": ["toml", "sh"],
        "docs/recording.md": ["sh", "python", "sh", "sh"],
        "docs/runs.md": ["sh", "python"],
        "docs/tenants.md": ["sh"],
        "docs/webhooks.md": ["sh", "json", "python"],
    }


def test_the_command_of_the_readme_records_an_event_once(stack: RunningStack, folder: Path) -> None:
    settings = {"GWI_URL": stack.entries["record_usage"], "GWI_KEY": stack.entries["api_key"]}
    first, again = (json.loads(run(["sh", "-eu"], README.shell, folder, **settings)) for _ in range(2))
    assert (first["accepted"], first["duplicates"], first["ids"]) == (1, 0, ["first-event"])
    assert (again["accepted"], again["duplicates"], again["ids"]) == (0, 1, ["first-event"])


@pytest.mark.parametrize("document", [README, CLIENT], ids=["the README", "the client's README"])
def test_the_first_code_of_the_client_shows_a_cost(
    document: Document, stack: RunningStack, folder: Path, tmp_path: Path
) -> None:
    spent = nanousd(stack)
    settings = {"GWI_URL": stack.entries["record_usage"], "GWI_KEY": stack.entries["api_key"]}
    paths = {"PYTHONPATH": str(ROOT / "client"), "XDG_STATE_HOME": str(tmp_path)}
    assert run([sys.executable, "-W", "error"], document.python[0], folder, **settings, **paths) == ""
    assert nanousd(stack) == spent + 1_200 * 400 + 300 * 1_600


def nanousd(stack: RunningStack) -> int:
    return nanousd_from_decimal(Decimal(stack.tenant("usage")["aggregate"]["total_cost_usd"]))


def test_the_commands_about_recording_run_as_they_stand(stack: RunningStack, folder: Path) -> None:
    before = stack.tenant("usage")["aggregate"]["total_tokens"]["total"]
    told = map(json.loads, run(["sh", "-eu"], RECORDING.shell, folder).splitlines())
    recorded, usage, sealed, mixed, check = told
    assert (recorded["accepted"], recorded["ids"]) == (2, ["call-1", "end-1"])
    assert usage["aggregate"]["total_tokens"]["total"] == before + 1200 + 300
    assert (sealed["accepted"], sealed["duplicates"]) == (2, 0)
    assert (mixed["ids"], mixed["rejected"][0]["code"], check["allowed"]) == (
        ["call-2"],
        "unknown_tenant",
        True,
    )
    again = run(["sh", "-eu"], RECORDING.shell, folder).splitlines()[0]
    assert json.loads(again)["duplicates"] == 2


def test_the_commands_about_attribution_run_as_they_stand(stack: RunningStack, folder: Path) -> None:
    recorded, top = map(json.loads, run(["sh", "-eu"], ATTRIBUTION.shell, folder).splitlines())
    assert recorded["ids"] == ["call-3"]
    assert [(row["name"], row["calls"]) for row in top["names"] if row["name"]] == [("ada", 1)]


def test_the_commands_about_exports_run_as_they_stand(stack: RunningStack, folder: Path) -> None:
    run(["sh", "-eu"], EXPORTS.shell, folder)
    *events, end = map(json.loads, (folder / "events.jsonl").read_text().splitlines())
    assert (len(events), end["object"], end["events"]) == (end["events"], "end", len(events))
    assert (folder / "events.csv").read_text().startswith('"id","identity","ts",')
    assert (folder / "charges.csv").read_text().startswith('"BilledCost",')


def test_three_environment_variables_are_all_that_opentelemetry_needs(
    stack: RunningStack, folder: Path
) -> None:
    before = stack.tenant("usage")["aggregate"]["total_tokens"]["total"]
    (code,) = OPENTELEMETRY.python
    command = f"{sys.executable} -W error - <<'END'\n{code}END\n"
    assert run(["sh", "-eu"], OPENTELEMETRY.shell + command, folder) == ""
    assert stack.tenant("usage")["aggregate"]["total_tokens"]["total"] == before + 1200 + 300


def test_the_python_code_runs_as_it_stands(stack: RunningStack, folder: Path) -> None:
    before = stack.tenant("usage")["aggregate"]["total_tool_calls"]
    (code,) = RECORDING.python
    assert "'accepted': 2" in run([sys.executable, "-W", "error"], code, folder)
    assert stack.tenant("usage")["aggregate"]["total_tool_calls"] == before + 1


def test_the_commands_about_prices_run_as_they_stand(stack: RunningStack, folder: Path) -> None:
    (table,) = [text for language, text in PRICES.blocks if language == "toml"]
    file = folder / "prices.toml"
    file.write_text(table)
    output = run(["sh", "-eu"], PRICES.shell, folder)
    assert output.count("version  1") == 2
    assert output.count("added: 4") == 2
    assert parse_prices(file.read_text()) != ()
    assert set(parse_prices(file.read_text())) == set(parse_prices(table))
    assert stack.process.poll() is None


def test_the_commands_about_plans_run_as_they_stand(stack: RunningStack, folder: Path) -> None:
    output = run(["sh", "-eu"], PLANS.shell, folder)
    assert re.findall(r"^(\w+): 0$", output, re.MULTILINE) == 2 * ["plans", "others"] + ["changes"] + 2 * [
        "moves"
    ]
    assert parse_plans((folder / "plans.toml").read_text()).has_content_of(default_plans())
    assert stack.process.poll() is None


def test_the_file_of_plans_that_is_shown_is_one() -> None:
    (table,) = [text for language, text in PLANS.blocks if language == "toml"]
    assert [plan.id for plan in parse_plans(table).plans] == ["free", "team"]


def test_the_commands_about_limits_run_as_they_stand(stack: RunningStack, folder: Path) -> None:
    output = run(["sh", "-eu"], LIMITS.shell, folder)
    assert "grants: 2" in output
    assert re.findall(r"^  tokens +([0-9a-z]+)$", output, re.MULTILINE)[-2:] == ["850000", "2100000"]
    assert re.search(r"^  runs +unlimited$", output, re.MULTILINE)
    assert re.search(r"^  provider_cost_usd +99.50$", output, re.MULTILINE)
    shown = re.findall(r"^  suspended_at +(\S+)$", output, re.MULTILINE)
    assert [each != "-" for each in shown] == [False, False, True, False]
    assert re.search(r"^revoked_grants: 2$", output, re.MULTILINE)


def test_the_commands_about_corrections_run_as_they_stand(stack: RunningStack, folder: Path) -> None:
    output = run(["sh", "-eu"], page("corrections").shell, folder)
    assert re.findall(r"^applied +(\w+)$", output, re.MULTILINE) == ["False", "True"]


def test_the_commands_about_budgets_run_as_they_stand(stack: RunningStack, folder: Path) -> None:
    settings = {"GWI_URL": stack.entries["record_usage"], "GWI_KEY": stack.entries["api_key"]}
    output = run(["sh", "-eu"], page("budgets").shell, folder, **settings)
    assert re.findall(r"^  id +(\w+)$", output, re.MULTILINE)[:3] == ["all", "users", "search"]
    assert re.search(r"^on_unreadable +open$", output, re.MULTILINE)
    (shown,) = [json.loads(text) for language, text in page("budgets").blocks if language == "json"]
    (answer,) = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert shown.keys() <= answer.keys()
    assert shown["budget"].keys() <= BudgetUseResponse.model_fields.keys()


def test_the_commands_about_runs_run_as_they_stand(stack: RunningStack, folder: Path) -> None:
    settings = {"GWI_URL": stack.entries["record_usage"], "GWI_KEY": stack.entries["api_key"]}
    lines = run(["sh", "-eu"], page("runs").shell, folder, **settings).splitlines()
    admitted, child, recorded, extended, ended = map(json.loads, lines)
    assert [each["hold"]["usd"] for each in (admitted, child, extended)] == ["2.50", "0.50", "4.00"]
    spent = 1_200 * 400 + 300 * 1_600
    left = usd_string(2_000_000_000 - spent)
    assert recorded["run"] == {"remaining_usd": left, "remaining_tokens": None, "over": False}
    assert (ended["status"], ended["used"]) == ("completed", {"usd": usd_string(spent), "tokens": 1_500})


def test_the_code_about_runs_runs_as_it_stands(stack: RunningStack, folder: Path) -> None:
    settings = {"GWI_URL": stack.entries["record_usage"], "GWI_KEY": stack.entries["api_key"]}
    (code,) = page("runs").python
    held, call = 20 * (8_000 * 400 + 1_000 * 1_600), 6_000 * 400 + 800 * 1_600
    left = [f"{usd_string(held)} {usd_string(held - number * call)}" for number in (1, 2, 3)]
    printed = run([sys.executable, "-W", "error"], code, folder, **settings).splitlines()
    assert printed == [*left, f"{usd_string(3 * call)} 0.00"]


def test_the_commands_about_tenants_run_as_they_stand(stack: RunningStack, folder: Path) -> None:
    lines = list(map(json.loads, run(["sh", "-eu"], page("tenants").shell, folder).splitlines()))
    created, key, changed, limited, grant, listed, suspended, resumed, shown = lines
    assert (created["plan"], created["own_limits"]["provider_cost_usd"]) == ("starter", "99.50")
    assert key["api_key"]["scopes"] == ["usage:write", "limits:read"]
    assert (changed["plan"], limited["limits"]["tokens"], grant["tokens"]) == (
        *("professional", 3_000_000, 100_000),
    )
    assert "bolt" in [each["id"] for each in listed["tenants"]]
    assert [each["status"] for each in (suspended, resumed, shown)] == ["suspended", "active", "active"]
    assert shown["limits"]["tokens"] == 3_000_000 + 100_000


def test_the_commands_about_webhooks_run_as_they_stand(stack: RunningStack, folder: Path) -> None:
    output = run(["sh", "-eu"], WEBHOOKS.shell, folder)
    assert len(re.findall(r"^secret +whsec_\S+$", output, re.MULTILINE)) == 2
    assert "endpoints: 2" in output


def test_the_message_about_webhooks_is_what_an_endpoint_gets() -> None:
    (shown,) = [json.loads(text) for language, text in WEBHOOKS.blocks if language == "json"]
    data = {name: value for name, value in shown["data"].items() if name not in ("tenant_id", "text")}
    notice = Notice(
        type=shown["type"],
        tenant_id=shown["data"]["tenant_id"],
        cause="any",
        at=datetime.fromisoformat(shown["timestamp"]),
        text=shown["data"]["text"],
        data=data,
    )
    assert json.loads(notice.body("json")) == shown


def test_the_code_about_webhooks_verifies_one() -> None:
    secret, body, sent_at = new_secret(), '{"type": "endpoint.test"}', datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", sent_at, body),
    }
    (code,) = WEBHOOKS.python
    names: dict[str, Any] = {"secret": secret, "body": body, "headers": headers}
    exec(code, names)
    assert names["message"] == {"type": "endpoint.test"}


def test_every_type_of_message_is_told_of() -> None:
    assert set(re.findall(r"^\| `([a-z.]+_?[a-z]*)` \|", WEBHOOKS.text, re.MULTILINE)) == set(
        get_args(WebhookType)
    )


def test_the_commands_about_the_local_stack_run_as_they_stand(stack: RunningStack, folder: Path) -> None:
    sign_up(stack, "ada@example.com")
    output = run(["sh", "-eu"], LOCAL.shell, folder)
    assert re.search(r'"email":"ada@example.com".*"oobLink":"http://', output)
    assert re.findall(r"plan +(\w+)", output) == ["starter", "professional"]
    assert re.search(r"^api_key +gwi_test_\w+$", output, re.MULTILINE)
    assert "usage:read" in output
    assert re.search(r"^  role +owner$", output, re.MULTILINE)
    assert re.search(r"^drift: 0$", output, re.MULTILINE)
    assert f'"url":"{stack.entries["stripe"]}/c/pay/' in output
    assert re.search(r"^changes: 0$", output, re.MULTILINE)
    assert re.search(r"^left: 0$", output, re.MULTILINE)
    assert re.search(r'^\{"now":\d+\}$', output, re.MULTILINE)


def makefile_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_make_command_is_a_target_and_the_readme_tells_of_every_target() -> None:
    named = {document.name: {call[0] for call in document.make_calls} for document in DOCUMENTS}
    assert set().union(*named.values()) <= makefile_targets()
    assert makefile_targets() - {"help"} <= named["README.md"]
    assert README.make_blocks == [["dev"], ["test"]]
    assert LOCAL.make_blocks == [["dev"]]


def test_every_option_of_make_dev_exists_and_is_told_of(folder: Path) -> None:
    described = run([sys.executable, "-m", "tools.dev", "--help"], "", folder)
    given = [
        call[1] for document in DOCUMENTS for call in document.make_calls if call[0] == "dev" and call[1:]
    ]
    options = {option for argument in given for option in re.findall(r"--[a-z]+", argument)}
    assert options == set(re.findall(r"--[a-z]+", described)) - {"--help"}
    assert ["dev", "ARGS=--memory"] in README.make_calls


def test_ci_runs_the_commands_of_the_readme() -> None:
    ci = (ROOT / ".ci/run").read_text().splitlines()
    assert {"make test", "make --jobs=2 check"} <= {*ci}


def test_every_path_that_is_named_exists() -> None:
    prose = "\n".join(document.prose for document in DOCUMENTS)
    paths = set(re.findall(r"`([a-z_]+(?:/[a-z_]*)+(?:\.\w+)?|[a-z_]+\.(?:py|md|json|rules))`", prose))
    missing = {path for path in paths if not (ROOT / path).exists()}
    assert len(paths) > 15
    made, documents = {"main.py", "dist/", "web/dist/"}, {"platform/overview", "platform/ticks"}
    assert missing - made - documents == set()


def test_the_map_names_every_folder() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert {name for name in folders - {"dist", "htmlcov"} if f"| `{name}/" not in README.prose} == set()


def test_the_picture_names_the_functions_that_exist() -> None:
    (picture,) = (text for language, text in ARCHITECTURE.blocks if language == "mermaid")
    functions = {main.parent.name for main in (ROOT / "functions").glob("*/main.py")}
    assert {
        name for name in functions if name not in picture or f"| `{name}` |" not in ARCHITECTURE.prose
    } == set()


def test_every_page_is_reached_from_the_readme() -> None:
    assert {page.name for page in PAGES if page.path.parent == ROOT / "docs"} <= set(README.links)
