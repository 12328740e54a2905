"""The admin tool's platform keys: created, listed, rotated and revoked, with each change in its audit log."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.errors import NotAuthenticated
from shared.domain.people.keys import key_id
from shared.stores import process_memory
from shared.usecases.people.authenticate import KeyAuthenticator, PlatformAccess
from tests.audit_trail import trail_of
from tests.tools.admin_calls import CREATE, Capture, failed, memory, run
from tools.admin.__main__ import main

__all__ = ["memory"]
pytestmark = pytest.mark.usefixtures("memory")
CREATE_KEY = ("platform-key", "create", "--label", "backend", "--scope", "usage:write")


def platform_access(secret: str) -> PlatformAccess:
    """The access of a platform key, as a new instance finds it."""
    access = KeyAuthenticator(process_memory()).authenticate(secret, datetime.now(UTC))
    assert isinstance(access, PlatformAccess)
    return access


def test_a_created_platform_key_has_the_scopes_and_the_end_it_was_given(capsys: Capture) -> None:
    answer = run(capsys, *CREATE_KEY, "--scope", "tenants:write", "--expires-in-days", "30")
    key, secret = answer["key"], answer["api_key"]
    assert secret.startswith("gwi_platform_test_")
    assert (key["id"], key["label"], key["scopes"]) == (
        key_id(secret),
        "backend",
        "usage:write tenants:write",
    )
    created, expires = (datetime.fromisoformat(key[name]) for name in ("created_at", "expires_at"))
    assert expires - created == timedelta(days=30)
    assert platform_access(secret).permissions[0] == "usage:write"
    assert "limits:read" not in platform_access(secret).permissions


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--label", "backend"),
        ("--scope", "usage:write"),
        ("--label", "backend", "--scope", "members:write"),
        ("--label", "backend", "--scope", "usage:write", "--expires-in-days", "0"),
    ],
)
def test_a_platform_key_needs_a_label_and_scopes_that_exist(
    options: tuple[str, ...], capsys: Capture
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["platform-key", "create", *options])
    assert capsys.readouterr().out == ""
    assert run(capsys, "platform-key", "list")["keys"] == []


def test_the_secret_is_shown_once_and_only_to_standard_output(capsys: Capture) -> None:
    assert main(list(CREATE_KEY)) == 0
    printed = capsys.readouterr()
    (secret,) = [
        word for word in printed.out.split() if word.startswith("gwi_platform_test_") and len(word) > 40
    ]
    assert secret not in printed.err
    assert main(["--json", "platform-key", "list"]) == 0
    listed = capsys.readouterr()
    assert [key["id"] for key in json.loads(listed.out)["keys"]] == [key_id(secret)]
    assert secret not in listed.out


def test_platform_keys_are_not_listed_with_those_of_a_tenant(capsys: Capture) -> None:
    own = run(capsys, *CREATE)["api_key"]
    platforms = run(capsys, *CREATE_KEY)["api_key"]
    assert [key["id"] for key in run(capsys, "platform-key", "list")["keys"]] == [key_id(platforms)]
    assert [key["id"] for key in run(capsys, "key", "list", "--tenant", "acme")["keys"]] == [key_id(own)]


def test_a_rotated_platform_key_works_on_beside_its_successor_for_the_overlap(capsys: Capture) -> None:
    previous = run(capsys, *CREATE_KEY)["api_key"]
    rotate = ("platform-key", "rotate", "--key", key_id(previous)[:8])
    successor = run(capsys, *rotate, "--overlap-hours", "2")["api_key"]
    assert platform_access(previous).permissions == platform_access(successor).permissions
    listed = {key["id"]: key for key in run(capsys, "platform-key", "list")["keys"]}
    ends = datetime.fromisoformat(listed[key_id(previous)]["expires_at"])
    assert timedelta(hours=1) < ends - datetime.now(UTC) <= timedelta(hours=2)


def test_a_revoked_platform_key_is_refused(capsys: Capture) -> None:
    secret = run(capsys, *CREATE_KEY)["api_key"]
    run(capsys, "platform-key", "revoke", "--key", key_id(secret))
    with pytest.raises(NotAuthenticated):
        platform_access(secret)


def test_a_tenants_key_is_no_platform_key(capsys: Capture) -> None:
    own = run(capsys, *CREATE)["api_key"]
    said = failed(capsys, "platform-key", "revoke", "--key", key_id(own))
    assert "no single key of the platform" in said


def test_each_change_is_in_the_platforms_audit_log(capsys: Capture) -> None:
    secret = run(capsys, *CREATE_KEY)["api_key"]
    successor = run(capsys, "platform-key", "rotate", "--key", key_id(secret))["key"]
    run(capsys, "platform-key", "revoke", "--key", key_id(secret))
    entries = run(capsys, "audit")["audit"]
    assert [each["action"] for each in entries] == ["key.revoked", "key.rotated", "key.created"]
    assert (entries[1]["before"], entries[1]["after"]) == (secret[:23], successor["prefix"])
    assert all(each["actor"].startswith("admin:") and each["tenant_id"] is None for each in entries)
    assert secret not in json.dumps(entries)


def test_the_audit_log_of_a_tenant_is_listed_by_its_id(capsys: Capture) -> None:
    run(capsys, *CREATE)
    run(capsys, "tenant", "set-plan", "--id", "acme", "--plan", "pro", "--reason", "pilot")
    (newest,) = run(capsys, "audit", "--tenant", "acme", "--limit", "1")["audit"]
    assert (newest["action"], newest["after"], newest["reason"]) == ("plan.changed", "professional", "pilot")
    assert len(trail_of(process_memory())) == 2
    assert "tenant 'nobody' does not exist" in failed(capsys, "audit", "--tenant", "nobody")
