"""The admin tool: making somebody an operator of the platform, and ending that."""

import pytest

from shared.adapters.memory.people.identities import MemoryAccount
from shared.stores import process_memory
from tests.tools.admin_calls import Capture, failed, memory, run

__all__ = ["memory"]


@pytest.fixture(autouse=True)
def _accounts(memory: None) -> None:
    """Somebody with a verified address, and somebody without."""
    process_memory().save_account(MemoryAccount(user_id="ada", email="ada@example.com"))
    process_memory().save_account(MemoryAccount(user_id="eve", email="eve@example.com", email_verified=False))


def test_an_operator_is_added_listed_and_removed(capsys: Capture) -> None:
    added = run(capsys, "operator", "add", "Ada@example.com")["operator"]
    assert (added["id"], added["email"]) == ("ada", "ada@example.com")
    assert run(capsys, "operator", "add", "ada@example.com")["operator"] == added
    assert run(capsys, "operator", "list") == {"operators": [added]}
    assert run(capsys, "operator", "remove", "ada@example.com") == {"removed": added}
    assert run(capsys, "operator", "list") == {"operators": []}
    audit = process_memory().list_audit(None, limit=10).items
    assert [entry.action for entry in audit] == ["operator.removed", "operator.added"]


def test_only_a_verified_account_becomes_an_operator(capsys: Capture) -> None:
    assert failed(capsys, "operator", "add", "eve@example.com").startswith("email_not_verified")
    assert failed(capsys, "operator", "add", "bob@example.com").startswith("not_found")


def test_removing_who_is_no_operator_is_reported(capsys: Capture) -> None:
    assert "there is no operator with 'ada@example.com'" in failed(
        capsys, "operator", "remove", "ada@example.com"
    )
