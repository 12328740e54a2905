"""Move tenants to the newest version of the plan that they have. Nothing else moves them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from shared.domain.errors import Conflict, NotFound
from shared.domain.ledger.usage import Detail
from shared.domain.limits.limits import LimitPolicy
from shared.domain.limits.metrics import Consumption, LimitedMetric, amount_text
from shared.domain.limits.plans import Plan, PlanVersion
from shared.domain.people.audit import Change
from shared.domain.people.plan_use import paid_interval
from shared.domain.people.tenants import Tenant
from shared.domain.prices.money import usd_string
from shared.ports import BillingChange, PlanCatalogs
from shared.usecases.billing.billing_dependencies import BillingDependencies, audited, retry_if_stale
from shared.usecases.ledger.ledger import Ledger

_NOUNS: Final[Mapping[LimitedMetric, str]] = {"tokens": "tokens", "runs": "runs", "cost": "at providers"}


@dataclass(frozen=True, slots=True)
class Migration:
    """A plan, and which of its tenants to move: those on one version, and of some ids; None means all."""

    plan: Plan
    from_version: int | None = None
    tenant_ids: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A tenant that is to get another version of its plan, or the reason why it cannot."""

    tenant_id: str
    before: PlanVersion
    after: PlanVersion
    refusal: str | None


@dataclass(frozen=True, slots=True)
class PlanMigrator:
    """Moves tenants to the newest version of their plan, where that takes nothing from them that they pay for."""

    billing: BillingDependencies
    catalogs: PlanCatalogs
    ledger: Ledger
    policy_of: Callable[[Tenant], LimitPolicy | None]

    def find_moves(self, migration: Migration, now: datetime) -> Iterator[Move]:
        """Yield the tenants with an earlier version of the plan, in the order of their ids, and move none.

        Refused are those who would be over a limit, and those whose price the newest version does not sell.
        Raise NotFound for a tenant that does not exist.
        """
        left = set(migration.tenant_ids or ())
        for stored in self.catalogs.list_plan_holders():
            tenant = stored.at(now)
            left.discard(tenant.id)
            if _is_meant(migration, tenant):
                refusal = self._refusal(tenant, migration.plan, now)
                yield Move(tenant.id, tenant.version_of_plan, migration.plan.named_version, refusal)
        if left:
            raise NotFound(f"there is no tenant {', '.join(sorted(left))}")

    def apply(self, move: Move, change: Change) -> None:
        """Move a tenant. Raise Conflict if it is refused, or if its plan has changed since the move was found."""
        retry_if_stale(lambda: self._apply(move, change), f"the plan of tenant {move.tenant_id}")

    def _apply(self, move: Move, change: Change) -> None:
        stored = self.billing.store.read_account(move.tenant_id)
        tenant = stored.account.tenant.at(change.at) if stored else None
        if move.refusal or stored is None or tenant is None or tenant.version_of_plan != move.before:
            raise Conflict(
                f"tenant {move.tenant_id!r} cannot be moved: {move.refusal or 'its plan has changed'}"
            )
        moved = replace(tenant, plan_version=move.after.version).with_least_version(move.after)
        account = replace(stored.account, tenant=moved)
        self.billing.store.save_billing(
            audited(self.billing, BillingChange(account=account, at=change.at), stored, change)
        )

    def _refusal(self, tenant: Tenant, newest: Plan, now: datetime) -> str | None:
        had = self.billing.current_plans().find(tenant.plan, tenant.plan_version)
        interval = paid_interval(tenant, now)
        price = had.price_nanousd(interval) if had else 0
        if price and price != newest.price_nanousd(interval):
            paid = f"pays {usd_string(price)} USD by the {interval}, which version {newest.version} does not sell"
            return f"{paid}: change its subscription in Stripe, and it gets that version"
        return self._excess(tenant, newest, now)

    def _excess(self, tenant: Tenant, newest: Plan, now: datetime) -> str | None:
        """Return the lower limits that the tenant would be over in this period; None if there are none."""
        used = self.ledger.current(tenant, Detail.TOTALS, now)
        before, after = (
            self.policy_of(used.tenant),
            self.policy_of(replace(used.tenant, plan_version=newest.version)),
        )
        return _exceeded(used.consumption, before, after) if before and after else None


def _exceeded(used: Consumption, before: LimitPolicy, after: LimitPolicy) -> str | None:
    over = []
    for metric, caps in after.caps.items():
        amount, had = used.used(metric), before.caps.get(metric)
        if caps.hard < amount and (had is None or caps.hard < had.hard):
            over.append(f"{amount_text(metric, amount)} of {amount_text(metric, caps.hard)} {_NOUNS[metric]}")
    return f"would have used {' and '.join(over)} in this period" if over else None


def _is_meant(migration: Migration, tenant: Tenant) -> bool:
    """Return whether the tenant has an earlier version of the plan, and is one of those to move."""
    if tenant.plan != migration.plan.id or tenant.plan_version >= migration.plan.version:
        return False
    is_named = migration.tenant_ids is None or tenant.id in migration.tenant_ids
    return is_named and migration.from_version in (None, tenant.plan_version)
