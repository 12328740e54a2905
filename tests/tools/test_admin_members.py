"""The admin tool: letting somebody who has an account into a tenant, and out of it."""

from datetime import UTC, datetime

import pytest

from shared.adapters.memory.people.identities import MemoryAccount
from shared.domain.people.audit import Change
from shared.stores import process_memory
from shared.usecases.people.manage_keys import KeyRequest, create_key
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


def test_an_account_whose_address_is_not_verified_is_refused(capsys: Capture) -> None:
    """Anybody can sign up with somebody else's address."""
    process_memory().save_account(MemoryAccount(user_id="eve", email="eve@example.com", email_verified=False))
    said = failed(capsys, *ADD[:-3], "eve@example.com", *ADD[-2:])
    assert said.startswith("email_not_verified: email: 'eve@example.com' is not verified")
    assert process_memory().list_members("acme") == []


@pytest.mark.parametrize("email", ["\u212aay@example.com", "\uff41da@example.com"])
def test_an_address_that_only_looks_like_that_of_an_account_is_refused(capsys: Capture, email: str) -> None:
    process_memory().save_account(MemoryAccount(user_id="kay", email="kay@example.com"))
    said = failed(capsys, *ADD[:-3], email, *ADD[-2:])
    assert ("is not an email address" in said, said.isascii()) == (True, True)


def _add_bob_and_a_key_of_his(capsys: Capture) -> str:
    run(capsys, *ADD)
    process_memory().save_account(MemoryAccount(user_id="bob", email="bob@example.com"))
    run(capsys, *ADD[:-3], "bob@example.com", "--role", "admin")
    request = KeyRequest(label="deploy", scopes=("usage:read",), is_live=False)
    by_bob = Change("member:bob@example.com", datetime.now(UTC))
    return create_key(process_memory(), "acme", request, by_bob).key.id


def test_members_are_listed_with_the_number_of_keys_they_made(capsys: Capture) -> None:
    _add_bob_and_a_key_of_his(capsys)
    listed = run(capsys, "member", "list", "--tenant", "acme")["members"]
    assert [(each["email"], each["role"], each["valid_keys"]) for each in listed] == [
        ("ada@example.com", "owner", 0),
        ("bob@example.com", "admin", 1),
    ]


@pytest.mark.parametrize("name", ["bob", "Bob@Example.com"])
def test_a_removed_member_is_named_with_the_keys_that_still_work(capsys: Capture, name: str) -> None:
    key_id = _add_bob_and_a_key_of_his(capsys)
    answer = run(
        capsys, "member", "remove", "--tenant", "acme", "--member", name, "--reason", "left the company"
    )
    assert answer["removed"]["id"] == "bob"
    assert [(key["id"], key["created_by"]) for key in answer["valid_keys"]] == [
        (key_id, "member:bob@example.com")
    ]
    assert process_memory().find_membership("acme", "bob") is None
    entry = trail_of(process_memory(), "acme")[-1]
    assert (entry.action, entry.before, entry.reason) == ("member.removed", "admin", "bob@example.com")


def test_the_last_owner_is_not_removed(capsys: Capture) -> None:
    run(capsys, *ADD)
    assert "last_owner: ada@example.com" in failed(
        capsys, "member", "remove", "--tenant", "acme", "--member", "ada"
    )


def test_who_is_no_member_cannot_be_removed(capsys: Capture) -> None:
    said = failed(capsys, "member", "remove", "--tenant", "acme", "--member", "bob@example.com")
    assert "not_found: this tenant has no member 'bob@example.com'" in said


def test_of_two_members_of_one_address_the_id_decides(capsys: Capture) -> None:
    run(capsys, *ADD)
    process_memory().delete_account("ada")
    process_memory().save_account(MemoryAccount(user_id="ada-2", email="ada@example.com"))
    run(capsys, *ADD)
    remove = ("member", "remove", "--tenant", "acme", "--member")
    assert "name one by its id: ada, ada-2" in failed(capsys, *remove, "ada@example.com")
    assert run(capsys, *remove, "ada")["removed"]["id"] == "ada"
