"""The time to import record_usage in a fresh interpreter, as a multiple of a function that does nothing."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.bench.report import Measure, at_most, exactly
from tools.bench.served import Baseline
from tools.bench.timing import medians
from tools.dev.functions import local_settings
from tools.dev.settings import ROOT

ROUNDS = 7
FOREIGN = ("stripe", "firebase_admin", "google.cloud.pubsub", "google.cloud.pubsub_v1", "opentelemetry.proto")

_IMPORT = """
import runpy, sys, time
started = time.perf_counter()
main = runpy.run_path(sys.argv[1])
print(time.perf_counter() - started)
"""
_COUNT_FOREIGN = f"""
import runpy, sys
from shared.domain.prices.catalog import catalog_providers
main = runpy.run_path(sys.argv[1])
container = main["app"]._container
container.usage, container.directory, catalog_providers()
print(sum(name in sys.modules for name in {FOREIGN!r}))
"""


def measure() -> Iterator[Measure]:
    """Measure the import as a multiple of hello-world's, and count the packages that it must not import."""
    source = ROOT / "functions" / "record_usage" / "main.py"
    takes = [_take(each) for each in (Baseline(name="hello", usual_port=0).source(), source)]
    for take in takes:
        take()  # compiles the bytecode and fills the disk's cache
    hello, own = medians(ROUNDS, *takes)
    words = f"{own * 1000:.0f} ms; {hello * 1000:.0f} ms by hello-world"
    yield Measure("cold_start_record_usage", own / hello, "times", at_most(4), words)
    foreign = int(_run(_COUNT_FOREIGN, source)[-1])
    yield Measure("record_usage_foreign_packages", foreign, "packages", exactly(0), ", ".join(FOREIGN))


def _take(source: Path) -> Callable[[], float]:
    return lambda: float(_run(_IMPORT, source)[0])


def _run(program: str, source: Path) -> list[str]:
    """Return the lines that `program` prints about `source`, in an interpreter of its own."""
    # A host that nothing listens on: an import must not need its store.
    environment = {**os.environ, **local_settings(), "FIRESTORE_EMULATOR_HOST": "127.0.0.1:9"}
    environment |= {"GWI_STORE": "firestore", "PYTHONPATH": str(ROOT), "STRIPE_WEBHOOK_SECRET": "whsec_bench"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(source)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if done.returncode:
        raise RuntimeError(f"{source} could not be imported:\n{done.stderr}")
    return done.stdout.split()
