"""`make dev`: the command line of the local stack, its signals and its exit code."""

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event
from time import monotonic

from tools.dev.emulated import emulated_stack
from tools.dev.errors import StackError, StoppedError
from tools.dev.settings import STACK_FILE
from tools.dev.stack import Launch, Stack, run

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stack until Ctrl-C or SIGTERM; return 1 when it cannot start or a part of it fails."""
    options = _options(arguments)
    launch = Launch(options.folder, with_history=not options.empty, started_at=monotonic())
    stop = _stop_event()
    launch.folder.mkdir(parents=True, exist_ok=True)
    (launch.folder / STACK_FILE).unlink(missing_ok=True)  # the file means "ready"
    print("Starting the stack ...", flush=True)
    try:
        with _stack(stop, options) as stack:
            run(stack, launch, stop)
    except StoppedError:
        print("Stopped.", flush=True)
        return 0
    except StackError as error:
        print(f"make dev: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
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
        "--built", action="store_true", help="serve the web app's production build instead of its sources"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(".local"),
        help="where stack.json and the logs go (default: .local)",
    )
    return parser.parse_args(arguments)


def _stop_event() -> Event:
    """Return an event that the stopping signals set; nothing is interrupted, nothing left half-started."""
    stop = Event()
    for number in _SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    return stop


def _stack(stop: Event, options: argparse.Namespace) -> AbstractContextManager[Stack]:
    if not options.memory:
        return emulated_stack(stop, logs=options.folder / "logs", built=options.built)
    from tools.dev.memory import memory_stack  # here: the other stack serves from other processes

    return memory_stack()


if __name__ == "__main__":
    sys.exit(main())
