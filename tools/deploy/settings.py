"""Reads the file of an environment, and reports everything that is wrong with it together."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from shared.environment import ON
from tools.deploy.plan import ROOT

_PROJECT: Final = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_LOCATION: Final = re.compile(r"[a-z]+-[a-z]+[0-9]+|nam[0-9]+|eur[0-9]+")
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_TABLES: Final = ("variables", "mail", "alerts", "budget", "max_instances")
_KEYS: Final = (
    *("project", "region", "firestore_location", "domain", "auth_domain", "origin", "point_in_time_recovery"),
    *("stripe", "plans", "prices", *_TABLES),
)
FORENSICS: Final = "GWI_FORENSICS_ENABLED"
WAREHOUSE: Final = "GWI_WAREHOUSE_TOPIC"
SET_BY_CLOUD_RUN: Final = frozenset({"K_SERVICE"})
NOT_DEPLOYED: Final = frozenset(
    {
        *("FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST"),
        *("GWI_STORE", "GWI_LOCAL_WEBHOOKS", "STRIPE_API_BASE", "GWI_PRICE_CATALOG"),
    }
)
"""Variables for a developer's machine, and the path of a file that no bundle has."""


class InvalidSettingsError(Exception):
    """The file of an environment, or what the command line adds to it, is not valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """An environment: one Google Cloud project with everything in it."""

    project: str
    region: str
    firestore_location: str
    domain: str = ""
    auth_domain: str
    origin: str
    point_in_time_recovery: bool = False
    stripe: str = "test"
    """The mode of Stripe: `live`, `test`, or `off` where nothing is sold."""
    plans: str = ""
    prices: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    smtp: bool = False
    receivers: tuple[str, ...] = ()
    billing_account: str = ""
    budget: str = ""
    max_instances: Mapping[str, int] = field(default_factory=dict)

    @property
    def sells(self) -> bool:
        return self.stripe != "off"

    @property
    def warehouse_topic(self) -> str | None:
        """The topic to which every event is sent; None without a warehouse."""
        return self.variables.get(WAREHOUSE)

    @property
    def seals(self) -> bool:
        """Return True if bundles of runs are sealed, with keys that are a secret."""
        return self.variables.get(FORENSICS, "").lower() in ON


def read_settings(project: str, region: str, file: Path | None) -> Settings:
    """Return the settings in `file`, or the defaults without one. Raise InvalidSettingsError with each problem."""
    try:
        values: dict[str, Any] = tomllib.loads(file.read_text()) if file else {}
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InvalidSettingsError(f"{file} cannot be read: {error}") from error
    problems = [f"{key} is not a setting" for key in values if key not in _KEYS]
    problems += [f"{key} must be a table" for key in _TABLES if not isinstance(values.get(key, {}), dict)]
    for name, given in (("project", project), ("region", region)):
        if given and values.get(name, given) != given:
            problems.append(f"{name} is {values[name]!r} in {file}, but {given!r} on the command line")
        values.setdefault(name, given)
    if not problems:
        settings = _settings(values)
        problems = list(_problems(settings))
    if problems:
        raise InvalidSettingsError("\n".join(problems))
    return settings


def _settings(values: Mapping[str, Any]) -> Settings:
    project, domain = str(values["project"]), str(values.get("domain", ""))
    mail, budget = values.get("mail", {}), values.get("budget", {})
    receivers = tuple(map(str, values.get("alerts", {}).get("receivers", ())))
    variables = {name: str(text) for name, text in values.get("variables", {}).items()}
    if sender := mail.get("from"):
        variables["GWI_MAIL_FROM"] = str(sender)
    if receivers:
        variables.setdefault("GWI_OPERATOR_EMAIL", receivers[0])
    return Settings(
        project=project,
        region=str(values["region"]),
        firestore_location=str(values.get("firestore_location", values["region"])),
        domain=domain,
        auth_domain=str(values.get("auth_domain", f"{project}.firebaseapp.com")),
        origin=str(values.get("origin", f"https://{domain or f'{project}.web.app'}")),
        point_in_time_recovery=values.get("point_in_time_recovery", False) is True,
        stripe=str(values.get("stripe", "test")),
        plans=str(values.get("plans", "")),
        prices=str(values.get("prices", "")),
        variables=variables,
        smtp="from" in mail,
        receivers=receivers,
        billing_account=str(budget.get("billing_account", "")),
        budget=str(budget.get("amount", "")),
        max_instances=values.get("max_instances", {}),
    )


def _problems(settings: Settings) -> Iterator[str]:
    if not _PROJECT.fullmatch(settings.project):
        yield f"project is {settings.project!r}, which is not the id of a Google Cloud project"
    for name in ("region", "firestore_location"):
        if not _LOCATION.fullmatch(getattr(settings, name)):
            yield f"{name} is {getattr(settings, name)!r}; it must be a location such as europe-west1"
    for name in ("domain", "auth_domain"):
        if (text := getattr(settings, name)) and not _DOMAIN.fullmatch(text):
            yield f"{name} is {text!r}, which is not a domain"
    yield from _problems_of_choices(settings)


def _problems_of_choices(settings: Settings) -> Iterator[str]:
    if settings.stripe not in ("off", "test", "live"):
        yield f"stripe is {settings.stripe!r}; it must be test, live or off"
    for name in ("plans", "prices"):
        if (path := getattr(settings, name)) and not (ROOT / path).is_file():
            yield f"{name} is {path!r}, which is not a file of this checkout"
    yield from (
        f"the alert receiver {each!r} is not an address"
        for each in settings.receivers
        if not _EMAIL.fullmatch(each)
    )
    if bool(settings.billing_account) != bool(settings.budget):
        yield "a budget needs both billing_account and amount"
    if settings.budget and not re.fullmatch(r"[1-9][0-9]*[A-Z]{3}", settings.budget):
        yield f"the budget's amount is {settings.budget!r}; it must be like 100USD"
    for name in sorted(NOT_DEPLOYED & set(settings.variables)):
        yield f"{name} is not set in an environment"
