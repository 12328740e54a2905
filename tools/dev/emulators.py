"""Finding, starting and stopping the Firestore and Pub/Sub emulators: the Cloud SDK's, else firebase-tools' own."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.dev.errors import MissingEmulatorsError
from tools.dev.firebase_tools import Emulator, start_emulator
from tools.dev.loopback import HOST, free_port
from tools.dev.processes import ChildProcess, Command, Server, wait_until_ready
from tools.dev.settings import PROJECT_ID, ROOT, START_SECONDS

RULES = "firestore.rules"
MINIMUM_JAVA = 17
USUAL_HEAP_MB = 1024
FIREBASE_TOOLS_JAVA = 21
"""With which firebase-tools run emulators of their own, fetched on first use, where the SDK has none."""

_FIRESTORE_SCRIPT = "platform/cloud-firestore-emulator/cloud_firestore_emulator"
_PUBSUB_SCRIPT = "platform/pubsub-emulator/bin/cloud-pubsub-emulator"
USUAL_ROOTS = (
    "/usr/lib/google-cloud-sdk",
    "/usr/share/google-cloud-sdk",
    "/opt/google-cloud-sdk",
    "/snap/google-cloud-cli/current",
    "~/google-cloud-sdk",
)
_HOW_TO_INSTALL = (
    "Install the emulators with `gcloud components install cloud-firestore-emulator pubsub-emulator` (or the "
    "Debian packages google-cloud-cli-firestore-emulator and google-cloud-cli-pubsub-emulator) and Java "
    f"{MINIMUM_JAVA} or newer; or Java {FIREBASE_TOOLS_JAVA} alone, which runs those of firebase-tools; or run "
    'without them: make dev ARGS="--memory"'
)


def start_firestore(
    logs: Path, *, project: str = PROJECT_ID, port: int | None = None, heap_mb: int = USUAL_HEAP_MB
) -> Server:
    """Start the Firestore emulator with the repository's rules; it is not ready yet."""
    emulator = Emulator(name="firestore", port=port or free_port(), project=project, rules=ROOT / RULES)
    environment = _with_options(java_environment(), heap_mb)
    if (root := emulators_root()) is None:
        return start_emulator(emulator, logs, environment)
    arguments = [str(root / _FIRESTORE_SCRIPT), "start", "--host", HOST, "--port", str(emulator.port)]
    # The rules relative to the working folder: the script splits its arguments at blanks.
    arguments += ["--project_id", project, "--rules", RULES]
    return _start(emulator, Command(arguments, environment, folder=ROOT), logs)


def start_pubsub(
    logs: Path, *, project: str = PROJECT_ID, port: int | None = None, heap_mb: int = 256
) -> Server:
    """Start the Pub/Sub emulator for one project; it is not ready yet."""
    emulator = Emulator(name="pubsub", port=port or free_port(), project=project)
    environment = _with_options(java_environment(), heap_mb)
    if (root := emulators_root()) is None:
        return start_emulator(emulator, logs, environment)
    script = str(root / _PUBSUB_SCRIPT)
    arguments = [script, f"--host={HOST}", f"--port={emulator.port}", f"--projects={project}"]
    return _start(emulator, Command(arguments, environment, folder=ROOT), logs)


@contextmanager
def firestore_emulator(project: str = PROJECT_ID, *, heap_mb: int = USUAL_HEAP_MB) -> Iterator[str]:
    """Run a Firestore emulator of one's own and give its `host:port` for FIRESTORE_EMULATOR_HOST."""
    with (
        tempfile.TemporaryDirectory(prefix="firestore-") as logs,
        _running(start_firestore(Path(logs), project=project, heap_mb=heap_mb)) as host,
    ):
        yield host


@contextmanager
def pubsub_emulator(project: str = PROJECT_ID) -> Iterator[str]:
    """Run a Pub/Sub emulator of one's own and give its `host:port` for PUBSUB_EMULATOR_HOST."""
    with (
        tempfile.TemporaryDirectory(prefix="pubsub-") as logs,
        _running(start_pubsub(Path(logs), project=project)) as host,
    ):
        yield host


@contextmanager
def _running(emulator: Server) -> Iterator[str]:
    try:
        wait_until_ready([emulator], timeout_seconds=START_SECONDS)
        yield emulator.host
    finally:
        emulator.process.stop()


def _start(emulator: Emulator, command: Command, logs: Path) -> Server:
    process = ChildProcess(emulator.name, command, log=logs / f"{emulator.name}.log")
    return Server(process, emulator.port)


def _with_options(environment: dict[str, str], heap_mb: int) -> dict[str, str]:
    """Return the environment with this heap; an emulator with a usual one is compiled quickly instead of well.

    Half of what an emulator computes in its first minutes is optimising itself (contract suite: 12 s instead of 25).
    Who asks for a larger heap uses it for long enough to be worth it.
    """
    quick = "-XX:TieredStopAtLevel=1" if heap_mb <= USUAL_HEAP_MB else ""
    # The developer's own options come last, and so win.
    own_options = environment.get("JAVA_TOOL_OPTIONS", "")
    options = " ".join(f"-Xmx{heap_mb}m -XX:+UseSerialGC {quick} {own_options}".split())
    return {**environment, "JAVA_TOOL_OPTIONS": options}


def emulators_root(usual_roots: Sequence[str] = USUAL_ROOTS) -> Path | None:
    """Return the Cloud SDK that holds the emulators, None where those of firebase-tools are to be used instead.

    Raises MissingEmulatorsError where neither can run.
    """
    try:
        return sdk_root(usual_roots)
    except MissingEmulatorsError:
        if java_version(_environment_of_java()) >= FIREBASE_TOOLS_JAVA:
            return None
        raise


def sdk_root(usual_roots: Sequence[str] = USUAL_ROOTS) -> Path:
    """Return the Cloud SDK that holds both emulators; raise MissingEmulatorsError when there is none."""
    for root in _candidate_roots(usual_roots):
        if (root / _FIRESTORE_SCRIPT).exists() and (root / _PUBSUB_SCRIPT).exists():
            return root
    raise MissingEmulatorsError(
        f"The Firestore and Pub/Sub emulators are not on this machine. {_HOW_TO_INSTALL}"
    )


def _candidate_roots(usual_roots: Sequence[str]) -> Iterator[Path]:
    for variable in ("CLOUDSDK_ROOT_DIR", "CLOUDSDK_ROOT"):
        if folder := os.environ.get(variable):
            yield Path(folder)
    gcloud = shutil.which("gcloud")
    if gcloud:
        yield Path(gcloud).resolve().parents[1]
    yield from (Path(folder).expanduser() for folder in usual_roots)
    if gcloud:
        yield from _root_that_gcloud_names(gcloud)


def _root_that_gcloud_names(gcloud: str) -> Iterator[Path]:
    # Last: gcloud takes seconds to start, and the paths above answer for every usual installation.
    command = [gcloud, "info", "--format=value(installation.sdk_root)"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    if answer:
        yield Path(answer)


def java_environment() -> dict[str, str]:
    """Return the environment in which `java` is new enough; raise MissingEmulatorsError when there is none.

    JAVA_HOME wins over PATH. It is put on PATH because the two scripts look for Java in different places.
    """
    environment = _environment_of_java()
    found = java_version(environment)
    if found < MINIMUM_JAVA:
        have = f"Java {found} is too old for" if found else "There is no Java to run"
        raise MissingEmulatorsError(f"{have} the emulators. {_HOW_TO_INSTALL}")
    return environment


def _environment_of_java() -> dict[str, str]:
    environment = dict(os.environ)
    if home := environment.get("JAVA_HOME"):
        environment["PATH"] = f"{home}/bin{os.pathsep}{environment.get('PATH', '')}"
    return environment


def java_version(environment: dict[str, str]) -> int:
    """Return the major version of the first `java` on the environment's PATH, 0 when there is none."""
    java = shutil.which("java", path=environment.get("PATH"))
    if java is None:
        return 0
    # A session of its own: a Ctrl-C that ended it would look like a machine without Java.
    answer = subprocess.run(
        [java, "-version"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        start_new_session=True,
    )
    # Java 8 calls itself 1.8.
    version = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(version[1]) if version else 0
