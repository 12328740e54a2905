"""The time that a wrapped client of a provider adds to a call, measured in the client's own project."""

import json
import subprocess
import sys
from collections.abc import Iterator

from tools.bench.report import Measure, at_most
from tools.dev.settings import ROOT

_PROGRAM = (sys.executable, "-m", "tests.wrappers.overhead")


def measure() -> Iterator[Measure]:
    """Measure how much longer a call takes at the 99th percentile, plain and as a stream of 100 pieces."""
    done = subprocess.run(_PROGRAM, cwd=ROOT / "client", capture_output=True, text=True, check=True)
    for kind, added in json.loads(done.stdout).items():
        words = f"p50 {added['wall_p50']:.2f} ms; of the processor's time {added['cpu_p99']:.2f} ms"
        yield Measure(f"wrapped_client_{kind}_p99", added["wall_p99"], "ms", at_most(1), words)
