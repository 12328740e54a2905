"""Checks of this checkout: bundles, types, imports, the plan of a deployment."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.build import function_names, stage
from tools.dev.functions import local_settings
from tools.dev.settings import ROOT, TICK_TOPIC
from tools.gate.check import Check, expect
from tools.gate.target import Target

_IMPORT = "import sys; sys.path.insert(0, sys.argv[1]); import main; print(len(sys.modules))"
_PARTS = (
    *("database", "daily backup", "security rules", "indexes and TTL", "indexes are READY"),
    *("secret stripe-api-key", "secret stripe-webhook-secret", "job tick", "job reconcile"),
    *("traffic", "Stripe's catalog, portal and webhook endpoint", "Hosting", "dashboard"),
)
"""What no deployment does without, by the names that the plan shows."""

_NO_ACCOUNT = {
    "CLOUDSDK_CONFIG": str(ROOT / ".local/no-account"),
    "CLOUDSDK_CORE_CHECK_GCE_METADATA": "0",
}
"""Whoever is signed in with gcloud: the plan is that of an empty project."""


def _last_line(*arguments: str, folder: Path = ROOT) -> str:
    return (_run(*arguments, folder=folder).strip().splitlines() or [""])[-1]


def _run(*arguments: str, folder: Path = ROOT) -> str:
    """Return what a command prints; raise UnexpectedError with it if the command fails."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **local_settings(), **_NO_ACCOUNT, "STRIPE_WEBHOOK_SECRET": "whsec_gate"},
        capture_output=True,
        text=True,
        check=False,
    )
    expect(done.returncode == 0, (done.stdout + done.stderr).strip())
    return done.stdout


def bundles(_target: Target, root: Path = ROOT) -> str:
    """Import each function from its own bundle, in an interpreter that sees neither this folder nor PYTHONPATH."""
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        for name in function_names(root):
            bundle = stage(name, Path(folder), root)
            _run("-I", "-c", _IMPORT, str(bundle), folder=Path(folder))
    return f"{', '.join(function_names(root))} each import alone"


def types(_target: Target, root: Path = ROOT) -> str:
    """Check the types of Python, and that those of the web app are made from the API."""
    checked = _last_line("-m", "mypy", "shared", "functions", "tools", folder=root)
    _run("-m", "tools.api_types", "--check", folder=root)
    return f"{checked}; the web app's types are those of the API"


def imports(_target: Target, root: Path = ROOT) -> str:
    """Check the directions of imports."""
    return _last_line("-c", "from importlinter.cli import lint_imports_command as run; run()", folder=root)


def deploy_plan(_target: Target, root: Path = ROOT) -> str:
    """Show the plan of a project that does not exist, and look for what the code needs in it."""
    project = ("--project", "demo-gate", "--region", "europe-west1")
    shown = _run("-m", "tools.deploy", *project, "--dry-run", folder=root)
    services = [f"service {name.replace('_', '-')}" for name in function_names(root)]
    wanted = [*services, f"topic {TICK_TOPIC}", f"subscription {TICK_TOPIC}-aggregate", *_PARTS]
    planned = {line[2:].partition(":")[0] for line in shown.splitlines() if line[:2] in ("+ ", "* ")}
    missing = [part for part in wanted if part not in planned]
    expect(not missing, f"the plan lacks {', '.join(missing)}")
    return next(line for line in shown.splitlines() if " commands: " in line)


CHECKS = (
    Check(name="bundles", action="import each staged function alone", run=bundles),
    Check(name="types", action="check the types of Python and of the web app's API", run=types),
    Check(name="imports", action="check the directions of imports", run=imports),
    Check(name="deploy plan", action="plan a deployment, look for each part in it", run=deploy_plan),
)
