"""Checks of this checkout: bundles, types, imports, the plan of a deployment."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.build import function_names, stage
from tools.dev.functions import local_settings
from tools.dev.settings import ROOT
from tools.gate.check import Check, expect
from tools.gate.target import Target

_IMPORT = "import sys; sys.path.insert(0, sys.argv[1]); import main; print(len(sys.modules))"


def _run(*arguments: str, folder: Path = ROOT) -> str:
    """Return the last line that a command prints; raise UnexpectedError with all of it if it fails."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **local_settings(), "STRIPE_WEBHOOK_SECRET": "whsec_gate"},
        capture_output=True,
        text=True,
        check=False,
    )
    expect(done.returncode == 0, (done.stdout + done.stderr).strip())
    return (done.stdout.strip().splitlines() or [""])[-1]


def bundles(_target: Target, root: Path = ROOT) -> str:
    """Import each function from its own bundle, in an interpreter that sees neither this folder nor PYTHONPATH."""
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        for name in function_names(root):
            bundle = stage(name, Path(folder), root)
            _run("-I", "-c", _IMPORT, str(bundle), folder=Path(folder))
    return f"{', '.join(function_names(root))} each import alone"


def types(_target: Target, root: Path = ROOT) -> str:
    """Check the types of Python, and that those of the web app are made from the API."""
    checked = _run("-m", "mypy", "shared", "functions", "tools", folder=root)
    _run("-m", "tools.api_types", "--check", folder=root)
    return f"{checked}; the web app's types are those of the API"


def imports(_target: Target, root: Path = ROOT) -> str:
    """Check the directions of imports."""
    return _run("-c", "from importlinter.cli import lint_imports_command as run; run()", folder=root)


CHECKS = (
    Check(name="bundles", action="import each staged function alone", run=bundles),
    Check(name="types", action="check the types of Python and of the web app's API", run=types),
    Check(name="imports", action="check the directions of imports", run=imports),
)
