"""How the pinned firebase-tools run one emulator: in a folder of its own, without a word to the outside."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.dev.errors import StackError
from tools.dev.loopback import HOST, free_port, without_proxy
from tools.dev.processes import ChildProcess, Command, Server
from tools.dev.settings import PROJECT_ID, ROOT

MINIMUM_NODE = 20
FIREBASE = ROOT / "tools/firebase/node_modules/firebase-tools/lib/bin/firebase.js"
QUICK_START = ROOT / "tools/firebase/trust_own_schemas.cjs"


@dataclass(frozen=True, kw_only=True)
class Emulator:
    """An emulator of one project, by the name that firebase-tools give it; `rules` is the file of its rules."""

    name: str
    port: int
    project: str = PROJECT_ID
    rules: Path | None = None


def start_emulator(emulator: Emulator, logs: Path, environment: Mapping[str, str] = os.environ) -> Server:
    """Start an emulator of firebase-tools; it is not ready yet.

    It works in a folder of its own in `logs`, on a copy of its rules. Raises StackError where Node or firebase-tools
    is missing.
    """
    name = emulator.name
    folder = (logs / name).resolve()  # the emulator runs in it
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "firebase.json"
    addresses = _addresses(name, emulator.port)
    config.write_text(json.dumps({**_rules(emulator, folder), "emulators": addresses}))
    arguments = [node(), "--require", str(QUICK_START), str(_firebase()), "emulators:start", "--only", name]
    arguments += ["--project", emulator.project, "--config", str(config), "--non-interactive"]
    command = Command(arguments, {**environment, **_kept_in(folder)}, folder)
    return Server(ChildProcess(name, command, log=logs / f"{name}.log"), emulator.port)


def _rules(emulator: Emulator, folder: Path) -> dict[str, object]:
    if emulator.rules is None:
        return {}
    # A copy: firebase-tools take no file from outside the folder of their configuration.
    shutil.copy(emulator.rules, folder)
    return {emulator.name: {"rules": emulator.rules.name}}


def _addresses(name: str, port: int) -> dict[str, object]:
    # The hub and the logging emulator come along uncalled; on their usual ports two stacks would collide.
    ports = {name: port, "hub": free_port(), "logging": free_port()}
    emulators: dict[str, dict[str, object]] = {
        each: {"host": HOST, "port": number} for each, number in ports.items()
    }
    if name == "firestore":
        emulators[name]["websocketPort"] = free_port()
    return {**emulators, "ui": {"enabled": False}}


def _kept_in(folder: Path) -> dict[str, str]:
    """Return settings that keep it from sharing files with another stack, from updating, and from using a proxy."""
    own = {"TMPDIR": str(folder), "XDG_CONFIG_HOME": str(folder)}
    return own | {"CI": "1", "NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1"} | without_proxy(os.environ)


def _firebase() -> Path:
    if FIREBASE.exists():
        return FIREBASE
    raise StackError(f"{FIREBASE.relative_to(ROOT)} is missing; `make dev` and `make test` install it.")


def node() -> str:
    """Return the path of a Node that is new enough; raise StackError where there is none."""
    found = shutil.which("node")
    version = _version(found) if found else "none"
    if found and int(version.lstrip("v").partition(".")[0]) >= MINIMUM_NODE:
        return found
    raise StackError(
        f'Node.js {MINIMUM_NODE} or newer is needed, found {version}; or: make dev ARGS="--memory"'
    )


def _version(executable: str) -> str:
    command = [executable, "--version"]
    # Even in a session of its own it can die of a Ctrl-C: one that arrives before the session is there.
    done = subprocess.run(command, capture_output=True, text=True, check=False, start_new_session=True)
    if done.returncode:
        raise StackError(f"`{' '.join(command)}` failed with exit code {done.returncode}.")
    return done.stdout.strip()
