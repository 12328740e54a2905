"""The command line of the local stack: its options, its exit code, and a sentence for each thing that goes wrong."""

import argparse
import errno
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event

from tools.dev.emulated import emulated_stack
from tools.dev.errors import StackError, StoppedError
from tools.dev.launch import Launch
from tools.dev.settings import STACK_FILE
from tools.dev.stack import Stack, run

_FULL = (errno.ENOSPC, errno.EDQUOT)
_NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)


def main(arguments: Sequence[str], stop: Event) -> int:
    """Run the stack until `stop` is set; return 1 when it cannot start or a part of it fails."""
    options = _options(arguments)
    launch = Launch(folder=options.folder, with_history=not options.empty, built=options.built, stop=stop)
    try:
        _start(launch, in_memory=options.memory)
    except StoppedError:
        return _stopped()
    except StackError as error:
        if stop.is_set():  # a part that the same Ctrl-C reached first is no failure
            return _stopped()
        return _fail(str(error))
    except OSError as error:
        return _fail(_reason(error, launch.folder))
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make dev", description="Run GWI Usage locally.")
    parser.add_argument(
        "--empty", action="store_true", help="start with a tenant, a key and a user, but without history"
    )
    parser.add_argument(
        "--memory",
        action="store_true",
        help="run every function in one process on the in-memory store, without emulators and web app",
    )
    parser.add_argument(
        "--built",
        action="store_true",
        help="run what is deployed: the production build and the staged functions",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(".local"),
        help="where stack.json and the logs go (default: .local)",
    )
    return parser.parse_args(arguments)


def _start(launch: Launch, *, in_memory: bool) -> None:
    launch.folder.mkdir(parents=True, exist_ok=True)
    (launch.folder / STACK_FILE).unlink(missing_ok=True)  # the file means "ready"
    print("Starting the stack ...", flush=True)
    with _stack(launch, in_memory=in_memory) as stack:
        run(stack, launch)


def _stack(launch: Launch, *, in_memory: bool) -> AbstractContextManager[Stack]:
    if not in_memory:
        return emulated_stack(launch)
    from tools.dev.memory import memory_stack  # here: the other stack serves from other processes

    return memory_stack()


def _reason(error: OSError, folder: Path) -> str:
    """Return a sentence for what the disk refused; raise what is no matter of the disk."""
    file = error.filename or folder
    if error.errno in _FULL:
        return f"The disk is full: {file} could not be written. Make room, or choose another --folder."
    if error.errno in _NOT_WRITABLE:
        return f"{file} cannot be written ({error.strerror}); choose another --folder."
    raise error


def _stopped() -> int:
    print("Stopped.", flush=True)
    return 0


def _fail(sentence: str) -> int:
    print(f"make dev: {sentence}", file=sys.stderr, flush=True)
    return 1
