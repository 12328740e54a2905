"""The admin tool's commands about plans: the file, what it changes, and moving tenants."""

from pathlib import Path

import pytest

from shared.adapters.default_plans import PATH
from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.tools.admin_calls import CREATE, Capture, failed, memory, run
from tools.admin.__main__ import main

__all__ = ["memory"]
pytestmark = pytest.mark.usefixtures("memory")
ON_STARTER = (*CREATE, "--plan", "starter")
MIGRATE = ("tenant", "migrate-plan", "--plan", "starter")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The default plans, with more tokens on plan starter."""
    path = tmp_path / "plans.toml"
    path.write_text(PATH.read_text("utf-8").replace("tokens = 500_000", "tokens = 600_000"), "utf-8")
    return path


def test_what_is_shown_can_be_applied_and_changes_nothing(capsys: Capture, tmp_path: Path) -> None:
    assert main(["plans", "show"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("# version 0\n[[plan]]\n")
    path = tmp_path / "same.toml"
    path.write_text(shown, "utf-8")
    assert run(capsys, "plans", "apply", str(path)) == {"version": 0, "plans": [], "others": []}


def test_a_diff_changes_nothing_and_apply_does_what_it_said(capsys: Capture, file: Path) -> None:
    run(capsys, *ON_STARTER)
    expected = {
        "version": 1,
        "plans": [
            {"plan": "starter", "version": 2, "what": "tokens: 500000 → 600000", "tenants": "1 on version 1"}
        ],
        "others": [],
    }
    assert run(capsys, "plans", "diff", str(file)) == expected
    assert run(capsys, "plans", "show")["version"] == 0
    assert run(capsys, "plans", "apply", str(file), "--reason", "more") == expected
    shown = run(capsys, "plans", "show")
    assert (shown["version"], shown["plan_versions"]["starter"]) == (1, 2)
    (change,) = run(capsys, "plans", "show", "--changes")["changes"]
    assert (change["action"], change["reason"]) == ("plans.version_1", "more")


def test_a_wrong_file_reports_every_problem_by_its_line_and_changes_nothing(
    capsys: Capture, tmp_path: Path
) -> None:
    path = tmp_path / "plans.toml"
    path.write_text(
        '[[plan]]\nid = "free"\nname = "A"\ntokens = -1\ncolour = 1\n[aliases]\na = "a"\n', "utf-8"
    )
    said = failed(capsys, "plans", "apply", str(path)).splitlines()
    assert [line.partition(" (got")[0] for line in said] == [
        "invalid_input: line 1: tokens: Input should be greater than or equal to 1",
        "line 1: colour: Extra inputs are not permitted",
        "alias 'a': it leads back to 'a'",
    ]
    assert "cannot be read" in failed(capsys, "plans", "apply", str(tmp_path))
    assert run(capsys, "plans", "show")["version"] == 0


def test_a_plan_that_somebody_has_cannot_go(capsys: Capture, tmp_path: Path) -> None:
    run(capsys, *ON_STARTER)
    path = tmp_path / "plans.toml"
    path.write_text('[[plan]]\nid = "free"\nname = "Free"\n', "utf-8")
    assert failed(capsys, "plans", "diff", str(path)).startswith("plan_in_use: ")


def test_tenants_are_moved_only_when_it_is_said_and_the_audit_says_why(capsys: Capture, file: Path) -> None:
    run(capsys, *ON_STARTER)
    run(capsys, "plans", "apply", str(file))
    move = {"tenant_id": "acme", "from": 1, "to": 2}
    assert run(capsys, *MIGRATE) == {"plan": "starter", "moves": [move | {"result": "would be moved"}]}
    assert run(capsys, "tenant", "show", "--id", "acme")["limits"]["tokens"] == 500_000
    assert run(capsys, *MIGRATE, "--from-version", "2")["moves"] == []
    moved = run(capsys, *MIGRATE, "--tenant", "acme", "--apply", "--reason", "more for all")
    assert moved["moves"] == [move | {"result": "moved"}]
    shown = run(capsys, "tenant", "show", "--id", "acme")
    assert (shown["tenant"]["plan_version"], shown["limits"]["tokens"]) == (2, 600_000)
    entry = trail_of(process_memory())[-1]
    assert (entry.action, entry.reason) == ("plan.version_changed", "more for all")
    assert run(capsys, *MIGRATE)["moves"] == []


def test_new_tenants_and_grants_get_the_newest_version(capsys: Capture, file: Path) -> None:
    run(capsys, "plans", "apply", str(file))
    assert run(capsys, *ON_STARTER)["tenant"]["plan_version"] == 2
    run(capsys, "tenant", "set-plan", "--id", "acme", "--plan", "free")
    grant = ("tenant", "grant", "--id", "acme", "--plan", "starter", "--until", "never", "--reason", "pilot")
    answer = run(capsys, *grant)
    assert (answer["grant"]["plan_version"], answer["limits"]["tokens"]) == (2, 600_000)


def test_an_unknown_plan_or_tenant_is_reported(capsys: Capture) -> None:
    assert "plan 'gold' does not exist" in failed(capsys, "tenant", "migrate-plan", "--plan", "gold")
    assert "there is no tenant ghost" in failed(capsys, *MIGRATE, "--tenant", "ghost")
