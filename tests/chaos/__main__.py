"""Run a campaign: `python -m tests.chaos [--events N] [--faults N]`; exits with 1 if anything was lost or doubled."""

import json
import signal
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path

from tests.chaos.campaign import run
from tools.dev.settings import ROOT

REPORT = ROOT / ".local" / "reliability.json"


def main() -> int:
    parser = ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--events", type=int, default=30_000)
    parser.add_argument("--faults", type=int, default=15, help="at least so many")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that everything is stopped
    logs: Path = ROOT / ".local" / "chaos"
    report = asdict(run(options.events, options.faults, logs, heap_mb=2048))
    text = json.dumps(report, indent=2)
    REPORT.write_text(text + "\n")
    sys.stdout.write(f"{text}\n")
    failures = ("lost", "unacknowledged", "doubled", "drift")
    return int(any(report[name] for name in failures) or report["stored"] != report["events"])


if __name__ == "__main__":
    sys.exit(main())
