"""Command line of the Stripe double: `python -m tools.stripe_double --port N --webhook-url …`."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence

from tools.stripe_double.account import CURRENT_VERSION
from tools.stripe_double.delivery import WebhookEndpoint
from tools.stripe_double.refusals import Refusal
from tools.stripe_double.serving import serving


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM."""
    options = _parser().parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        webhook = WebhookEndpoint(options.webhook_url, _webhook_secret())
        with serving(port=options.port, webhook=webhook) as double:
            print(f"Stripe double: {double.url} (API {CURRENT_VERSION})", flush=True)
            stopped.wait()
    except (OSError, ValueError, Refusal) as error:
        print(f"Stripe double: {error}", file=sys.stderr)
        return 1
    return 0


def _webhook_secret() -> str:
    """Return the secret of the environment: arguments are shown to every user of the machine."""
    secret = os.environ.get("STRIPE_WEBHOOK_SECRET")
    if not secret:
        raise ValueError("STRIPE_WEBHOOK_SECRET is missing: whsec_…, with which webhooks are signed")
    return secret


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.stripe_double",
        description="Serves a local double of Stripe's API on 127.0.0.1 and sends webhooks to this machine, signed"
        " with STRIPE_WEBHOOK_SECRET.",
    )
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--webhook-url", required=True, help="where events go; must be on this machine")
    return parser


if __name__ == "__main__":
    sys.exit(main())
