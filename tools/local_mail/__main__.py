"""Command line of the local mail server: `python -m tools.local_mail --port N --smtp-port N`."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from tools.local_mail.serving import serving


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.local_mail",
        description="Takes mail by SMTP on 127.0.0.1, sends none on, and shows it at /_mail.",
    )
    parser.add_argument("--port", type=int, required=True, help="where the pages are")
    parser.add_argument("--smtp-port", type=int, required=True, help="where mail is sent to")
    parser.add_argument("--auth-port", type=int, help="a Firebase Auth emulator, whose links are shown too")
    options = parser.parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        with serving(port=options.port, smtp_port=options.smtp_port, auth_port=options.auth_port):
            stopped.wait()
    except OSError as error:
        print(f"Local mail: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
