"""How the stack calls the admin tool: by its command, or by its main function in this process."""

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tools.dev.errors import StackError
from tools.dev.settings import ROOT

Admin = Callable[[Sequence[str]], dict[str, Any]]
"""Runs one command of the admin tool and gives what it answers; StackError with its complaint if it fails."""

_TIMEOUT_SECONDS = 60


def by_command(environment: Mapping[str, str]) -> Admin:
    """The tool as a developer runs it, on the store that `environment` points at."""

    def call(arguments: Sequence[str]) -> dict[str, Any]:
        # Its own session: a Ctrl-C is for the stack, which lets this one second of work end.
        done = subprocess.run(
            [sys.executable, "-m", "tools.admin", "--json", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=dict(environment),
            cwd=ROOT,
            timeout=_TIMEOUT_SECONDS,
            start_new_session=True,
        )
        return _answer(arguments, done.returncode, done.stdout, done.stderr)

    return call


def in_process(main: Callable[[Sequence[str]], int]) -> Admin:
    """The tool's main function, on the store of this process."""

    def call(arguments: Sequence[str]) -> dict[str, Any]:
        output, complaint = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(complaint):
            code = main(["--json", *arguments])
        return _answer(arguments, code, output.getvalue(), complaint.getvalue())

    return call


def _answer(arguments: Sequence[str], code: int, output: str, complaint: str) -> dict[str, Any]:
    if code:
        raise StackError(f"`python -m tools.admin {' '.join(arguments)}` failed:\n{complaint or output}")
    answer: dict[str, Any] = json.loads(output)
    return answer
