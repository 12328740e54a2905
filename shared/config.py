"""The environment, read once at start-up, with everything that is missing or wrong reported together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from shared.domain.entitlements import DEFAULT_GRACE
from shared.domain.errors import ConfigurationError
from shared.domain.limits import DEFAULT_HARD_PERCENT, DEFAULT_SOFT_PERCENT, MAX_PERCENT
from shared.domain.recording import MAX_AGE

DEFAULT_RETENTION_DAYS = 90
DEFAULT_TICK_TOPIC = "usage-tick"
DEFAULT_WEB_ORIGIN = "http://localhost:5173"
_ON = frozenset({"1", "true"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a function's behaviour depends on besides its input."""

    project_id: str
    store: Literal["firestore", "memory"]
    firestore_emulator: str | None
    pubsub_emulator: str | None
    tick_topic: str
    metering_enabled: bool
    retention: timedelta
    soft_percent: int
    hard_percent: int
    stripe_api_key: str | None
    stripe_api_base: str | None
    stripe_webhook_secrets: tuple[str, ...]
    grace: timedelta
    trial_days: int
    web_origin: str

    @property
    def is_local(self) -> bool:
        """Whether keys made here are test keys."""
        return self.store == "memory" or self.firestore_emulator is not None


def load_config(environment: Mapping[str, str], required: Iterable[str] = ()) -> Config:
    """The configuration in `environment`; ConfigurationError with one line for each name that is missing or wrong.

    `required` are names that this function cannot do without, though others can.
    """
    problems = [f"{name} is missing" for name in required if not _listed(environment, name)]
    store = environment.get("GWI_STORE", "firestore")
    if store not in ("firestore", "memory"):
        problems.append(f"GWI_STORE is {store!r}; it is firestore or memory")
    project_id = environment.get("GOOGLE_CLOUD_PROJECT", "")
    if store != "memory" and not project_id:
        problems.append("GOOGLE_CLOUD_PROJECT is missing: the id of the Google Cloud project")
    # With it, firebase-admin believes any token: no signature is checked.
    if environment.get("FIREBASE_AUTH_EMULATOR_HOST") and environment.get("K_SERVICE"):
        problems.append(
            "FIREBASE_AUTH_EMULATOR_HOST is set in a deployed service (K_SERVICE): it would let anybody in"
        )
    min_retention_days = MAX_AGE.days + 1
    days = _number(
        environment, "GWI_EVENT_RETENTION_DAYS", DEFAULT_RETENTION_DAYS, min_retention_days, 3650, problems
    )
    soft = _number(environment, "GWI_SOFT_LIMIT_PERCENT", DEFAULT_SOFT_PERCENT, 1, MAX_PERCENT, problems)
    hard = _number(environment, "GWI_HARD_LIMIT_PERCENT", DEFAULT_HARD_PERCENT, 1, MAX_PERCENT, problems)
    grace_days = _number(environment, "GWI_GRACE_DAYS", DEFAULT_GRACE.days, 0, 60, problems)
    trial_days = _number(environment, "GWI_TRIAL_DAYS", 0, 0, 730, problems)
    if problems:
        raise ConfigurationError("Cannot start:\n" + "\n".join(f"- {problem}" for problem in problems))
    return Config(
        project_id=project_id,
        store="memory" if store == "memory" else "firestore",
        firestore_emulator=environment.get("FIRESTORE_EMULATOR_HOST") or None,
        pubsub_emulator=environment.get("PUBSUB_EMULATOR_HOST") or None,
        tick_topic=environment.get("GWI_TICK_TOPIC", DEFAULT_TICK_TOPIC),
        metering_enabled=environment.get("GWI_METERING_ENABLED", "").strip().lower() in _ON,
        retention=timedelta(days=days),
        soft_percent=soft,
        hard_percent=hard,
        stripe_api_key=environment.get("STRIPE_API_KEY") or None,
        stripe_api_base=environment.get("STRIPE_API_BASE") or None,
        stripe_webhook_secrets=_listed(environment, "STRIPE_WEBHOOK_SECRET"),
        grace=timedelta(days=grace_days),
        trial_days=trial_days,
        web_origin=environment.get("GWI_WEB_ORIGIN", DEFAULT_WEB_ORIGIN).rstrip("/"),
    )


def _listed(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Values separated by commas: while a secret is being replaced, the old and the new one."""
    return tuple(part.strip() for part in environment.get(name, "").split(",") if part.strip())


def _number(
    environment: Mapping[str, str], name: str, default: int, least: int, most: int, problems: list[str]
) -> int:
    text = environment.get(name, str(default))
    if text.isdecimal() and least <= int(text) <= most:
        return int(text)
    problems.append(f"{name} is {text!r}; it is a whole number from {least} to {most}")
    return default
