"""Reads the environment once at start-up, and reports all missing and invalid settings together."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args
from urllib.parse import unquote, urlsplit

from shared.domain.billing.entitlements import DEFAULT_GRACE, SecondSubscription
from shared.domain.errors import ConfigurationError
from shared.domain.ledger.periods import MAX_AGE
from shared.domain.limits.limits import DEFAULT_HARD_PERCENT, DEFAULT_SOFT_PERCENT, MAX_PERCENT
from shared.domain.limits.rates import DEFAULT_DAY_LIMITS, DayLimits

DEFAULT_RETENTION_DAYS = 90
DEFAULT_TICK_TOPIC = "usage-tick"
DEFAULT_WEB_ORIGIN = "http://localhost:5173"
_ON = frozenset({"1", "true"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _WholeNumber:
    """A variable whose value is a whole number from `least` to `most`."""

    name: str
    default: int
    least: int
    most: int

    def read(self, environment: Mapping[str, str], problems: list[str]) -> int:
        """Return the number in `environment`; if it is invalid, add a problem and return the default."""
        text = environment.get(self.name, str(self.default))
        if text.isdecimal() and self.least <= int(text) <= self.most:
            return int(text)
        problems.append(
            f"{self.name} is {text!r}; it must be a whole number from {self.least} to {self.most}"
        )
        return self.default


_RETENTION_DAYS = _WholeNumber(
    name="GWI_EVENT_RETENTION_DAYS",
    default=DEFAULT_RETENTION_DAYS,
    least=MAX_AGE.days + 1,
    most=3650,
)
_SOFT_PERCENT = _WholeNumber(
    name="GWI_SOFT_LIMIT_PERCENT", default=DEFAULT_SOFT_PERCENT, least=1, most=MAX_PERCENT
)
_HARD_PERCENT = _WholeNumber(
    name="GWI_HARD_LIMIT_PERCENT", default=DEFAULT_HARD_PERCENT, least=1, most=MAX_PERCENT
)
_GRACE_DAYS = _WholeNumber(name="GWI_GRACE_DAYS", default=DEFAULT_GRACE.days, least=0, most=60)
_THREADS = _WholeNumber(name="THREADS", default=4 * (os.cpu_count() or 1), least=1, most=1000)
"""The variable and the default are those of functions-framework."""
_MAX_EVENTS_PER_DAY = _WholeNumber(
    name="GWI_MAX_EVENTS_PER_DAY", default=DEFAULT_DAY_LIMITS.events, least=1, most=10**12
)
_MAX_NAMES_PER_DAY = _WholeNumber(
    name="GWI_MAX_NAMES_PER_DAY", default=DEFAULT_DAY_LIMITS.names, least=1, most=10**12
)
_TRIAL_DAYS = _WholeNumber(name="GWI_TRIAL_DAYS", default=0, least=0, most=730)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """An SMTP server: `smtp://` begins in plain text and switches to TLS, `smtps://` is TLS from the start."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None

    @classmethod
    def of(cls, url: str) -> "SmtpServer":
        """Read `smtp://user:password@host:587`. Raise ValueError for any other form."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError("not an address of the form smtp://user:password@host:587")
        default = 465 if parts.scheme == "smtps" else 587
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        return cls(parts.scheme, parts.hostname, parts.port or default, user, password)

    @property
    def is_local(self) -> bool:
        return self.host in _LOOPBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of a function."""

    project_id: str
    store: Literal["firestore", "memory"]
    firestore_emulator: str | None
    pubsub_emulator: str | None
    tick_topic: str
    metering_enabled: bool
    takes_estimates: bool
    price_catalog: str | None
    """The file with a newer price catalog."""
    retention: timedelta
    soft_percent: int
    hard_percent: int
    day_limits: DayLimits
    stripe_api_key: str | None
    stripe_api_base: str | None
    threads: int
    """The threads with which the server answers requests."""
    stripe_webhook_secrets: tuple[str, ...]
    grace: timedelta
    trial_days: int
    second_subscription: SecondSubscription
    web_origin: str
    smtp: SmtpServer | None
    mail_from: str
    mail_collection: str | None
    """The collection in which mails are left for another sender; without SMTP."""
    operator_email: str | None
    local_webhooks: bool
    """Deliver webhooks to this machine too, also by http."""

    @property
    def is_local(self) -> bool:
        """True in a local stack, where new keys are test keys."""
        return self.store == "memory" or self.firestore_emulator is not None


def load_config(environment: Mapping[str, str], required: Iterable[str] = ()) -> Config:
    """Return the configuration in `environment`; raise ConfigurationError with a line for each problem.

    `required` names variables that this function needs although others do not.
    """
    problems = [f"{name} is missing" for name in required if not _listed(environment, name)]
    store = environment.get("GWI_STORE", "firestore")
    if store not in ("firestore", "memory"):
        problems.append(f"GWI_STORE is {store!r}; it must be firestore or memory")
    project_id = environment.get("GOOGLE_CLOUD_PROJECT", "")
    if store != "memory" and not project_id:
        problems.append("GOOGLE_CLOUD_PROJECT is missing: the id of the Google Cloud project")
    # With it, firebase-admin checks no signature and accepts any token.
    if environment.get("FIREBASE_AUTH_EMULATOR_HOST") and environment.get("K_SERVICE"):
        problems.append(
            "FIREBASE_AUTH_EMULATOR_HOST is set in a deployed service (K_SERVICE); any ID token would be accepted"
        )
    estimates = environment.get("GWI_CLIENT_ESTIMATES", "on").strip().lower()
    if estimates not in ("on", "off"):
        problems.append(f"GWI_CLIENT_ESTIMATES is {estimates!r}; it must be on or off")
    second = environment.get("GWI_SECOND_SUBSCRIPTION", "alert")
    if second not in get_args(SecondSubscription):
        problems.append(f"GWI_SECOND_SUBSCRIPTION is {second!r}; it must be alert or cancel_newer")
    smtp_url = environment.get("SMTP_URL", "")
    smtp = _smtp_server(smtp_url, problems)
    if smtp_url and not environment.get("GWI_MAIL_FROM"):
        problems.append("GWI_MAIL_FROM is missing: the address from which mails are sent by SMTP_URL")
    if smtp_url and environment.get("GWI_MAIL_COLLECTION"):
        problems.append("SMTP_URL and GWI_MAIL_COLLECTION are both set; set the one that sends the mails")
    if environment.get("GWI_LOCAL_WEBHOOKS") and environment.get("K_SERVICE"):
        problems.append(
            "GWI_LOCAL_WEBHOOKS is set in a deployed service; webhooks could reach its own network"
        )
    retention_days = _RETENTION_DAYS.read(environment, problems)
    soft_percent = _SOFT_PERCENT.read(environment, problems)
    hard_percent = _HARD_PERCENT.read(environment, problems)
    grace_days = _GRACE_DAYS.read(environment, problems)
    threads = _THREADS.read(environment, problems)
    trial_days = _TRIAL_DAYS.read(environment, problems)
    day_limits = DayLimits(
        events=_MAX_EVENTS_PER_DAY.read(environment, problems),
        names=_MAX_NAMES_PER_DAY.read(environment, problems),
    )
    if problems:
        raise ConfigurationError("Cannot start:\n" + "\n".join(f"- {problem}" for problem in problems))
    return Config(
        project_id=project_id,
        store="memory" if store == "memory" else "firestore",
        firestore_emulator=environment.get("FIRESTORE_EMULATOR_HOST") or None,
        pubsub_emulator=environment.get("PUBSUB_EMULATOR_HOST") or None,
        tick_topic=environment.get("GWI_TICK_TOPIC", DEFAULT_TICK_TOPIC),
        metering_enabled=environment.get("GWI_METERING_ENABLED", "").strip().lower() in _ON,
        takes_estimates=estimates != "off",
        price_catalog=environment.get("GWI_PRICE_CATALOG") or None,
        retention=timedelta(days=retention_days),
        soft_percent=soft_percent,
        hard_percent=hard_percent,
        day_limits=day_limits,
        stripe_api_key=environment.get("STRIPE_API_KEY") or None,
        threads=threads,
        stripe_api_base=environment.get("STRIPE_API_BASE") or None,
        stripe_webhook_secrets=_listed(environment, "STRIPE_WEBHOOK_SECRET"),
        grace=timedelta(days=grace_days),
        trial_days=trial_days,
        second_subscription="cancel_newer" if second == "cancel_newer" else "alert",
        smtp=smtp,
        mail_from=environment.get("GWI_MAIL_FROM", ""),
        mail_collection=environment.get("GWI_MAIL_COLLECTION") or None,
        operator_email=environment.get("GWI_OPERATOR_EMAIL") or None,
        local_webhooks=environment.get("GWI_LOCAL_WEBHOOKS", "").strip().lower() in _ON,
        web_origin=environment.get("GWI_WEB_ORIGIN", DEFAULT_WEB_ORIGIN).rstrip("/"),
    )


def _smtp_server(url: str, problems: list[str]) -> SmtpServer | None:
    """Return the server that SMTP_URL names; if it names none, add a problem without its password."""
    try:
        return SmtpServer.of(url) if url else None
    except ValueError as error:
        problems.append(f"SMTP_URL is {error}")
        return None


def _listed(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Return the comma-separated values of a variable: during a rotation, a secret has an old and a new one."""
    return tuple(part.strip() for part in environment.get(name, "").split(",") if part.strip())
