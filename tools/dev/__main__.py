"""`make dev`: signals, before anything that takes time to import; then the command itself."""

import signal
import sys
from threading import Event

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _run() -> int:
    """Run the command with an event that the stopping signals set; nothing is interrupted or left half-started."""
    stop = Event()
    for number in _SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    from tools.dev.command import main

    return main(sys.argv[1:], stop)


if __name__ == "__main__":
    sys.exit(_run())
