"""The stack's Stripe: where the local double listens and sends, and the settings it gives the functions."""

import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tools.dev.functions import WEBHOOK, Function, existing_functions
from tools.dev.loopback import HOST, free_port
from tools.dev.processes import ChildProcess, Command, Probe, Server
from tools.dev.settings import ROOT, STRIPE_API_KEY, USUAL_STRIPE_PORT

SYNC_CATALOG = ("stripe", "sync-catalog")


@dataclass(frozen=True)
class LocalStripe:
    """A double and its one endpoint. Each needs the other's address, so both ports are chosen first."""

    port: int
    webhook_port: int
    webhook_secret: str = field(default_factory=lambda: f"whsec_{secrets.token_hex(16)}")

    @property
    def url(self) -> str:
        """The address of the double."""
        return f"http://{HOST}:{self.port}"

    @property
    def webhook_url(self) -> str:
        """The address that receives its events."""
        return f"http://{HOST}:{self.webhook_port}/"

    def settings(self) -> dict[str, str]:
        """Return the environment for the functions and the admin tool."""
        return {
            "STRIPE_API_KEY": STRIPE_API_KEY,
            "STRIPE_API_BASE": self.url,
            "STRIPE_WEBHOOK_SECRET": self.webhook_secret,
        }

    def secrets(self) -> Mapping[str, str]:
        """Return the entries of the stack file besides addresses."""
        return {"stripe_webhook_secret": self.webhook_secret}


def plan_stripe(root: Path = ROOT) -> LocalStripe | None:
    """Choose the ports; None where no function of `root` takes webhooks."""
    webhook = next((each for each in existing_functions(root) if each.name == WEBHOOK), None)
    if webhook is None:
        return None
    return LocalStripe(free_port(USUAL_STRIPE_PORT), free_port(webhook.usual_port))


def placed_functions(stripe: LocalStripe | None, root: Path = ROOT) -> list[Function]:
    """Return the functions of `root`, the one that takes webhooks on the port that the double sends to."""
    return [
        replace(each, usual_port=stripe.webhook_port) if stripe and each.name == WEBHOOK else each
        for each in existing_functions(root)
    ]


def start_double(stripe: LocalStripe, environment: Mapping[str, str], logs: Path) -> Server:
    """Start the double in a process of its own; it is not ready yet."""
    arguments = [sys.executable, "-m", "tools.stripe_double", "--port", str(stripe.port)]
    arguments += ["--webhook-url", stripe.webhook_url]
    command = Command(arguments, {**environment, **stripe.settings()}, folder=ROOT)
    process = ChildProcess("stripe", command, log=logs / "stripe.log")
    return Server(process, stripe.port, Probe("/_double/health", below_status=300))
