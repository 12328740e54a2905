"""The admin tool's keys: created, listed, rotated and revoked, and never shown a second time."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.errors import NotAuthenticated
from shared.domain.people.keys import key_id
from tests.tools.admin_calls import CREATE, Capture, access, failed, memory, run
from tools.admin.__main__ import main

__all__ = ["memory"]
pytestmark = pytest.mark.usefixtures("memory")


def test_a_created_key_has_the_scopes_label_and_end_it_was_given(capsys: Capture) -> None:
    run(capsys, *CREATE)
    command = ("key", "create", "--tenant", "acme", "--label", "dashboard", "--scope", "usage:read")
    answer = run(capsys, *command, "--scope", "limits:read", "--expires-in-days", "30")
    key = answer["key"]
    assert key.keys() == {
        "id",
        "prefix",
        "label",
        "scopes",
        "created_at",
        "expires_at",
        "revoked_at",
        "created_by",
    }
    assert (key["label"], key["scopes"], key["revoked_at"]) == ("dashboard", "usage:read limits:read", None)
    created, expires = (datetime.fromisoformat(key[name]) for name in ("created_at", "expires_at"))
    assert expires - created == timedelta(days=30)
    assert key["id"] == key_id(answer["api_key"])
    assert answer["api_key"].startswith(key["prefix"])
    assert access(answer["api_key"]).permissions == ("usage:read", "limits:read")


def test_the_first_key_and_a_key_without_scopes_record_and_check_only(capsys: Capture) -> None:
    first = run(capsys, *CREATE)["api_key"]
    second = run(capsys, "key", "create", "--tenant", "acme")["api_key"]
    for secret in (first, second):
        assert access(secret).permissions == ("usage:write", "limits:read")


def test_list_shows_every_key_and_no_secret(capsys: Capture) -> None:
    secrets = [run(capsys, *CREATE)["api_key"], run(capsys, "key", "create", "--tenant", "acme")["api_key"]]
    assert main(["--json", "key", "list", "--tenant", "acme"]) == 0
    printed = capsys.readouterr().out
    assert [key["id"] for key in json.loads(printed)["keys"]] == [key_id(secret) for secret in secrets]
    assert not any(secret in printed for secret in secrets)


def test_for_people_ids_are_short_enough_to_type_and_long_enough_to_use(capsys: Capture) -> None:
    secret = run(capsys, *CREATE)["api_key"]
    assert main(["key", "list", "--tenant", "acme"]) == 0
    shown = capsys.readouterr().out.splitlines()[2].split()[0]
    assert (len(shown), key_id(secret).startswith(shown)) == (12, True)
    assert run(capsys, "key", "revoke", "--tenant", "acme", "--key", shown)["key"]["id"] == key_id(secret)


def test_a_rotated_key_works_on_beside_its_successor_for_the_overlap(capsys: Capture) -> None:
    previous = run(capsys, *CREATE)["api_key"]
    successor = run(capsys, "key", "rotate", "--tenant", "acme", "--key", key_id(previous)[:8])["api_key"]
    assert access(previous).tenant_id == access(successor).tenant_id == "acme"
    listed = {key["id"]: key for key in run(capsys, "key", "list", "--tenant", "acme")["keys"]}
    ends = datetime.fromisoformat(listed[key_id(previous)]["expires_at"])
    assert timedelta(hours=23) < ends - datetime.now(UTC) <= timedelta(hours=24)
    assert listed[key_id(successor)]["expires_at"] is None


def test_a_rotation_without_overlap_ends_the_previous_key_at_once(capsys: Capture) -> None:
    previous = run(capsys, *CREATE)["api_key"]
    run(capsys, "key", "rotate", "--tenant", "acme", "--key", key_id(previous), "--overlap-hours", "0")
    with pytest.raises(NotAuthenticated):
        access(previous)


@pytest.mark.parametrize("name", [key_id, lambda secret: key_id(secret)[:8]])
def test_a_key_is_revoked_by_its_id_or_the_start_of_that(name: Any, capsys: Capture) -> None:
    secret = run(capsys, *CREATE)["api_key"]
    answer = run(capsys, "key", "revoke", "--tenant", "acme", "--key", name(secret))
    assert answer["key"]["revoked_at"] is not None
    with pytest.raises(NotAuthenticated):
        access(secret)


@pytest.mark.parametrize("action", ["rotate", "revoke"])
def test_a_key_itself_is_no_argument_and_is_not_repeated(action: str, capsys: Capture) -> None:
    secret = run(capsys, *CREATE)["api_key"]
    with pytest.raises(SystemExit, match="2"):
        main(["key", action, "--tenant", "acme", "--key", secret])
    said = capsys.readouterr().err
    assert ("a key is a secret" in said, secret in said) == (True, False)
    assert access(secret).tenant_id == "acme"


@pytest.mark.parametrize("action", ["rotate", "revoke"])
def test_a_key_itself_is_read_from_standard_input(
    action: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = run(capsys, *CREATE)["api_key"]
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{secret}\n"))
    extra = ("--overlap-hours", "0") if action == "rotate" else ()
    run(capsys, "key", action, "--tenant", "acme", "--key", "-", *extra)
    with pytest.raises(NotAuthenticated):
        access(secret)


def test_after_a_leak_all_keys_of_a_tenant_end_and_those_of_others_work_on(capsys: Capture) -> None:
    secrets = [run(capsys, *CREATE)["api_key"], run(capsys, "key", "create", "--tenant", "acme")["api_key"]]
    other = run(capsys, "tenant", "create", "--id", "globex", "--name", "Globex")["api_key"]
    answer = run(capsys, "key", "revoke", "--tenant", "acme", "--all")
    assert [key["id"] for key in answer["revoked"]] == [key_id(secret) for secret in secrets]
    for secret in secrets:
        with pytest.raises(NotAuthenticated):
            access(secret)
    assert access(other).tenant_id == "globex"
    assert run(capsys, "key", "revoke", "--tenant", "acme", "--all")["revoked"] == []
    assert "tenant 'nobody' does not exist" in failed(capsys, "key", "revoke", "--tenant", "nobody", "--all")


def test_a_label_with_a_link_is_refused(capsys: Capture) -> None:
    run(capsys, *CREATE)
    said = failed(capsys, "key", "create", "--tenant", "acme", "--label", "see www.evil.example")
    assert "label: 'see www.evil.example' is not" in said


@pytest.mark.parametrize("name", ["", "0", 64 * "0"])
@pytest.mark.parametrize("action", ["rotate", "revoke"])
def test_a_key_that_is_not_there_is_not_found(action: str, name: str, capsys: Capture) -> None:
    secret = run(capsys, *CREATE)["api_key"]
    assert "no single key of tenant" in failed(capsys, "key", action, "--tenant", "acme", "--key", name)
    assert access(secret).tenant_id == "acme"


def test_a_key_of_another_tenant_is_not_found(capsys: Capture) -> None:
    secret = run(capsys, *CREATE)["api_key"]
    run(capsys, "tenant", "create", "--id", "globex", "--name", "Globex")
    assert "no single key of tenant" in failed(
        capsys, "key", "revoke", "--tenant", "globex", "--key", key_id(secret)
    )
    assert access(secret).tenant_id == "acme"
