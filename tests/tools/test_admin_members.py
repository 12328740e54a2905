"""The admin tool: letting somebody who has an account into a tenant."""

import pytest

from shared.adapters.memory.people.identities import MemoryAccount
from shared.bootstrap import process_memory
from tests.audit_trail import trail_of
from tests.tools.admin_calls import CREATE, Capture, failed, memory, run
from tools.admin.__main__ import main

__all__ = ["memory"]
ADD = ("member", "add", "--tenant", "acme", "--email", "Ada@Example.com", "--role", "owner")


@pytest.fixture(autouse=True)
def _acme(memory: None, capsys: Capture) -> None:
    """A tenant, and somebody who has an account."""
    process_memory().save_account(MemoryAccount(user_id="ada", email="ada@example.com", name="Ada"))
    run(capsys, *CREATE)


def test_who_has_an_account_becomes_a_member(capsys: Capture) -> None:
    member = {"id": "ada", "email": "ada@example.com", "role": "owner"}
    assert run(capsys, *ADD) == {"tenant_id": "acme", "member": member}
    membership = process_memory().find_membership("acme", "ada")
    assert membership is not None
    assert (membership.member.role, membership.member.email, membership.member.name) == (
        "owner",
        "ada@example.com",
        "Ada",
    )
    entry = next(each for each in trail_of(process_memory(), "acme") if each.action == "member.added")
    assert (entry.before, entry.after, entry.reason) == (None, "owner", "ada@example.com")
    assert entry.actor.startswith("admin:")


def test_who_is_a_member_already_is_refused(capsys: Capture) -> None:
    run(capsys, *ADD)
    assert "already_member: ada@example.com is already a member of 'acme'" in failed(capsys, *ADD)


def test_an_unknown_account_is_named(capsys: Capture) -> None:
    unknown = (*ADD[:-3], "bob@example.com", *ADD[-2:])
    assert "not_found: email: there is no account with 'bob@example.com'" in failed(capsys, *unknown)


def test_an_unknown_tenant_is_named(capsys: Capture) -> None:
    unknown = ("member", "add", "--tenant", "globex", *ADD[4:])
    assert "not_found: tenant 'globex' does not exist" in failed(capsys, *unknown)


def test_what_is_no_address_is_named(capsys: Capture) -> None:
    assert "'ada' is not an email address" in failed(capsys, *ADD[:-3], "ada", *ADD[-2:])


def test_a_role_that_does_not_exist_is_a_wrong_call() -> None:
    with pytest.raises(SystemExit, match="2"):
        main([*ADD[:-1], "king"])
