"""What is deployed, as a stack of this machine: every check of the gate, then the Playwright tests of web/e2e.

The functions are the staged ones with their own pins, and the web app is the production build.
"""

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
from tools.gate import sources, warehouse
from tools.gate.__main__ import CHECKS, chosen, main
from tools.gate.check import PASS, run_check
from tools.gate.target import Target

WEB = ROOT / "web"
PLAYWRIGHT = WEB / "node_modules/@playwright/test/cli.js"
RUN_SECONDS = 1_200


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The stack with its month of history, serving the web app's production build."""
    with running_stack(tmp_path_factory.mktemp("dashboard"), "--built") as running:
        yield running


@pytest.mark.timeout(400)  # a build and a whole stack come before it
def test_every_check_of_the_gate_passes_on_what_is_deployed(stack: RunningStack) -> None:
    target = Target.of_stack(stack.file.parent)
    # Those of the sources are what `make check` and tests/gate do, and test_stack.py waits for the warehouse.
    elsewhere = (*sources.CHECKS, *warehouse.CHECKS)
    results = [run_check(check, target) for check in CHECKS if check not in elsewhere]
    assert [(each.check.name, each.seen) for each in results if each.outcome != PASS] == []


def test_the_smoke_test_of_a_deployment_passes_by_the_address_of_hosting_alone(
    stack: RunningStack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GWI_PLATFORM_KEY", stack.entries["platform_key"])
    monkeypatch.setenv("GWI_WEBHOOK_URL", stack.entries["stripe_webhook"])
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", stack.entries["stripe_webhook_secret"])
    assert main(["--smoke", "--url", stack.entries["web"]]) == 0
    skipped = capsys.readouterr().out.count("\nskipped")
    assert skipped == len([check for check in chosen(smoke=True) if {"stripe", "folder"} & {*check.needs}])


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
