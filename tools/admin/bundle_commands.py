"""The command that verifies the bundle of a run, and its options."""

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from shared.container import Container
from shared.domain.errors import InvalidInput
from shared.domain.metering.seals import Verdict
from tools.admin.commands import COULD_NOT, DIFFERS, Answer
from tools.admin.parsing import Command, add

_RESULTS: Final[Mapping[Verdict, tuple[str, int]]] = {
    "intact": ("The bundle is exactly as this platform sealed it.", 0),
    "changed": ("The bundle has changed since it was sealed.", DIFFERS),
    "unknown_key": ("The key that sealed the bundle is not in GWI_SEALING_KEYS.", COULD_NOT),
    "not_a_bundle": ("The file is not a sealed bundle.", COULD_NOT),
}


def verify_bundle(container: Container, options: Namespace) -> Answer:
    """Check whether a bundle is as it was sealed."""
    keys = container.config.sealing_keys
    if keys is None:
        raise InvalidInput("set GWI_FORENSICS_ENABLED=1 and the GWI_SEALING_KEYS of the platform")
    try:
        text = options.file.read_bytes().decode()
    except OSError as error:
        raise InvalidInput(f"{options.file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        text = ""
    verdict = keys.verify(text)
    sentence, exit_code = _RESULTS[verdict]
    return Answer({"result": verdict, "meaning": sentence}, exit_code=exit_code)


def add_verify_bundle(subjects: Any) -> None:
    """Add the command `verify-bundle`."""
    verify = add(
        subjects,
        Command(
            name="verify-bundle",
            run=verify_bundle,
            help="check whether the bundle of a run is as it was sealed; exit with 1 if it has changed",
            example="verify-bundle run-bundle.json",
        ),
    )
    verify.add_argument("file", type=Path)
