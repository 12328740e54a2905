"""The rules for the configuration of a deployed service, where a slip of the local stack would be an open door."""

import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import urlsplit

from shared.environment import OFF, ON, Environment

_IN_SERVICE: Final = "is set in a deployed service (K_SERVICE)"
_EMULATORS: Final = {
    "FIRESTORE_EMULATOR_HOST": "usage would be lost with the emulator",
    "PUBSUB_EMULATOR_HOST": "ticks would not reach the topic",
    "FIREBASE_AUTH_EMULATOR_HOST": "any ID token would be accepted",
}
_STRIPE_HOST: Final = ".stripe.com"
_STRIPE_KEY: Final = re.compile(r"(?:sk|rk)_\w{16,}", re.ASCII)
_WEBHOOK_SECRET: Final = re.compile(r"whsec_[\w+/=-]{16,}", re.ASCII)
_ORIGIN: Final = re.compile(r"https://[a-z0-9.-]+(?::[0-9]+)?/?", re.IGNORECASE)


def problems_when_deployed(environment: Environment, required: Iterable[str]) -> Iterator[str]:
    """Yield what is wrong with `environment` for a deployed service; never a secret, nor a URL that may hold one.

    `required` names variables that this function needs in a deployed service, although not on a developer's machine.
    """
    for name, consequence in _EMULATORS.items():
        if environment.text(name):
            yield f"{name} {_IN_SERVICE}; {consequence}"
    if environment.text("GWI_STORE") == "memory":
        yield f"GWI_STORE=memory {_IN_SERVICE}; usage would be lost with each instance"
    yield from (
        f"{name} is missing; a deployed service needs it" for name in required if not environment.text(name)
    )
    yield from _switches(environment)
    yield from _addresses(environment)
    yield from _secrets(environment)


def _switches(environment: Environment) -> Iterator[str]:
    # `on` is none of them, because a metering that reads it elsewhere is off (BEHAVIOURS M41).
    metering, words = environment.word("GWI_METERING_ENABLED"), "1 or true, or 0 or false"
    if not metering:
        yield f"GWI_METERING_ENABLED is missing; in a deployed service it must be {words}"
    elif metering not in (ON - {"on"}) | OFF:
        yield f"GWI_METERING_ENABLED is {metering!r}; in a deployed service it must be {words}"
    local_webhooks = environment.word("GWI_LOCAL_WEBHOOKS")
    if local_webhooks in ON:
        yield f"GWI_LOCAL_WEBHOOKS {_IN_SERVICE}; webhooks could reach its own network"
    elif local_webhooks and local_webhooks not in OFF:
        yield f"GWI_LOCAL_WEBHOOKS is {local_webhooks!r}; in a deployed service it must be 0 or false"


def _addresses(environment: Environment) -> Iterator[str]:
    origin, base = environment.text("GWI_WEB_ORIGIN"), environment.text("STRIPE_API_BASE")
    if origin is not None and not _ORIGIN.fullmatch(origin):
        yield "GWI_WEB_ORIGIN must be an origin of the form https://usage.example.com in a deployed service"
    if any(origin.startswith("http:") for origin in environment.listed("GWI_CORS_ORIGINS")):
        yield "GWI_CORS_ORIGINS must be origins with https in a deployed service"
    if base is not None and not _is_stripe(base):
        yield "STRIPE_API_BASE must be an https address of stripe.com in a deployed service, or not set"


def _is_stripe(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and (parts.hostname or "").endswith(_STRIPE_HOST)


def _secrets(environment: Environment) -> Iterator[str]:
    key = environment.text("STRIPE_API_KEY")
    if key is not None and not _STRIPE_KEY.fullmatch(key):
        yield "STRIPE_API_KEY is not a whole key of Stripe: sk_… or rk_…"
    if not all(map(_WEBHOOK_SECRET.fullmatch, environment.listed("STRIPE_WEBHOOK_SECRET"))):
        yield "STRIPE_WEBHOOK_SECRET is not a whole secret of a webhook endpoint: whsec_…"
