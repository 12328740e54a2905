"""The double as a process of its own."""

import os
import re
import signal
import subprocess
import sys

from tests.tools.test_stripe_double.shop import SECRET, Shop


def _start(*arguments: str, secret: str = SECRET) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tools.stripe_double", "--port", "0"]
    return subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | ({"STRIPE_WEBHOOK_SECRET": secret} if secret else {}),
    )


def test_serves_until_it_is_stopped() -> None:
    with _start("--webhook-url", "http://127.0.0.1:9/") as process:
        assert process.stdout is not None
        banner = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert banner is not None
        assert Shop(banner[0]).look("health")["status"] == "ok"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_says_what_is_wrong_with_its_arguments() -> None:
    with _start("--webhook-url", "https://example.com/") as process:
        _, said = process.communicate(timeout=20)
        assert (process.returncode, "this machine only" in said) == (1, True)


def test_takes_its_secret_from_the_environment_alone() -> None:
    with _start("--webhook-url", "http://127.0.0.1:9/", secret="") as process:
        _, said = process.communicate(timeout=20)
        assert (process.returncode, "STRIPE_WEBHOOK_SECRET is missing" in said) == (1, True)
    with _start("--webhook-url", "http://127.0.0.1:9/", "--webhook-secret", "whsec_1") as process:
        _, said = process.communicate(timeout=20)
        assert (process.returncode, "unrecognized arguments" in said) == (2, True)
