"""Finding the emulators and Java, and saying what to install when they are missing."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tools.dev.emulators import (
    emulators_root,
    firestore_emulator,
    java_environment,
    java_version,
    pubsub_emulator,
    sdk_root,
)
from tools.dev.errors import MissingEmulatorsError
from tools.dev.loopback import get

SCRIPTS = (
    "platform/cloud-firestore-emulator/cloud_firestore_emulator",
    "platform/pubsub-emulator/bin/cloud-pubsub-emulator",
)


def executable(file: Path, script: str = "") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def sdk(folder: Path) -> Path:
    for script in SCRIPTS:
        executable(folder / script)
    return folder


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on its PATH but what a test puts into this folder."""
    for variable in ("CLOUDSDK_ROOT_DIR", "CLOUDSDK_ROOT", "JAVA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    path = tmp_path / "path"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    return path


def test_finds_the_sdk_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDSDK_ROOT_DIR", str(sdk(tmp_path / "sdk")))
    assert sdk_root(usual_roots=()) == tmp_path / "sdk"


def test_finds_the_sdk_through_the_link_that_gcloud_is_on_the_path(
    tmp_path: Path, empty_machine: Path
) -> None:
    gcloud = executable(sdk(tmp_path / "sdk") / "bin" / "gcloud")
    (empty_machine / "gcloud").symlink_to(gcloud)
    assert sdk_root(usual_roots=()) == tmp_path / "sdk"


def test_finds_the_sdk_in_a_usual_place(tmp_path: Path) -> None:
    assert sdk_root(usual_roots=(str(sdk(tmp_path / "sdk")),)) == tmp_path / "sdk"


def test_asks_gcloud_last(tmp_path: Path, empty_machine: Path) -> None:
    executable(empty_machine / "gcloud", f"echo {sdk(tmp_path / 'elsewhere')}")
    assert sdk_root(usual_roots=()) == tmp_path / "elsewhere"


def test_an_sdk_with_one_of_the_two_emulators_is_not_enough(tmp_path: Path) -> None:
    executable(tmp_path / "sdk" / SCRIPTS[0])
    with pytest.raises(MissingEmulatorsError):
        sdk_root(usual_roots=(str(tmp_path / "sdk"),))


def test_missing_emulators_are_named_with_their_installation_and_the_way_without_them() -> None:
    with pytest.raises(MissingEmulatorsError) as caught:
        sdk_root(usual_roots=())
    message = str(caught.value)
    assert "gcloud components install cloud-firestore-emulator pubsub-emulator" in message
    assert "google-cloud-cli-firestore-emulator and google-cloud-cli-pubsub-emulator" in message
    assert 'make dev ARGS="--memory"' in message


@pytest.mark.parametrize(
    ("answer", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_292"', 8),
        ('openjdk version "25" 2025-09-16', 25),
        ("Unable to locate a Java Runtime.", 0),
    ],
)
def test_reads_the_major_version_of_java(empty_machine: Path, answer: str, major: int) -> None:
    executable(empty_machine / "java", f"echo '{answer}' >&2")
    assert java_version({"PATH": str(empty_machine)}) == major


def test_java_home_wins_over_the_path(
    tmp_path: Path, empty_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(empty_machine / "java", "echo 'openjdk version \"11.0.2\"' >&2")
    executable(tmp_path / "jdk" / "bin" / "java", "echo 'openjdk version \"21.0.1\"' >&2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    assert java_environment()["PATH"].startswith(f"{tmp_path}/jdk/bin:")


def test_an_old_java_is_named_with_its_version(empty_machine: Path) -> None:
    executable(empty_machine / "java", "echo 'openjdk version \"11.0.2\"' >&2")
    with pytest.raises(MissingEmulatorsError, match="Java 11 is too old for the emulators"):
        java_environment()


def test_a_machine_without_java_is_refused() -> None:
    with pytest.raises(MissingEmulatorsError, match="There is no Java to run the emulators"):
        java_environment()


def java(folder: Path, version: str) -> None:
    executable(folder / "java", f"echo 'openjdk version \"{version}\"' >&2")


def test_the_sdk_wins_over_firebase_tools(tmp_path: Path, empty_machine: Path) -> None:
    java(empty_machine, "21.0.1")
    assert emulators_root(usual_roots=(str(sdk(tmp_path / "sdk")),)) == tmp_path / "sdk"


def test_without_the_sdk_java_21_is_enough_for_those_of_firebase_tools(empty_machine: Path) -> None:
    java(empty_machine, "21.0.1")
    assert emulators_root(usual_roots=()) is None


def test_without_the_sdk_an_older_java_is_not_enough(empty_machine: Path) -> None:
    java(empty_machine, "17.0.15")
    with pytest.raises(MissingEmulatorsError, match="or Java 21 alone, which runs those of firebase-tools"):
        emulators_root(usual_roots=())


@pytest.mark.parametrize("emulator", [firestore_emulator, pubsub_emulator])
def test_an_emulator_answers_while_it_is_used_and_is_gone_afterwards(
    emulator: Callable[[str], AbstractContextManager[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # this one needs the real machine
    with emulator("demo-gwi") as host:
        port = int(host.rpartition(":")[2])
        answer = get(port, "/")
        assert answer is not None
        assert answer.status == 200
    assert get(port, "/") is None
