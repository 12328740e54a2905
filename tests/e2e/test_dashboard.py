"""The dashboard in a real browser against the whole local stack: the Playwright tests of web/e2e, run once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.running import RunningStack, running_stack
from tools.dev.browser import provide_browser
from tools.dev.firebase_tools import node
from tools.dev.loopback import without_proxy
from tools.dev.settings import ROOT

WEB = ROOT / "web"
PLAYWRIGHT = WEB / "node_modules/@playwright/test/cli.js"
RUN_SECONDS = 540


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The stack with its month of history, serving the web app's production build."""
    with running_stack(tmp_path_factory.mktemp("dashboard"), "--built") as running:
        yield running


@pytest.mark.timeout(RUN_SECONDS + 240)  # a build and a whole stack come before it
def test_the_dashboard_does_what_it_should_in_a_real_browser(stack: RunningStack) -> None:
    done = subprocess.run(
        [node(), str(PLAYWRIGHT), "test"],
        cwd=WEB,
        env=environment(stack.file.parent),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of the browser tests: the address of the stack, the browser to drive, and Python."""
    variables = {
        "GWI_STACK": str(folder),
        "GWI_CHROMIUM": str(provide_browser()),
        "GWI_PYTHON": sys.executable,
    }
    return {**os.environ, **without_proxy(os.environ), **variables, "NO_COLOR": "1"}
