"""How firebase-tools are called, and the Auth emulator that they run."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tools.dev.auth_emulator import auth_emulator, create_user
from tools.dev.errors import StackError
from tools.dev.firebase_tools import Emulator, node, start_emulator
from tools.dev.loopback import get, post_json
from tools.dev.settings import PROJECT_ID, ROOT

RULES = ROOT / "firestore.rules"


@pytest.fixture
def fake_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `node` that tells what it is called with and in which environment."""
    file = tmp_path / "path" / "node"
    file.parent.mkdir()
    file.write_text('#!/bin/sh\n[ "$1" = --version ] && echo v22.1.0 && exit\necho "$@"; /usr/bin/env\n')
    file.chmod(0o755)
    monkeypatch.setenv("PATH", str(file.parent))
    return file


def call_of(logs: Path, name: str, rules: Path | None) -> tuple[str, Mapping[str, str]]:
    """The arguments and the environment of firebase-tools that run one emulator."""
    emulator = Emulator(name=name, port=4711, project="demo-x", rules=rules)
    server = start_emulator(emulator, logs, os.environ)
    os.waitid(os.P_PID, server.process.group, os.WEXITED | os.WNOWAIT)
    server.process.stop()
    arguments, *environment = server.process.log.read_text().splitlines()
    return arguments, dict(line.split("=", 1) for line in environment if "=" in line)


@pytest.mark.parametrize(("name", "rules"), [("firestore", RULES), ("pubsub", None), ("auth", None)])
def test_an_emulator_works_in_a_folder_of_its_own(
    tmp_path: Path, fake_node: Path, name: str, rules: Path | None
) -> None:
    arguments, environment = call_of(tmp_path, name, rules)
    config = tmp_path / name / "firebase.json"
    assert f"emulators:start --only {name} --project demo-x --config {config} --non-interactive" in arguments
    assert environment["TMPDIR"] == environment["XDG_CONFIG_HOME"] == str(tmp_path / name)
    emulators = json.loads(config.read_text())["emulators"]
    assert (emulators[name]["host"], emulators[name]["port"]) == ("127.0.0.1", 4711)
    ports = [emulators[each]["port"] for each in (name, "hub", "logging")]
    assert len(set(ports)) == len(ports)
    assert emulators["ui"] == {"enabled": False}


def test_only_firestore_has_rules_and_works_on_a_copy_of_them(tmp_path: Path, fake_node: Path) -> None:
    call_of(tmp_path, "firestore", RULES)
    call_of(tmp_path, "pubsub", None)
    config = json.loads((tmp_path / "firestore/firebase.json").read_text())
    assert config["firestore"] == {"rules": RULES.name}
    assert (tmp_path / "firestore" / RULES.name).read_text() == RULES.read_text()
    assert "pubsub" not in json.loads((tmp_path / "pubsub/firebase.json").read_text())


@pytest.mark.parametrize(("version", "found"), [("v18.19.1", "v18.19.1"), (None, "none")])
def test_an_old_or_missing_node_is_named_with_the_way_without_it(
    tmp_path: Path, fake_node: Path, version: str | None, found: str
) -> None:
    fake_node.write_text(f"#!/bin/sh\necho {version}\n") if version else fake_node.unlink()
    with pytest.raises(
        StackError, match=f'Node.js 20 or newer is needed, found {found}; or: make dev .*memory"'
    ):
        node()


def test_a_node_that_a_signal_ends_is_reported_in_a_sentence(fake_node: Path) -> None:
    fake_node.write_text("#!/bin/sh\nkill -TERM $$\n")
    with pytest.raises(StackError, match="--version` failed with exit code -15"):
        node()


def test_a_node_that_is_new_enough_is_used(fake_node: Path) -> None:
    assert node() == str(fake_node)


def test_the_auth_emulator_signs_in_its_user_and_is_gone_afterwards() -> None:
    login = {"email": "ada@example.com", "password": "open-sesame"}
    with auth_emulator() as host:
        port = int(host.rpartition(":")[2])
        uid = create_user(port, name="Ada", **login)
        path = "/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=local"
        signed_in = json.loads(post_json(port, path, login, headers={}).body)
        assert signed_in["localId"] == uid
        path = "/identitytoolkit.googleapis.com/v1/accounts:lookup?key=local"
        found = json.loads(post_json(port, path, {"idToken": signed_in["idToken"]}, headers={}).body)
        (user,) = found["users"]
        assert (user["displayName"], user["emailVerified"]) == ("Ada", True)
        with pytest.raises(StackError, match=r"answered 400 to user ada@example.com:(?s:.)*EMAIL_EXISTS"):
            create_user(port, name="Ada", **login)
    assert get(port, "/") is None


def test_the_project_of_the_emulators_is_one_that_stays_off_the_network() -> None:
    assert PROJECT_ID.startswith("demo-")
    assert shutil.which("node")


def test_the_folder_may_be_named_from_where_one_is(
    tmp_path: Path, fake_node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments, _ = call_of(Path(".local/logs"), "auth", None)
    assert f"--config {tmp_path}/.local/logs/auth/firebase.json" in arguments
