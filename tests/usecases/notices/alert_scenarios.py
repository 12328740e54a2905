"""Steps of tests of usage alerts: a tenant on plan free uses tokens and runs, and is folded."""

from datetime import datetime

from shared.domain.metering.recording import RecordedEvent
from shared.domain.notices.mail_templates import Links
from shared.domain.people.members import Member, Role
from shared.domain.prices.token_pools import TokenPools
from shared.ports import Members, Outbox, UsageStore
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.notices.raise_alerts import AlertRaiser
from tests.alert_places import AlertPlace, MemoryAlertPlace
from tests.member_fixtures import add_member
from tests.plans import THRESHOLDS
from tests.sample_events import NOON, ONE_SHARD, event_of
from tests.usecases.plain_sums import new_tenant

LINKS = Links("https://usage.example.com")
LIMIT = 50_000
"""Tokens of plan free, which also allows 10 runs."""


def new_place() -> AlertPlace:
    """Return a store in memory with the tenant."""
    return with_tenant(MemoryAlertPlace())


def with_tenant(place: AlertPlace) -> AlertPlace:
    """Add tenant acme, owned by Ada, and return `place`."""
    new_tenant(place.directory, plan="free")
    join(place, "ada@example.com", "owner")
    return place


def join(place: AlertPlace, email: str, role: Role) -> None:
    """Add a member."""
    add_member(
        place.members,
        "acme",
        Member(user_id=f"uid-{email}", email=email, name=None, role=role, joined_at=NOON),
    )


def use(place: AlertPlace, tokens: int, *, ts: datetime = NOON, run_id: str | None = None) -> None:
    """Record one event with this number of tokens."""
    place.open().record("acme", [using(f"{ts}-{tokens}-{run_id}", tokens, ts, run_id)], ONE_SHARD, NOON)


def using(event_id: str, tokens: int, ts: datetime = NOON, run_id: str | None = None) -> RecordedEvent:
    """Return an event with this number of tokens."""
    return event_of(event_id, TokenPools(tokens, 0, tokens), None, None, ts=ts, run_id=run_id)


def fold(place: AlertPlace, store: UsageStore | None = None, now: datetime = NOON) -> None:
    """Fold the tenant and raise its alerts."""
    store = store or place.open()
    fold_tenants(folder_of(store, place.members, place.outbox), ["acme"], now)


def folder_of(store: UsageStore, members: Members, outbox: Outbox) -> TenantFolder:
    """Return a folder that raises alerts."""
    raiser = AlertRaiser(store=store, members=members, outbox=outbox, thresholds=THRESHOLDS, links=LINKS)
    return TenantFolder(store, THRESHOLDS.policy_of, raiser)


def raised(place: AlertPlace) -> list[str]:
    """Return the metric and percentage of each alert, sorted."""
    return sorted(alert.id.partition(".")[2] for alert in place.open().list_alerts("acme", limit=50).items)
