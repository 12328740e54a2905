"""The shell and Python in the README and under docs/ run as they stand; test_readme.py looks at what they say."""

import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from shared.adapters.default_plans import default_plans
from shared.domain.limits.plan_file import parse_plans
from shared.domain.prices.money import nanousd_from_decimal, usd_string
from shared.domain.prices.price_file import parse_prices
from shared.http.budget_models import BudgetUseResponse
from tests.e2e.running import RunningStack
from tests.tools.documents import CLIENT, README, Document, page
from tests.tools.mailbox import sign_up
from tools.dev.settings import ROOT


def run(command: list[str], text: str, checkout: Path, **environment: str) -> str:
    direct = {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        command,
        input=text,
        cwd=checkout,
        env={**os.environ, **direct, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_command_of_the_readme_records_an_event_once(empty_stack: RunningStack, checkout: Path) -> None:
    settings = {"GWI_URL": empty_stack.entries["record_usage"], "GWI_KEY": empty_stack.entries["api_key"]}
    first, again = (json.loads(run(["sh", "-eu"], README.shell, checkout, **settings)) for _ in range(2))
    assert (first["accepted"], first["duplicates"], first["ids"]) == (1, 0, ["first-event"])
    assert (again["accepted"], again["duplicates"], again["ids"]) == (0, 1, ["first-event"])


@pytest.mark.parametrize("document", [README, CLIENT], ids=["the README", "the client's README"])
def test_the_first_code_of_the_client_shows_a_cost(
    document: Document, empty_stack: RunningStack, checkout: Path, tmp_path: Path
) -> None:
    spent = nanousd(empty_stack)
    settings = {"GWI_URL": empty_stack.entries["record_usage"], "GWI_KEY": empty_stack.entries["api_key"]}
    paths = {"PYTHONPATH": str(ROOT / "client"), "XDG_STATE_HOME": str(tmp_path)}
    assert run([sys.executable, "-W", "error"], document.python[0], checkout, **settings, **paths) == ""
    assert nanousd(empty_stack) == spent + 1_200 * 400 + 300 * 1_600


def nanousd(empty_stack: RunningStack) -> int:
    return nanousd_from_decimal(Decimal(empty_stack.tenant("usage")["aggregate"]["total_cost_usd"]))


def test_the_commands_about_recording_run_as_they_stand(empty_stack: RunningStack, checkout: Path) -> None:
    before = empty_stack.tenant("usage")["aggregate"]["total_tokens"]["total"]
    answers = map(json.loads, run(["sh", "-eu"], page("recording").shell, checkout).splitlines())
    recorded, usage, sealed, mixed, check = answers
    assert (recorded["accepted"], recorded["ids"]) == (2, ["call-1", "end-1"])
    assert usage["aggregate"]["total_tokens"]["total"] == before + 1200 + 300
    assert (sealed["accepted"], sealed["duplicates"]) == (2, 0)
    assert (mixed["ids"], mixed["rejected"][0]["code"], check["allowed"]) == (
        ["call-2"],
        "unknown_tenant",
        True,
    )
    again = run(["sh", "-eu"], page("recording").shell, checkout).splitlines()[0]
    assert json.loads(again)["duplicates"] == 2


def test_the_commands_about_attribution_run_as_they_stand(empty_stack: RunningStack, checkout: Path) -> None:
    recorded, top = map(json.loads, run(["sh", "-eu"], page("attribution").shell, checkout).splitlines())
    assert recorded["ids"] == ["call-3"]
    assert ("ada", 1) in [(row["name"], row["calls"]) for row in top["names"]]


def test_the_commands_about_exports_run_as_they_stand(empty_stack: RunningStack, checkout: Path) -> None:
    run(["sh", "-eu"], page("exports").shell, checkout)
    *events, end = map(json.loads, (checkout / "events.jsonl").read_text().splitlines())
    assert (len(events), end["object"], end["events"]) == (end["events"], "end", len(events))
    assert (checkout / "events.csv").read_text().startswith('"id","identity","ts",')
    assert (checkout / "charges.csv").read_text().startswith('"BilledCost",')


def test_three_environment_variables_are_all_that_opentelemetry_needs(
    empty_stack: RunningStack, checkout: Path
) -> None:
    before = empty_stack.tenant("usage")["aggregate"]["total_tokens"]["total"]
    (code,) = page("opentelemetry").python
    command = f"{sys.executable} -W error - <<'END'\n{code}END\n"
    assert run(["sh", "-eu"], page("opentelemetry").shell + command, checkout) == ""
    assert empty_stack.tenant("usage")["aggregate"]["total_tokens"]["total"] == before + 1200 + 300


def test_the_python_code_runs_as_it_stands(empty_stack: RunningStack, checkout: Path) -> None:
    before = empty_stack.tenant("usage")["aggregate"]["total_tool_calls"]
    (code,) = page("recording").python
    assert "'accepted': 2" in run([sys.executable, "-W", "error"], code, checkout)
    assert empty_stack.tenant("usage")["aggregate"]["total_tool_calls"] == before + 1


def test_the_commands_about_prices_run_as_they_stand(empty_stack: RunningStack, checkout: Path) -> None:
    (table,) = [text for language, text in page("prices").blocks if language == "toml"]
    file = checkout / "prices.toml"
    file.write_text(table)
    output = run(["sh", "-eu"], page("prices").shell, checkout)
    assert output.count("version  1") == 2
    assert output.count("added: 4") == 2
    assert parse_prices(file.read_text()) != ()
    assert set(parse_prices(file.read_text())) == set(parse_prices(table))
    assert empty_stack.process.poll() is None


def test_the_commands_about_plans_run_as_they_stand(empty_stack: RunningStack, checkout: Path) -> None:
    output = run(["sh", "-eu"], page("plans").shell, checkout)
    assert re.findall(r"^(\w+): 0$", output, re.MULTILINE) == 2 * ["plans", "others"] + ["changes"] + 2 * [
        "moves"
    ]
    assert parse_plans((checkout / "plans.toml").read_text()).has_content_of(default_plans())
    assert empty_stack.process.poll() is None


def test_the_commands_about_limits_run_as_they_stand(empty_stack: RunningStack, checkout: Path) -> None:
    output = run(["sh", "-eu"], page("limits").shell, checkout)
    assert "grants: 2" in output
    assert re.findall(r"^  tokens +([0-9a-z]+)$", output, re.MULTILINE)[-2:] == ["850000", "2100000"]
    assert re.search(r"^  runs +unlimited$", output, re.MULTILINE)
    assert re.search(r"^  provider_cost_usd +99.50$", output, re.MULTILINE)
    shown = re.findall(r"^  suspended_at +(\S+)$", output, re.MULTILINE)
    assert [each != "-" for each in shown] == [False, False, True, False]
    assert re.search(r"^revoked_grants: 2$", output, re.MULTILINE)


def test_the_commands_about_corrections_run_as_they_stand(empty_stack: RunningStack, checkout: Path) -> None:
    output = run(["sh", "-eu"], page("corrections").shell, checkout)
    assert re.findall(r"^applied +(\w+)$", output, re.MULTILINE) == ["False", "True"]


def test_the_commands_about_budgets_run_as_they_stand(empty_stack: RunningStack, checkout: Path) -> None:
    settings = {"GWI_URL": empty_stack.entries["record_usage"], "GWI_KEY": empty_stack.entries["api_key"]}
    output = run(["sh", "-eu"], page("budgets").shell, checkout, **settings)
    assert re.findall(r"^  id +(\w+)$", output, re.MULTILINE)[:3] == ["all", "users", "search"]
    assert re.search(r"^on_unreadable +open$", output, re.MULTILINE)
    (shown,) = [json.loads(text) for language, text in page("budgets").blocks if language == "json"]
    (answer,) = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert shown.keys() <= answer.keys()
    assert shown["budget"].keys() <= BudgetUseResponse.model_fields.keys()


def test_the_commands_about_runs_run_as_they_stand(empty_stack: RunningStack, checkout: Path) -> None:
    settings = {"GWI_URL": empty_stack.entries["record_usage"], "GWI_KEY": empty_stack.entries["api_key"]}
    lines = run(["sh", "-eu"], page("runs").shell, checkout, **settings).splitlines()
    admitted, child, recorded, extended, ended = map(json.loads, lines)
    assert [each["hold"]["usd"] for each in (admitted, child, extended)] == ["2.50", "0.50", "4.00"]
    spent = 1_200 * 400 + 300 * 1_600
    left = usd_string(2_000_000_000 - spent)
    assert recorded["run"] == {"remaining_usd": left, "remaining_tokens": None, "over": False}
    assert (ended["status"], ended["used"]) == ("completed", {"usd": usd_string(spent), "tokens": 1_500})


def test_the_code_about_runs_runs_as_it_stands(empty_stack: RunningStack, checkout: Path) -> None:
    settings = {"GWI_URL": empty_stack.entries["record_usage"], "GWI_KEY": empty_stack.entries["api_key"]}
    (code,) = page("runs").python
    held, call = 20 * (8_000 * 400 + 1_000 * 1_600), 6_000 * 400 + 800 * 1_600
    left = [f"{usd_string(held)} {usd_string(held - number * call)}" for number in (1, 2, 3)]
    printed = run([sys.executable, "-W", "error"], code, checkout, **settings).splitlines()
    assert printed == [*left, f"{usd_string(3 * call)} 0.00"]


def test_the_commands_about_tenants_run_as_they_stand(empty_stack: RunningStack, checkout: Path) -> None:
    lines = list(map(json.loads, run(["sh", "-eu"], page("tenants").shell, checkout).splitlines()))
    created, key, changed, limited, grant, listed, suspended, resumed, shown = lines
    assert (created["plan"], created["own_limits"]["provider_cost_usd"]) == ("starter", "99.50")
    assert key["api_key"]["scopes"] == ["usage:write", "limits:read"]
    assert (changed["plan"], limited["limits"]["tokens"], grant["tokens"]) == (
        *("professional", 3_000_000, 100_000),
    )
    assert "bolt" in [each["id"] for each in listed["tenants"]]
    assert [each["status"] for each in (suspended, resumed, shown)] == ["suspended", "active", "active"]
    assert shown["limits"]["tokens"] == 3_000_000 + 100_000


def test_the_commands_about_webhooks_run_as_they_stand(empty_stack: RunningStack, checkout: Path) -> None:
    output = run(["sh", "-eu"], page("webhooks").shell, checkout)
    assert len(re.findall(r"^secret +whsec_\S+$", output, re.MULTILINE)) == 2
    assert "endpoints: 2" in output


def test_the_commands_about_the_local_stack_run_as_they_stand(
    empty_stack: RunningStack, checkout: Path
) -> None:
    sign_up(empty_stack, "ada@example.com")
    output = run(["sh", "-eu"], page("local").shell, checkout)
    assert re.search(r'"email":"ada@example.com".*"oobLink":"http://', output)
    assert re.findall(r"plan +(\w+)", output) == ["starter", "professional"]
    assert re.search(r"^api_key +gwi_test_\w+$", output, re.MULTILINE)
    assert "usage:read" in output
    assert re.search(r"^  role +owner$", output, re.MULTILINE)
    assert re.search(r"^drift: 0$", output, re.MULTILINE)
    assert f'"url":"{empty_stack.entries["stripe"]}/c/pay/' in output
    assert re.search(r"^changes: 0$", output, re.MULTILINE)
    assert re.search(r"^left: 0$", output, re.MULTILINE)
    assert re.search(r'^\{"now":\d+\}$', output, re.MULTILINE)
