"""The configuration of usage_api, as far as it is safe to show."""

from collections.abc import Callable
from typing import Final, NamedTuple

from shared.config import Config


class Setting(NamedTuple):
    """A variable of the environment, how its value is shown, and what it means."""

    name: str
    shown: Callable[[Config], object]
    description: str


class ShownSetting(NamedTuple):
    """A variable of the environment with its value, in which nothing is secret."""

    name: str
    value: str
    description: str


def shown_settings(config: Config) -> list[ShownSetting]:
    """Return every setting; of a secret, only whether it is set."""
    return [ShownSetting(each.name, _text(each.shown(config)), each.description) for each in SETTINGS]


def _text(value: object) -> str:
    match value:
        case None | "" | ():
            return "not set"
        case bool():
            return "on" if value else "off"
        case tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _secret(read: Callable[[Config], object]) -> Callable[[Config], object]:
    """Return what shows only whether a value is set."""
    return lambda config: "set" if read(config) else None


SETTINGS: Final = (
    Setting("GOOGLE_CLOUD_PROJECT", lambda c: c.project_id, "The project with the data."),
    Setting("GWI_METERING_ENABLED", lambda c: c.metering_enabled, "Off: nothing is recorded or refused."),
    Setting("GWI_STORE", lambda c: c.store, "Where the data is kept."),
    Setting("GWI_TICK_TOPIC", lambda c: c.tick_topic, "The topic that hands on work to aggregate."),
    Setting("GWI_WAREHOUSE_TOPIC", lambda c: c.warehouse_topic, "The topic that every event is sent to."),
    Setting(
        "GWI_TICK_AUDIENCE",
        lambda c: c.tick_sender and c.tick_sender.audience,
        "The audience of the ID token that comes with a tick.",
    ),
    Setting(
        "GWI_TICK_SERVICE_ACCOUNT",
        lambda c: c.tick_sender and c.tick_sender.service_account,
        "The service account that alone may send ticks.",
    ),
    Setting("GWI_CLIENT_ESTIMATES", lambda c: c.takes_estimates, "Whether cost estimates of events count."),
    Setting("GWI_AUTO_TENANTS", lambda c: c.auto_plan, "The plan of tenants that an event creates."),
    Setting("GWI_PRICE_CATALOG", lambda c: c.price_catalog, "The file with a newer price catalog."),
    Setting("GWI_EVENT_RETENTION_DAYS", lambda c: c.retention.days, "Days for which events are kept."),
    Setting("GWI_FORENSICS_ENABLED", lambda c: c.sealing_keys is not None, "Whether runs have bundles."),
    Setting("GWI_SEALING_KEYS", _secret(lambda c: c.sealing_keys), "The keys that seal bundles."),
    Setting("GWI_SOFT_LIMIT_PERCENT", lambda c: c.soft_percent, "Share of a limit that warns a tenant."),
    Setting("GWI_MAX_EVENTS_PER_DAY", lambda c: c.day_limits.events, "Events of a tenant in a UTC day."),
    Setting("GWI_MAX_NAMES_PER_DAY", lambda c: c.day_limits.names, "Models of a tenant in a UTC day."),
    Setting("GWI_HARD_LIMIT_PERCENT", lambda c: c.hard_percent, "Share of a limit at which checks refuse."),
    Setting("STRIPE_API_KEY", _secret(lambda c: c.stripe_api_key), "Without it, nothing can be bought."),
    Setting(
        "STRIPE_WEBHOOK_SECRET",
        _secret(lambda c: c.stripe_webhook_secrets),
        "Verifies webhooks; only stripe_webhook needs it.",
    ),
    Setting("THREADS", lambda c: c.threads, "The threads of the server."),
    # A URL can hold a password.
    Setting("STRIPE_API_BASE", _secret(lambda c: c.stripe_api_base), "Another address than Stripe's."),
    Setting("GWI_CORS_ORIGINS", lambda c: c.cors_origins, "Web pages that may call the API with a key."),
    Setting("GWI_GRACE_DAYS", lambda c: c.grace.days, "Days for which an unpaid plan continues."),
    Setting(
        "GWI_SECOND_SUBSCRIPTION",
        lambda c: c.second_subscription,
        "What happens to a second subscription of a tenant.",
    ),
    Setting("GWI_TRIAL_DAYS", lambda c: c.trial_days, "The trial of a first subscription."),
    Setting("GWI_WEB_ORIGIN", lambda c: c.web_origin, "The address of the dashboard."),
    Setting("SMTP_URL", _secret(lambda c: c.smtp), "The mail server; only aggregate needs it."),
    Setting("GWI_MAIL_FROM", lambda c: c.mail_from, "The sender of mails; only aggregate needs it."),
    Setting(
        "GWI_MAIL_COLLECTION",
        lambda c: c.mail_collection,
        "The collection in which mails are left; only aggregate needs it.",
    ),
    Setting(
        "GWI_OPERATOR_EMAIL",
        lambda c: c.operator_email,
        "Gets the operator's problems by mail; only aggregate needs it.",
    ),
    Setting("GWI_LOCAL_WEBHOOKS", lambda c: c.local_webhooks, "Whether webhooks may go to this machine."),
)
"""In the order of docs/configuration.md."""
