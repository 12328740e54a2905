"""Prints the secret of a new webhook endpoint in Stripe, for a command that stores it.

Stripe shows the secret only when the endpoint is created. An endpoint at this address whose secret nobody stored,
because a deploy was interrupted, is replaced.
"""

import os
import sys
from functools import partial
from typing import Any

import stripe

from shared.adapters.stripe_calls import all_pages, answer_of
from shared.adapters.stripe_endpoint import sync_endpoint
from shared.domain.errors import UsageError
from shared.usecases.billing.stripe_changes import EVENT_TYPES


def main(url: str) -> int:
    """Replace the endpoint at `url`; return the exit code."""
    key = os.environ.get("STRIPE_API_KEY")
    if not key:
        print("STRIPE_API_KEY is missing", file=sys.stderr)
        return 1
    base = os.environ.get("STRIPE_API_BASE")
    addresses: Any = {"api": base} if base else {}
    try:
        v1 = stripe.StripeClient(key, base_addresses=addresses).v1
        listed = answer_of(lambda: all_pages(v1.webhook_endpoints.list({"limit": 100})))
        for lost in [str(each["id"]) for each in listed if each["url"] == url]:
            answer_of(partial(v1.webhook_endpoints.delete, lost))
        created = sync_endpoint(v1, url, sorted(EVENT_TYPES))
    except UsageError as error:
        print(f"Stripe: {error.message}", file=sys.stderr)
        return 1
    print(created.secret, end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
