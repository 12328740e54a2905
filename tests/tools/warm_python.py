"""A Python that has imported the admin tool: its commands run in forks of it, without another second to start.

The shell of the docs runs dozens of them. That the tool starts in a process of its own is what test_admin.py tells.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from tools.admin.__main__ import main
from tools.dev.settings import ROOT

_INTERPRETER, _SOCKET = "python", "warm.sock"
_MOST_BYTES, _STREAMS = 1_000_000, (0, 1, 2)
_CALLER = """#!{python} -SE
import json, os, socket, sys
if sys.argv[1:3] != ["-m", "tools.admin"]:
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
    server.connect({address!r})
    call = {{"arguments": sys.argv[3:], "folder": os.getcwd(), "environment": dict(os.environ)}}
    socket.send_fds(server, [json.dumps(call).encode()], [0, 1, 2])
    sys.exit(int(server.recv(16)))
"""


@contextmanager
def warm_python(folder: Path) -> Iterator[None]:
    """Put an interpreter into `folder` that runs `-m tools.admin` warm, and everything else as it is."""
    address = folder / _SOCKET
    interpreter = folder / _INTERPRETER
    interpreter.write_text(_CALLER.format(python=sys.executable, address=str(address)))
    interpreter.chmod(0o755)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(address))
        listener.listen()
        command = [sys.executable, "-m", "tests.tools.warm_python", str(listener.fileno())]
        process = subprocess.Popen(command, cwd=ROOT, pass_fds=[listener.fileno()])
        try:
            yield
        finally:
            process.kill()
            process.wait()


def _serve(listener: socket.socket) -> NoReturn:
    # The tool imports these on first use, which would be in each fork.
    for name in ("firestore", "firebase_auth", "stripe"):
        import_module(f"shared.adapters.{name}")

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        caller, _ = listener.accept()
        if os.fork() == 0:
            _answer(caller)
        caller.close()


def _answer(caller: socket.socket) -> NoReturn:
    """Run one command with the caller's streams, folder and environment, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    message, streams, *_ = socket.recv_fds(caller, _MOST_BYTES, len(_STREAMS))
    call = json.loads(message)
    for stream, own in zip(streams, _STREAMS, strict=True):
        os.dup2(stream, own)
    os.chdir(call["folder"])
    os.environ.clear()
    os.environ.update(call["environment"])
    code = 1
    try:
        code = main(call["arguments"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        caller.send(str(code).encode())
        os._exit(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
