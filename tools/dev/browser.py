"""The browser that end-to-end tests drive: the machine's own Chromium, else one that is installed now."""

import os
import shutil
import subprocess
from pathlib import Path

from tools.dev.errors import StackError
from tools.dev.firebase_tools import node
from tools.dev.settings import ROOT

# The first can open no window, and so takes less of the processor.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PACKAGE = "chromium-headless-shell | chromium"
_APT = ("apt-get", "-qy", "-o", "Dpkg::Use-Pty=0")
_PLAYWRIGHT = ROOT / "web/node_modules/playwright/cli.js"
_WHERE = "process.stdout.write(require('playwright').chromium.executablePath())"


def find_browser() -> Path | None:
    """Return the Chromium or Chrome on the PATH."""
    return next((Path(found) for name in _NAMES if (found := shutil.which(name))), None)


def provide_browser(user_id: int | None = None) -> Path:
    """Return the browser's executable. Install one if there is none: Debian's as root, else Playwright's.

    `user_id` is that of this process when absent. Raises StackError when neither can be installed.
    """
    if found := find_browser():
        return found
    is_root = (os.geteuid() if user_id is None else user_id) == 0
    if is_root and shutil.which("apt-get"):
        _run(*_APT, "update")
        _run(*_APT, "satisfy", "--no-install-recommends", _PACKAGE)
        if found := find_browser():
            return found
    _run(node(), str(_PLAYWRIGHT), "install", "chromium")
    return Path(_run(node(), "-e", _WHERE))


def _run(*command: str) -> str:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=_PLAYWRIGHT.parents[2]
    )
    if done.returncode:
        raise StackError(
            f"No browser for the tests: `{' '.join(command)}` failed:\n{done.stderr or done.stdout}"
        )
    return done.stdout
