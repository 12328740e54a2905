"""Roles and permissions, authority over members, the last owner, addresses and ids."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import Conflict, Forbidden, InvalidInput
from shared.domain.people.members import (
    INVITATION_LASTS,
    PERMISSIONS,
    ROLES,
    Identity,
    Invitation,
    Member,
    Permission,
    Role,
    email_id,
    new_member,
    normalise_email,
    remaining_owner,
    require_authority,
    tenant_slug,
    valid_email,
)
from shared.domain.tenant_ids import is_tenant_id
from tests.sample_events import NOON


def member(user_id: str, role: Role) -> Member:
    return Member(user_id=user_id, email=f"{user_id}@example.com", name=None, role=role, joined_at=NOON)


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        ("usage:read", {"owner", "admin", "member"}),
        ("limits:read", {"owner", "admin"}),
        ("billing:write", {"owner", "admin"}),
        ("keys:write", {"owner", "admin"}),
        ("members:write", {"owner", "admin"}),
        ("usage:write", set()),
    ],
)
def test_roles_include_permissions(permission: Permission, roles: set[Role]) -> None:
    assert {role for role in ROLES if permission in PERMISSIONS[role]} == roles


@pytest.mark.parametrize(
    ("by", "over", "allowed"),
    [
        ("owner", {"owner"}, True),
        ("owner", {"owner", "member"}, True),
        ("owner", {"admin"}, True),
        ("admin", {"admin"}, True),
        ("admin", {"member", "admin"}, True),
        ("admin", {"owner"}, False),
        ("admin", {"member", "owner"}, False),
        ("admin", {"owner", "admin"}, False),
        ("member", {"member"}, False),
        ("member", {"owner"}, False),
        (None, {"member"}, False),
    ],
)
def test_roles_may_give_and_take_roles(by: Role | None, over: set[Role], allowed: bool) -> None:
    if allowed:
        require_authority(by, over)
        return
    with pytest.raises(Forbidden) as refusal:
        require_authority(by, over)
    assert refusal.value.code == "missing_role"


def test_the_last_owner_cannot_leave() -> None:
    everybody = [member("ada", "owner"), member("bob", "admin"), member("cy", "member")]
    with pytest.raises(Conflict, match=r"ada@example\.com is the last owner") as refusal:
        remaining_owner(everybody, everybody[0])
    assert refusal.value.code == "last_owner"


def test_an_owner_can_leave_if_another_one_remains() -> None:
    everybody = [member("ada", "owner"), member("bob", "member"), member("cy", "owner")]
    assert remaining_owner(everybody, everybody[0]) == everybody[2]
    assert remaining_owner(everybody, everybody[2]) == everybody[0]


def test_a_member_who_is_no_owner_can_always_leave() -> None:
    assert remaining_owner([member("bob", "admin")], member("bob", "admin")) is None


def test_an_invitation_lasts_two_weeks() -> None:
    assert timedelta(days=14) == INVITATION_LASTS


@pytest.mark.parametrize("text", ["ada@example.com", " Ada@Example.COM\n", "ADA@EXAMPLE.COM"])
def test_an_address_is_the_same_however_it_is_written(text: str) -> None:
    assert normalise_email(text) == valid_email(text) == "ada@example.com"
    assert Invitation(
        email=valid_email(text), role="member", invited_by="x", invited_at=NOON, expires_at=NOON
    ).id == email_id("ada@example.com")


@pytest.mark.parametrize(
    "text",
    [
        *("", "ada", "ada@", "@example.com", "ada@example", "a da@example.com", "ada@example..com."),
        *("ada@example.com,bob@example.com", "Ada <ada@example.com>", "a@b@example.com"),
        *("ada@example.com\r\nBcc: all@example.com", "ada\x00@example.com", "a" * 250 + "@example.com"),
    ],
)
def test_a_malformed_address_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(InvalidInput, match="email: ") as refusal:
        valid_email(text)
    assert refusal.value.problems[0].field == "email"


KELVIN, FULL_WIDTH_A = "\u212a", "\uff41"


@pytest.mark.parametrize(
    "text", [f"{KELVIN}ay@example.com", f"{FULL_WIDTH_A}da@example.com", "ada@exämple.com", "ſam@example.com"]
)
def test_an_address_that_only_looks_like_another_is_neither_it_nor_invited(text: str) -> None:
    """`lower()` makes `k` of the Kelvin sign, so its owner could have accepted the invitation of another mailbox."""
    assert not normalise_email(text).isascii()
    with pytest.raises(InvalidInput, match="is not an email address"):
        valid_email(text)


@given(st.text(), st.text())
def test_addresses_are_the_same_only_if_they_differ_in_ascii_case(one: str, other: str) -> None:
    plain, same = one.strip(), other.strip()
    are_equal = normalise_email(one) == normalise_email(other)
    assert are_equal == (
        plain == same or (plain.isascii() and same.isascii() and plain.lower() == same.lower())
    )
    assert (email_id(one) == email_id(other)) == are_equal


def test_an_account_joins_without_a_name_that_would_hide_or_link() -> None:
    user = Identity(
        user_id="eve", email="eve@example.com", email_verified=True, name="Eve\u202e moc", expires_at=NOON
    )
    assert new_member(user, "member", NOON) == replace(member("eve", "member"), name=None)
    named = replace(user, name=" Eve  Example ")
    assert new_member(named, "member", NOON) == replace(member("eve", "member"), name="Eve Example")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme", "acme-1f3a"),
        ("Acme, Inc.", "acme-inc-1f3a"),
        ("Söhne & Töchter", "sohne-tochter-1f3a"),
        ("<script>alert(1)</script>", "script-alert-1-script-1f3a"),
        ("株式会社", "tenant-1f3a"),
        ("-- --", "tenant-1f3a"),
        ("x" * 200, "x" * 40 + "-1f3a"),
        ("../../etc", "etc-1f3a"),
    ],
)
def test_a_tenant_id_is_the_name_in_ascii_and_a_random_part(name: str, slug: str) -> None:
    assert tenant_slug(name, "1f3a") == slug
    assert is_tenant_id(slug)
    assert re.fullmatch("[a-z0-9-]+", slug)


@pytest.mark.parametrize("text", ["", "..", "a/b", "acme ", "-acme", "ä", "x" * 65, "acme\n", "__x__"])
def test_malformed_tenant_ids_are_recognised(text: str) -> None:
    assert not is_tenant_id(text)
