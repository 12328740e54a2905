"""The plan of a whole environment, from its settings."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.config import load_config
from shared.domain.errors import ConfigurationError
from tools.deploy.firestore import firestore_steps
from tools.deploy.hosting import firebase_files, hosting_steps
from tools.deploy.identity import SECRETS, identity_steps, secret_steps, secrets_of
from tools.deploy.messaging import messaging_steps
from tools.deploy.monitoring import monitoring_steps
from tools.deploy.plan import Plan, Step, python
from tools.deploy.project import project_steps
from tools.deploy.services import (
    SERVICES,
    environment_files,
    environment_of,
    rollback,
    service_steps,
    url,
)
from tools.deploy.settings import InvalidSettingsError, Settings

# Valid in form, to check a configuration whose secrets are not at hand.
_STAND_INS: Final = {
    "STRIPE_API_KEY": "sk_live_" + 16 * "0",
    "STRIPE_WEBHOOK_SECRET": "whsec_" + 16 * "0",
    "SMTP_URL": "smtps://mail.example.com",
    "GWI_SEALING_KEYS": "key:" + 32 * "0",
}
_REASON: Final = "--reason=deploy"


def plan_environment(settings: Settings) -> Plan:
    """Return the plan. Raise InvalidSettingsError if a service would not start with these settings."""
    _require_valid(settings)
    folder = f".local/deploy/{settings.project}"
    files = environment_files(settings, folder) | firebase_files(settings, folder)
    steps = [
        *project_steps(settings),
        *firestore_steps(settings, f"{folder}/firebase.json"),
        *identity_steps(settings),
        *secret_steps(settings, url(settings, "stripe-webhook")),
        *_catalog(settings),
        *messaging_steps(settings, url(settings, "aggregate")),
        *service_steps(settings, environment_files(settings, folder)),
        *_stripe(settings),
        *hosting_steps(settings, folder, files),
        *monitoring_steps(settings),
    ]
    return Plan(
        project=settings.project,
        steps=tuple(steps),
        environment={"GOOGLE_CLOUD_PROJECT": settings.project, "GWI_WEB_ORIGIN": settings.origin},
        files=files,
        by_hand=tuple(_by_hand(settings)),
        rollback=rollback(settings),
    )


def _require_valid(settings: Settings) -> None:
    problems = [
        f"max_instances names {name}, which is no service"
        for name in settings.max_instances
        if name not in SERVICES
    ]
    problems += [
        f"{name} is a secret: it comes from your environment"
        for name in SECRETS
        if name in settings.variables
    ]
    for service in SERVICES:
        secrets = {name: _STAND_INS[name] for name, who in secrets_of(settings).items() if service in who}
        read = _Read({**environment_of(settings, service), **secrets, "K_SERVICE": service})
        try:
            load_config(read)
        except ConfigurationError as error:
            problems += [line.removeprefix("- ") for line in error.message.splitlines()[1:]]
        unknown = set(environment_of(settings, service)) - read.names - set(SECRETS)
        problems += [f"{name} is not a variable of docs/configuration.md" for name in sorted(unknown)]
    if problems:
        raise InvalidSettingsError("\n".join(dict.fromkeys(problems)))


class _Read(dict[str, str]):
    """Variables that remember which of them were looked up."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        self.names: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.names.add(key)
        return super().get(key, default)


def _catalog(settings: Settings) -> Iterator[Step]:
    """Yield the plans and prices that are the platform's own."""
    if settings.plans:
        yield Step(
            name="plans",
            why=f"the platform sells what {settings.plans} says",
            describe=python("tools.admin", "plans", "diff", settings.plans, "--json"),
            settled={"plans": [], "others": []},
            create=(python("tools.admin", "plans", "apply", settings.plans, _REASON, "--yes"),),
        )
    if settings.prices:
        importing = ("tools.admin", "price", "import", settings.prices)
        yield Step(
            name="prices",
            why=f"the platform pays what {settings.prices} says",
            describe=python(*importing, "--dry-run", "--json"),
            settled={"added": [], "removed": []},
            create=(python(*importing, _REASON, "--yes"),),
        )


def _stripe(settings: Settings) -> Iterator[Step]:
    if settings.sells:
        sync = ("tools.admin", "stripe", "sync-catalog", "--webhook-url", url(settings, "stripe-webhook"))
        yield Step(
            name="Stripe's catalog, portal and webhook endpoint",
            why="Stripe sells the plans, and reports every change",
            create=(python(*sync, "--json", "--yes"),),
        )


def _by_hand(settings: Settings) -> Iterator[str]:
    console = f"https://console.firebase.google.com/project/{settings.project}"
    yield f"Google's sign-in: choose Google in {console}/authentication/providers, which makes the OAuth client."
    if settings.auth_domain != f"{settings.project}.firebaseapp.com":
        credentials = f"https://console.cloud.google.com/apis/credentials?project={settings.project}"
        handler = f"https://{settings.auth_domain}/__/auth/handler"
        yield f"Add {handler} to the redirect addresses of that OAuth client: {credentials}"
    yield f"The sender and the texts of sign-in mails: {console}/authentication/emails"
    if settings.domain:
        yield f"Add the DNS records of {settings.domain} that are shown in {console}/hosting/sites"
    if not settings.receivers:
        yield "Nobody gets alerts: add [alerts] receivers to the environment's file."
    if not settings.billing_account:
        yield "No budget is watched: add [budget] to the environment's file."
    yield (
        "Make yourself an operator: GOOGLE_CLOUD_PROJECT="
        f"{settings.project} .venv/bin/python -m tools.admin operator add you@example.com"
    )
