"""Reads the environment once at start-up, and reports all missing and invalid settings together."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args
from urllib.parse import unquote, urlsplit

from shared.deployed import problems_when_deployed
from shared.domain.billing.entitlements import DEFAULT_GRACE, SecondSubscription
from shared.domain.errors import ConfigurationError
from shared.domain.ledger.periods import MAX_AGE
from shared.domain.limits.limits import DEFAULT_HARD_PERCENT, DEFAULT_SOFT_PERCENT, MAX_PERCENT
from shared.domain.limits.plans import PLAN_ID
from shared.domain.limits.rates import DEFAULT_DAY_LIMITS, DayLimits
from shared.domain.metering.seals import SealingKeys, parse_keys
from shared.environment import OFF, ON, Environment, WholeNumber

DEFAULT_RETENTION_DAYS = 90
DEFAULT_TICK_TOPIC = "usage-tick"
DEFAULT_WEB_ORIGIN = "http://localhost:5173"
_SWITCHED_ON = frozenset({"1", "true"})
"""`on` is not among them (BEHAVIOURS M41, F1)."""
TOPIC_ID = re.compile(r"(?!goog)[A-Za-z][A-Za-z0-9._~%+-]{2,254}")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_RETENTION_DAYS = WholeNumber(
    name="GWI_EVENT_RETENTION_DAYS",
    default=DEFAULT_RETENTION_DAYS,
    least=MAX_AGE.days + 1,
    most=3650,
)
_SOFT_PERCENT = WholeNumber(
    name="GWI_SOFT_LIMIT_PERCENT", default=DEFAULT_SOFT_PERCENT, least=1, most=MAX_PERCENT
)
_HARD_PERCENT = WholeNumber(
    name="GWI_HARD_LIMIT_PERCENT", default=DEFAULT_HARD_PERCENT, least=1, most=MAX_PERCENT
)
_GRACE_DAYS = WholeNumber(name="GWI_GRACE_DAYS", default=DEFAULT_GRACE.days, least=0, most=60)
_THREADS = WholeNumber(name="THREADS", default=4 * (os.cpu_count() or 1), least=1, most=1000)
"""The variable and the default are those of functions-framework."""
_MAX_EVENTS_PER_DAY = WholeNumber(
    name="GWI_MAX_EVENTS_PER_DAY", default=DEFAULT_DAY_LIMITS.events, least=1, most=10**12
)
_MAX_NAMES_PER_DAY = WholeNumber(
    name="GWI_MAX_NAMES_PER_DAY", default=DEFAULT_DAY_LIMITS.names, least=1, most=10**12
)
_TRIAL_DAYS = WholeNumber(name="GWI_TRIAL_DAYS", default=0, least=0, most=730)


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


@dataclass(frozen=True, slots=True)
class TickSender:
    """The ID token that Pub/Sub sends with a tick: the audience it is for, and the service account that it names."""

    audience: str
    service_account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of a function."""

    project_id: str
    store: Literal["firestore", "memory"]
    firestore_emulator: str | None
    pubsub_emulator: str | None
    tick_topic: str
    warehouse_topic: str | None
    """The topic to which every recorded event is sent; None: there is no warehouse."""
    metering_enabled: bool
    takes_estimates: bool
    auto_plan: str | None
    """The plan of tenants that are created because a platform key names them in an event; None: they are refused."""
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
    cors_origins: tuple[str, ...]
    """The origins whose pages may read with a key that can do nothing else."""
    smtp: SmtpServer | None
    mail_from: str
    mail_collection: str | None
    """The collection in which mails are left for another sender; without SMTP."""
    operator_email: str | None
    local_webhooks: bool
    """Deliver webhooks to this machine too, also by http."""
    sealing_keys: SealingKeys | None
    """The keys that seal the bundles of runs; None: there are no bundles."""
    tick_sender: TickSender | None
    """Who alone may push ticks; None on a developer's machine."""

    @property
    def is_local(self) -> bool:
        """True in a local stack, where new keys are test keys."""
        return self.store == "memory" or self.firestore_emulator is not None


def load_config(
    variables: Mapping[str, str], required: Iterable[str] = (), required_when_deployed: Iterable[str] = ()
) -> Config:
    """Return the configuration in `variables`; raise ConfigurationError with a line for each problem.

    `required` names variables that this function needs although others do not; `required_when_deployed` those that
    it needs in a deployed service only.
    """
    environment = Environment(variables)
    config = _read(environment, required)
    if environment.text("K_SERVICE"):
        environment.problems.extend(problems_when_deployed(environment, required_when_deployed))
    if environment.problems:
        lines = "\n".join(f"- {problem}" for problem in environment.problems)
        raise ConfigurationError(f"Cannot start:\n{lines}")
    return config


def _read(environment: Environment, required: Iterable[str]) -> Config:
    """Return the configuration, with the default in place of what is invalid."""
    problems = environment.problems
    problems += [f"{name} is missing" for name in required if not environment.listed(name)]
    store = environment.choice("GWI_STORE", "firestore", "memory")
    project_id = environment.text("GOOGLE_CLOUD_PROJECT") or ""
    if store != "memory" and not project_id:
        problems.append("GOOGLE_CLOUD_PROJECT is missing: the id of the Google Cloud project")
    estimates = environment.word("GWI_CLIENT_ESTIMATES") or "on"
    if estimates not in ON | OFF:
        problems.append(f"GWI_CLIENT_ESTIMATES is {estimates!r}; it must be on or off")
    second = environment.choice("GWI_SECOND_SUBSCRIPTION", *get_args(SecondSubscription))
    return Config(
        project_id=project_id,
        store="memory" if store == "memory" else "firestore",
        firestore_emulator=environment.text("FIRESTORE_EMULATOR_HOST"),
        pubsub_emulator=environment.text("PUBSUB_EMULATOR_HOST"),
        tick_topic=environment.variables.get("GWI_TICK_TOPIC", DEFAULT_TICK_TOPIC),
        warehouse_topic=_warehouse_topic(environment),
        metering_enabled=environment.word("GWI_METERING_ENABLED") in _SWITCHED_ON,
        takes_estimates=estimates not in OFF,
        auto_plan=_auto_plan(environment),
        price_catalog=environment.text("GWI_PRICE_CATALOG"),
        retention=timedelta(days=environment.number(_RETENTION_DAYS)),
        soft_percent=environment.number(_SOFT_PERCENT),
        hard_percent=environment.number(_HARD_PERCENT),
        day_limits=DayLimits(
            events=environment.number(_MAX_EVENTS_PER_DAY), names=environment.number(_MAX_NAMES_PER_DAY)
        ),
        stripe_api_key=environment.text("STRIPE_API_KEY"),
        threads=environment.number(_THREADS),
        stripe_api_base=environment.text("STRIPE_API_BASE"),
        stripe_webhook_secrets=environment.listed("STRIPE_WEBHOOK_SECRET"),
        grace=timedelta(days=environment.number(_GRACE_DAYS)),
        trial_days=environment.number(_TRIAL_DAYS),
        second_subscription="cancel_newer" if second == "cancel_newer" else "alert",
        smtp=_smtp_server(environment),
        mail_from=environment.text("GWI_MAIL_FROM") or "",
        mail_collection=environment.text("GWI_MAIL_COLLECTION"),
        operator_email=environment.text("GWI_OPERATOR_EMAIL"),
        local_webhooks=environment.word("GWI_LOCAL_WEBHOOKS") in ON,
        web_origin=environment.variables.get("GWI_WEB_ORIGIN", DEFAULT_WEB_ORIGIN).rstrip("/"),
        sealing_keys=_sealing_keys(environment),
        cors_origins=_cors_origins(environment),
        tick_sender=_tick_sender(environment),
    )


def _warehouse_topic(environment: Environment) -> str | None:
    topic = environment.text("GWI_WAREHOUSE_TOPIC")
    if topic is not None and not TOPIC_ID.fullmatch(topic):
        environment.problems.append(f"GWI_WAREHOUSE_TOPIC is {topic[:80]!r}, which is not the id of a topic")
        return None
    return topic


def _auto_plan(environment: Environment) -> str | None:
    plan = environment.text("GWI_AUTO_TENANTS")
    # Whether there is such a plan is known to the store alone.
    if plan is not None and not PLAN_ID.fullmatch(plan):
        environment.problems.append(f"GWI_AUTO_TENANTS is {plan!r}, which is not the id of a plan")
    return plan


def _smtp_server(environment: Environment) -> SmtpServer | None:
    """Return the server that SMTP_URL names; if it names none, add a problem without its password."""
    url, problems = environment.text("SMTP_URL"), environment.problems
    if url is None:
        return None
    if environment.text("GWI_MAIL_FROM") is None:
        problems.append("GWI_MAIL_FROM is missing: the address from which mails are sent by SMTP_URL")
    if environment.text("GWI_MAIL_COLLECTION") is not None:
        problems.append("SMTP_URL and GWI_MAIL_COLLECTION are both set; set the one that sends the mails")
    try:
        return SmtpServer.of(url)
    except ValueError:
        # The error can contain a part of the password.
        problems.append("SMTP_URL is not an address of the form smtp://user:password@host:587")
        return None


def _cors_origins(environment: Environment) -> tuple[str, ...]:
    origins = environment.listed("GWI_CORS_ORIGINS")
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            environment.problems.append(
                f"GWI_CORS_ORIGINS names {origin[:80]!r}, which is no origin of the form https://app.example.com"
            )
    return origins


def _sealing_keys(environment: Environment) -> SealingKeys | None:
    entries = environment.listed("GWI_SEALING_KEYS")
    if environment.word("GWI_FORENSICS_ENABLED") not in _SWITCHED_ON:
        return None
    if not entries:
        environment.problems.append(
            "GWI_SEALING_KEYS is missing: the keys, as id:secret, that seal the bundles of runs"
        )
        return None
    try:
        return parse_keys(entries)
    except ValueError as error:
        environment.problems.append(f"GWI_SEALING_KEYS is wrong: {error}")
        return None


def _tick_sender(environment: Environment) -> TickSender | None:
    audience = environment.text("GWI_TICK_AUDIENCE")
    account = environment.text("GWI_TICK_SERVICE_ACCOUNT")
    if audience is not None and account is not None:
        return TickSender(audience, account)
    if audience is not None or account is not None:
        missing = "GWI_TICK_SERVICE_ACCOUNT" if account is None else "GWI_TICK_AUDIENCE"
        environment.problems.append(
            f"{missing} is missing: the two that identify the sender of ticks go together"
        )
    return None
