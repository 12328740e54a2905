"""The admin tool: its commands, what they print for machines and for people, and their exit codes."""

import json
import os
import shlex
import subprocess
import sys
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from shared.config import load_config
from shared.container import Container
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.keys import AGENT_SCOPES
from shared.ports import UsageStore
from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.key_fixtures import tenant_access
from tests.sample_events import CALL, ONE_SHARD, llm_call
from tests.tools.admin_calls import CREATE, Capture, access, failed, memory, run
from tools.admin.__main__ import main
from tools.admin.arguments import parser
from tools.admin.parsing import PROGRAM

ROOT = Path(__file__).resolve().parents[2]
__all__ = ["memory"]
pytestmark = pytest.mark.usefixtures("memory")


def test_create_prints_the_tenant_and_its_first_key(capsys: Capture) -> None:
    answer = run(capsys, *CREATE)
    assert answer.keys() == {"tenant", "api_key"}
    created_at = answer["tenant"].pop("created_at")
    assert datetime.now(UTC) - datetime.fromisoformat(created_at) < timedelta(minutes=1)
    assert answer["tenant"] == {
        "id": "acme",
        "name": "Acme",
        "plan": "free",
        "plan_version": 1,
        "limits": {},
        "grants": [],
        "suspended_at": None,
        "ended_at": None,
        "metadata": {},
        "takes_estimates": None,
        "counter_shards": 1,
    }
    assert answer["api_key"].startswith("gwi_test_")
    assert access(answer["api_key"]).tenant_id == "acme"
    assert access(answer["api_key"]).permissions == AGENT_SCOPES


def test_create_takes_a_plan_by_id_or_alias(capsys: Capture) -> None:
    assert run(capsys, *CREATE, "--plan", "starter")["tenant"]["plan"] == "starter"
    other = ("tenant", "create", "--id", "globex", "--name", "Globex", "--plan", "pro")
    assert run(capsys, *other)["tenant"]["plan"] == "professional"


def test_create_for_people_shows_the_same_without_json(capsys: Capture) -> None:
    assert main(CREATE) == 0
    printed = capsys.readouterr().out
    assert "id               acme" in printed
    assert "gwi_test_" in printed
    assert "{" not in printed.replace("limits", "")


def test_a_tenant_id_is_taken_once(capsys: Capture) -> None:
    key = run(capsys, *CREATE)["api_key"]
    assert failed(capsys, *CREATE) == "conflict: tenant 'acme' exists already\n"
    assert access(key).tenant_id == "acme"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (("--id", "a/b"), "id 'a/b' is not 1 to 64 letters"),
        (("--id", ""), "id '' is not 1 to 64 letters"),
        (("--id", "_x"), "id '_x' is not 1 to 64 letters"),
        (("--id", 65 * "a"), "is not 1 to 64 letters"),
        (("--name", "  "), "name: '  ' is not 1 to 200 visible characters"),
        (
            ("--plan", "platinum"),
            "plan 'platinum' does not exist; the plans are free, starter, professional, enterprise",
        ),
    ],
)
def test_create_refuses_what_is_no_id_name_or_plan(
    changed: tuple[str, str], says: str, capsys: Capture
) -> None:
    assert says in failed(capsys, *CREATE, *changed)
    assert process_memory().find_tenant("acme") is None


def test_show_says_where_the_tenant_stands(capsys: Capture) -> None:
    run(capsys, *CREATE)
    now = datetime.now(UTC)
    process_memory().record("acme", [llm_call("a", ts=now, run_id="run-1")], ONE_SHARD, now)
    answer = run(capsys, "tenant", "show", "--id", "acme")
    assert answer["tenant"]["id"] == "acme"
    assert (answer["status"]["tokens_used"], answer["status"]["runs_used"]) == (100 + 20, 1)
    assert datetime.fromisoformat(answer["status"]["period_start"]) <= now


def test_set_plan_changes_the_plan_and_leaves_a_trace(capsys: Capture) -> None:
    run(capsys, *CREATE)
    answer = run(capsys, "tenant", "set-plan", "--id", "acme", "--plan", "pro", "--reason", "pilot")
    assert answer["tenant"]["plan"] == "professional"
    entry = trail_of(process_memory())[-1]
    assert (entry.action, entry.before, entry.after, entry.reason) == (
        "plan.changed",
        "free",
        "professional",
        "pilot",
    )
    assert entry.actor.startswith("admin:")


def test_set_estimates_changes_the_tenant_and_leaves_a_trace(capsys: Capture) -> None:
    run(capsys, *CREATE)
    for estimates, takes in (("off", False), ("on", True), ("default", None)):
        answer = run(capsys, "tenant", "set-estimates", "--id", "acme", "--estimates", estimates)
        assert answer["tenant"]["takes_estimates"] is takes
    trail = [
        (entry.before, entry.after) for entry in trail_of(process_memory()) if "estimates" in entry.action
    ]
    assert trail == [("default", "off"), ("off", "on"), ("on", "default")]


def test_a_plan_that_does_not_exist_changes_nothing(capsys: Capture) -> None:
    run(capsys, *CREATE)
    assert "plan 'platinum'" in failed(capsys, "tenant", "set-plan", "--id", "acme", "--plan", "platinum")
    assert run(capsys, "tenant", "show", "--id", "acme")["tenant"]["plan"] == "free"


@pytest.mark.parametrize(
    "command",
    [
        ("tenant", "show", "--id", "nobody"),
        ("tenant", "set-plan", "--id", "nobody", "--plan", "free"),
        ("tenant", "set-estimates", "--id", "nobody", "--estimates", "off"),
        ("tenant", "grant", "--id", "nobody", "--runs", "1", "--until", "never", "--reason", "pilot"),
        ("tenant", "revoke-grant", "--id", "nobody", "--grant", "gr_1"),
        ("tenant", "set-limits", "--id", "nobody", "--runs", "1"),
        ("tenant", "end", "--id", "nobody"),
        ("key", "create", "--tenant", "nobody"),
        ("key", "list", "--tenant", "nobody"),
        ("verify", "--tenant", "nobody"),
    ],
    ids=" ".join,
)
def test_a_tenant_that_does_not_exist_is_named(command: tuple[str, ...], capsys: Capture) -> None:
    assert failed(capsys, *command) == "not_found: tenant 'nobody' does not exist\n"


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        ("tenant",),
        ("tenant", "create", "--id", "acme"),
        ("tenant", "delete", "--id", "acme"),
        ("key", "create", "--tenant", "acme", "--scope", "everything"),
        ("key", "create", "--tenant", "acme", "--expires-in-days", "soon"),
        ("key", "create", "--tenant", "acme", "--expires-in-days", "-1"),
        ("key", "create", "--tenant", "acme", "--expires-in-days", "99999999"),
        ("key", "rotate", "--tenant", "acme", "--key", "k", "--overlap-hours", "-1"),
        ("verify",),
    ],
    ids=" ".join,
)
def test_a_wrong_call_ends_with_2_and_the_usage(wrong: tuple[str, ...], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == 2
    assert "usage: python -m tools.admin" in capsys.readouterr().err


def record_three_calls(store: UsageStore) -> datetime:
    now = datetime.now(UTC)
    store.record("acme", [llm_call(name, ts=now, run_id="run-1") for name in "abc"], ONE_SHARD, now)
    return now


def test_verify_finds_no_drift_where_counters_agree(capsys: Capture) -> None:
    run(capsys, *CREATE)
    record_three_calls(process_memory())
    answer = run(capsys, "verify", "--tenant", "acme")
    assert (answer["tenant_id"], answer["events"], answer["drift"]) == ("acme", 3, [])
    assert datetime.fromisoformat(answer["since"]).date() < datetime.now(UTC).date()


def test_verify_ends_with_1_and_names_every_amount_that_drifted(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, *CREATE)
    now = record_three_calls(process_memory())
    lose_an_event(process_memory(), monkeypatch)
    assert main(["--json", "verify", "--tenant", "acme"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["events"] == 2
    assert answer["drift"] == [
        {"place": place, "metric": metric, "counted": 3 * amount, "expected": 2 * amount}
        for place in (f"{now.date()} {now.hour:02}h openai gpt-4.1-mini", "run run-1")
        for metric, amount in sorted(CALL.items())
    ]


def lose_an_event(store: UsageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the newest event be missing, as if something had deleted it and left what it counted."""
    scan_events = store.scan_events

    def scan_but_one(*arguments: Any, **options: Any) -> Iterator[RecordedEvent]:
        *kept, _ = sorted(scan_events(*arguments, **options), key=lambda event: event.ts)
        return iter(kept)

    monkeypatch.setattr(store, "scan_events", scan_but_one)


def test_a_configuration_with_holes_is_reported_and_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GWI_STORE")
    with pytest.raises(SystemExit, match="GOOGLE_CLOUD_PROJECT is missing"):
        main(["tenant", "show", "--id", "acme"])


def on_emulator(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the tool as a developer does."""
    return subprocess.run(
        [sys.executable, "-m", "tools.admin", "--json", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_works_on_the_firestore_that_the_environment_names(
    firestore_emulator_host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GWI_STORE")
    environment = {
        "GOOGLE_CLOUD_PROJECT": f"demo-{uuid4().hex[:12]}",
        "FIRESTORE_EMULATOR_HOST": firestore_emulator_host,
    }
    created = on_emulator(environment, *CREATE, "--plan", "starter")
    assert created.returncode == 0, created.stderr
    answer = json.loads(created.stdout)
    assert (answer["tenant"]["id"], answer["tenant"]["plan"]) == ("acme", "starter")
    container = Container(load_config(environment))
    assert tenant_access(container.authenticator, answer["api_key"], datetime.now(UTC)).tenant_id == "acme"
    record_three_calls(container.usage)
    verified = on_emulator(environment, "verify", "--tenant", "acme")
    assert (verified.returncode, json.loads(verified.stdout)["events"]) == (0, 3)
    assert on_emulator(environment, *CREATE).stderr == "conflict: tenant 'acme' exists already\n"


def test_tenants_are_listed_in_the_order_of_their_ids_page_by_page(capsys: Capture) -> None:
    assert run(capsys, "tenant", "list") == {"tenants": []}
    for tenant_id, plan in (("bolt", "starter"), ("acme", "free"), ("coil", "free")):
        run(capsys, "tenant", "create", "--id", tenant_id, "--name", tenant_id.title(), "--plan", plan)
    tenants = run(capsys, "tenant", "list")["tenants"]
    assert [(each["id"], each["name"], each["plan"]) for each in tenants] == [
        ("acme", "Acme", "free"),
        ("bolt", "Bolt", "starter"),
        ("coil", "Coil", "free"),
    ]
    page = run(capsys, "tenant", "list", "--after", "acme", "--limit", "1")["tenants"]
    assert [each["id"] for each in page] == ["bolt"]


def test_tenants_are_listed_by_filters_from_the_platforms_list(capsys: Capture) -> None:
    for tenant_id, plan in (("acme", "starter"), ("bolt", "free"), ("cube", "starter")):
        run(capsys, "tenant", "create", "--id", tenant_id, "--name", tenant_id.title(), "--plan", plan)
    run(capsys, "tenant", "suspend", "--id", "cube", "--reason", "unpaid")

    def ids(*options: str) -> list[str]:
        return [each["id"] for each in run(capsys, "tenant", "list", *options)["tenants"]]

    assert ids("--plan", "starter", "--sort", "name") == ["acme", "cube"]
    assert ids("--status", "suspended") == ["cube"]
    assert ids("--search", "bo") == ["bolt"]
    assert ids("--over-80") == ids("--past-due") == []
    first = run(capsys, "tenant", "list", "--sort", "name", "--limit", "2")
    assert ids("--sort", "name", "--cursor", first["next_cursor"]) == ["cube"]
    (row,) = run(capsys, "tenant", "list", "--search", "acme")["tenants"]
    assert (row["usage_percent"], row["status"], row["cost_usd"]) == (0, "active", "0.00")
    assert main(["tenant", "list", "--plan", "free", "--after", "acme"]) == 2
    assert "--cursor" in capsys.readouterr().err


def test_for_people_tenants_are_a_table(capsys: Capture) -> None:
    run(capsys, *CREATE)
    assert main(["tenant", "list"]) == 0
    count, head, row = capsys.readouterr().out.splitlines()
    assert count == "tenants: 1"
    assert head.split() == ["id", "name", "plan", "plan_version", "created_at", "suspended_at", "ended_at"]
    assert row.split()[:3] == ["acme", "Acme", "free"]
    assert head.index("plan") == row.index("free")


@pytest.mark.parametrize(
    "command", [("--json", "tenant", "list"), ("tenant", "list", "--json")], ids=" ".join
)
def test_json_may_be_asked_for_before_or_after_the_command(command: tuple[str, ...], capsys: Capture) -> None:
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out) == {"tenants": []}


def test_prices_are_imported_listed_set_and_removed(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text('[[price]]\nprovider = "openai"\nmodel = "gpt-5"\nfrom = "2026-11-01"\npercent = "-15"\n')
    shown = run(capsys, "price", "import", str(file), "--dry-run")
    assert shown["added"] == ['provider = "openai" model = "gpt-5" from = "2026-11-01" percent = "-15"']
    assert run(capsys, "price", "list")["version"] == 0
    assert run(capsys, "price", "import", str(file), "--reason", "contract")["version"] == 1
    lines = [
        'provider = "openai"',
        'model = "gpt-4o"',
        'from = "2026-11-01"',
        'per_million = { input = "2" }',
    ]
    assert run(capsys, "price", "set", *lines)["version"] == 2
    listed = run(capsys, "price", "list")["prices"]
    file.write_text(f"\ufeff# what `price list` prints\n{listed}")
    assert run(capsys, "price", "import", str(file))["added"] == []
    removed = run(capsys, "price", "remove", "--provider", "open_ai", "--model", "GPT-4o")
    assert (removed["version"], len(removed["removed"])) == (3, 1)
    changes = run(capsys, "price", "list", "--changes")["changes"]
    assert [each["action"] for each in changes] == [f"prices.version_{number}" for number in (3, 2, 1)]


def test_people_see_prices_as_a_file(capsys: Capture) -> None:
    run(capsys, "price", "set", 'provider = "x"', 'model = "y"', 'from = "2026-11-01"', 'percent = "5"')
    assert main(["price", "list"]) == 0
    assert capsys.readouterr().out.startswith('# version 1\n[[price]]\nprovider = "x"\n')


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'[[price]]\nprovider = "a"\n', "line 1: "),
        (b"\xff\xfe", "not UTF-8"),
        (None, "cannot be read"),
        (b"[[price]]\na = 1\n" * 50_000, "the maximum is 5000"),
    ],
)
def test_a_wrong_price_file_changes_nothing(
    content: bytes | None, says: str, capsys: Capture, tmp_path: Path
) -> None:
    file = tmp_path / "prices.toml"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    assert says in failed(capsys, "price", "import", str(file))
    assert run(capsys, "price", "list")["version"] == 0


def test_every_commands_help_ends_with_an_example_that_is_a_command() -> None:
    assert parser().parse_args(["--stack", "tenant", "list"]).stack
    commands = list(leaves(parser()))
    assert len(commands) > 30
    for command in commands:
        example = str(command.epilog).removeprefix(f"example:\n  {PROGRAM} ")
        assert command.prog == f"{PROGRAM} {example}"[: len(command.prog)]
        assert parser().parse_args(shlex.split(example)).run is command.get_default("run")


def leaves(command: ArgumentParser) -> Iterator[ArgumentParser]:
    """The commands at the ends of the tree of subcommands."""
    subcommands = [action for action in command._actions if isinstance(action, _SubParsersAction)]
    for each in subcommands:
        for child in each.choices.values():
            yield from leaves(child)
    if not subcommands:
        yield command
