"""What importing each function costs in a fresh interpreter, beside a function that does nothing."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.bench.report import Measure, Target, at_most, exactly
from tools.bench.served import Baseline
from tools.bench.timing import medians
from tools.build import function_names
from tools.dev.functions import local_settings
from tools.dev.settings import ROOT

ROUNDS = 7
FOREIGN = ("stripe", "firebase_admin", "google.cloud.pubsub", "google.cloud.pubsub_v1")
_TARGETS: dict[str, Target] = {"record_usage": at_most(4)}

_IMPORT = """
import runpy, sys, time
started = time.perf_counter()
main = runpy.run_path(sys.argv[1])
print(time.perf_counter() - started)
"""
# What the first request would otherwise wait for: the warm-up does it in a thread beside the server's start.
_IMPORT_ALL = """
import runpy, sys, time
started = time.perf_counter()
main = runpy.run_path(sys.argv[1])
container = main["app"]._container
container.usage, container.directory, main["catalog_providers"]()
print(time.perf_counter() - started)
"""
_COUNT_FOREIGN = f"""{_IMPORT_ALL}
print(sum(name in sys.modules for name in {FOREIGN!r}))
"""


def measure() -> Iterator[Measure]:
    """Times of import as multiples of hello-world's, and what record_usage must not import."""
    hello = Baseline(name="hello", usual_port=0).source()
    sources = {name: ROOT / "functions" / name / "main.py" for name in function_names()}
    runs = [(_IMPORT, hello), *((_IMPORT, source) for source in sources.values())]
    runs.append((_IMPORT_ALL, sources["record_usage"]))
    takes = [_take(*run) for run in runs]
    for take in takes:
        take()  # compiles the bytecode and fills the disk's cache
    hello_seconds, *others = medians(ROUNDS, *takes)
    for name, seconds in zip([*sources, "record_usage_and_warm_up"], others, strict=True):
        words = f"{seconds * 1000:.0f} ms; {hello_seconds * 1000:.0f} ms by hello-world"
        yield Measure(f"cold_start_{name}", seconds / hello_seconds, "times", _TARGETS.get(name), words)
    foreign = int(_run(_COUNT_FOREIGN, sources["record_usage"])[-1])
    yield Measure("record_usage_foreign_packages", foreign, "packages", exactly(0), ", ".join(FOREIGN))


def _take(program: str, source: Path) -> Callable[[], float]:
    return lambda: float(_run(program, source)[0])


def _run(program: str, source: Path) -> list[str]:
    """The lines that `program` prints about `source`, in an interpreter of its own."""
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
