"""Command line of the Stripe double: `python -m tools.stripe_double --port N --webhook-url … --webhook-secret …`."""

import argparse
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
        webhook = WebhookEndpoint(options.webhook_url, options.webhook_secret)
        with serving(
            port=options.port,
            webhook=webhook,
            api_key=options.api_key,
        ) as double:
            print(f"Stripe double: {double.url} (API {CURRENT_VERSION})", flush=True)
            stopped.wait()
    except (OSError, ValueError, Refusal) as error:
        print(f"Stripe double: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.stripe_double",
        description="Serves a local double of Stripe's API on 127.0.0.1 and sends signed webhooks to this machine.",
    )
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--webhook-url", required=True, help="where events go; must be on this machine")
    parser.add_argument("--webhook-secret", required=True, help="whsec_…, with which webhooks are signed")
    parser.add_argument("--api-key", help="the only key accepted; default: every sk_test_… and rk_test_…")
    return parser


if __name__ == "__main__":
    sys.exit(main())
