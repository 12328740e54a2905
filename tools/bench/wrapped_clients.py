"""The time that a wrapped client of a provider adds to a call, measured in the client's own project."""

import json
import subprocess
import sys
from collections.abc import Iterator

from tools.bench.report import Measure, at_most
from tools.dev.settings import ROOT

_PROGRAM = (sys.executable, "-m", "tests.wrappers.overhead")


def measure() -> Iterator[Measure]:
    """Measure the 99th percentile of what a call takes longer, plain and as a stream of 100 pieces."""
    done = subprocess.run(_PROGRAM, cwd=ROOT / "client", capture_output=True, text=True, check=True)
    for kind, added in json.loads(done.stdout).items():
        words = f"{added['wall']:.2f} ms by the clock on the wall"
        yield Measure(f"wrapped_client_{kind}_p99", added["cpu"], "ms CPU", at_most(1), words)
