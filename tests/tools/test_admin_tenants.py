"""The admin tool changes tenants, and lists them and their changes, as an operator does by the API."""

import csv
import io

import pytest

from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.tools.admin_calls import CREATE, Capture, failed, memory, run
from tools.admin.__main__ import main

__all__ = ["memory"]
pytestmark = pytest.mark.usefixtures("memory")
CHANGE = ("tenant", "change", "--id", "acme")


def test_a_name_and_metadata_are_changed_for_a_reason(capsys: Capture) -> None:
    run(capsys, *CREATE)
    options = ("--name", "Acme Inc.", "--metadata", "crm_id=7", "--metadata", "note=a=b", "--reason", "sold")
    changed = run(capsys, *CHANGE, *options)["tenant"]
    assert (changed["name"], changed["metadata"]) == ("Acme Inc.", {"crm_id": "7", "note": "a=b"})
    entry = trail_of(process_memory())[-1]
    assert (entry.action, entry.reason, entry.actor_kind) == ("tenant.changed", "sold", "operator")
    kept = run(capsys, *CHANGE, "--metadata", "crm_id=8")["tenant"]
    assert (kept["name"], kept["metadata"]) == ("Acme Inc.", {"crm_id": "8"})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "nothing to change"),
        (("--name", "see http://evil.example"), "name"),
        (("--metadata", f"{'k' * 41}=v"), "metadata"),
        (("--name", "Bolt", "--id", "nobody"), "'nobody' does not exist"),
    ],
)
def test_a_wrong_change_of_a_tenant_changes_nothing(
    options: tuple[str, ...], words: str, capsys: Capture
) -> None:
    run(capsys, *CREATE)
    assert words in failed(capsys, *CHANGE, *options)
    assert [each.action for each in trail_of(process_memory())] == ["tenant.created"]


def test_the_list_is_printed_as_csv(capsys: Capture) -> None:
    run(capsys, *CREATE)
    run(capsys, "tenant", "create", "--id", "bolt", "--name", "=1+2", "--plan", "starter")
    assert main(["tenant", "list", "--csv", "--plan", "starter"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["id"], row["name"], row["status"]) == ("bolt", "'=1+2", "active")
    assert main(["tenant", "list", "--csv", "--after", "acme"]) == 2


def test_an_audit_log_goes_on_where_a_page_ended(capsys: Capture) -> None:
    run(capsys, *CREATE)
    run(capsys, *CHANGE, "--name", "Acme Inc.")
    audit = ("audit", "--tenant", "acme", "--limit", "1")
    first = run(capsys, *audit)
    second = run(capsys, *audit, "--cursor", first["next_cursor"])
    actions = [each["action"] for each in first["audit"] + second["audit"]]
    assert sorted(actions) == ["tenant.changed", "tenant.created"]
    assert second["next_cursor"] is None
