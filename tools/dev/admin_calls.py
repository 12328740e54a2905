"""How the stack calls the admin tool: its main function, in this process, on the store that an environment names."""

import contextlib
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tools.dev.errors import OverloadedError, StackError

Admin = Callable[[Sequence[str]], dict[str, Any]]
"""Runs one command of the admin tool and gives what it answers; StackError with its complaint if it fails."""

_OVERLOADED = "unavailable:"


def admin_of(environment: Mapping[str, str]) -> Admin:
    """Return the admin tool on the store that `environment` points at.

    In this process: another one for each command would spend a second on imports alone.
    """

    def call(arguments: Sequence[str]) -> dict[str, Any]:
        from tools.admin.__main__ import main  # here: --help and a stack that cannot start do without it

        output, complaint = io.StringIO(), io.StringIO()
        with (
            environment_of_process(environment),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(complaint),
        ):
            code = main(["--json", *arguments])
        if code:
            error = OverloadedError if complaint.getvalue().startswith(_OVERLOADED) else StackError
            said = complaint.getvalue() or output.getvalue()
            raise error(f"`python -m tools.admin {' '.join(arguments)}` failed:\n{said}")
        answer: dict[str, Any] = json.loads(output.getvalue())
        return answer

    return call


@contextlib.contextmanager
def environment_of_process(environment: Mapping[str, str]) -> Iterator[None]:
    """Let this process have these variables, over its own, for a while."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
