"""Replace the platform's plans by others, and say what that changes, and for how many tenants."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.domain.errors import Conflict
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plan_file import PlanTable, format_plans
from shared.domain.limits.plans import Plan
from shared.domain.people.audit import AuditEntry, Change
from shared.domain.people.plan_use import PlanUse, plan_use
from shared.ports import PlanCatalogs, StalePlans

_MAX_TRIES: Final = 5
_MAX_AUDIT_CHARS: Final = 4_000
_ABSENT: Final = {
    **dict.fromkeys(("tokens", "runs", "requests_per_minute", "provider_cost_usd"), "unlimited"),
    **dict.fromkeys(("month", "year"), "not sold"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange:
    """A plan that is added, changed or removed."""

    plan: str
    version: int | None
    """Its version from now on; None if it is removed."""
    what: tuple[str, ...]
    """A sentence for each difference."""
    tenants: dict[int, int]
    """How many tenants have each of its versions. They keep it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChanges:
    """The difference between two catalogs; without any, `version` is that of the catalog as it is."""

    version: int
    plans: tuple[PlanChange, ...]
    others: tuple[str, ...]
    """A sentence for each difference that concerns no single plan."""


@dataclass(frozen=True, slots=True)
class PlanManager:
    """Reads and replaces the plans in the store; `default` are those of a deployment that has stored none."""

    catalogs: PlanCatalogs
    default: PlanCatalog

    def read(self) -> PlanCatalog:
        """Return the newest plans."""
        return self.catalogs.read_plans(self.default)

    def preview(self, offered: PlanCatalog, now: datetime, read_version: int | None = None) -> PlanChanges:
        """Return what replacing the plans by `offered` would change. Raise Conflict as `replace` does."""
        before = self._read(read_version)
        return self._changes(before, before.replaced_by(offered), now)

    def replace(self, offered: PlanCatalog, change: Change, read_version: int | None = None) -> PlanChanges:
        """Replace the plans by `offered`, and return what that changed.

        Raise Conflict if a plan would go that somebody has, or if `read_version` is given and is not the newest.
        """
        for _ in range(_MAX_TRIES):
            before = self._read(read_version)
            after = before.replaced_by(offered)
            changes = self._changes(before, after, change.at)
            if changes.version == before.version:
                return changes
            try:
                self.catalogs.save_plans(after, _entry(before, after, change))
            except StalePlans:
                continue
            return changes
        raise Conflict("the plans keep changing; try again")

    def _read(self, read_version: int | None) -> PlanCatalog:
        newest = self.read()
        if read_version not in (None, newest.version):
            message = f"the plans have changed since you read them: their version is {newest.version} now"
            raise Conflict(message, code="changed_meanwhile")
        return newest

    def _changes(self, before: PlanCatalog, after: PlanCatalog, now: datetime) -> PlanChanges:
        if before.has_content_of(after):
            return PlanChanges(version=before.version, plans=(), others=())
        use = plan_use(self.catalogs.list_plan_holders(), now)
        _refuse_removal_in_use(before, after, use)
        return PlanChanges(
            version=after.version,
            plans=tuple(_plan_changes(before, after, use)),
            others=tuple(_other_changes(before, after)),
        )


def _refuse_removal_in_use(before: PlanCatalog, after: PlanCatalog, use: PlanUse) -> None:
    offered = {plan.id for plan in after.plans}
    gone = [plan.id for plan in before.plans if plan.id not in offered and use.in_any_way[plan.id]]
    if gone:
        counts = ", ".join(f"{plan_id} ({use.in_any_way[plan_id]})" for plan_id in gone)
        message = f"tenants have, were granted or will have plans that would be removed: {counts}"
        raise Conflict(f"{message}; hide these plans, or move the tenants first", code="plan_in_use")


def _plan_changes(before: PlanCatalog, after: PlanCatalog, use: PlanUse) -> Iterator[PlanChange]:
    old, new = ({plan.id: plan for plan in catalog.plans} for catalog in (before, after))
    for plan_id in dict.fromkeys((*old, *new)):
        was, will_be = old.get(plan_id), new.get(plan_id)
        if was != will_be:
            yield PlanChange(
                plan=plan_id,
                version=will_be.version if will_be else None,
                what=tuple(_differences(was, will_be, use)),
                tenants=use.versions_of(plan_id),
            )


def _differences(was: Plan | None, will_be: Plan | None, use: PlanUse) -> Iterator[str]:
    if was is None or will_be is None:
        yield "added" if was is None else "removed"
        return
    old, new = _fields(was), _fields(will_be)
    for name, value in new.items():
        if old[name] != value:
            yield f"{name}: {_shown(name, old[name])} → {_shown(name, value)}"
    for (version, interval), paying in sorted(use.paying.items()):
        if version.plan == will_be.id and not will_be.price_nanousd(interval):
            yield f"{paying} pay version {version.version} by the {interval}, which is sold no more; they keep it"


def _fields(plan: Plan) -> dict[str, Any]:
    fields = PlanTable.of(plan).model_dump()
    prices: dict[str, Any] = fields.pop("prices")
    return fields | prices


def _shown(name: str, value: Any) -> str:
    return _ABSENT.get(name, "default") if value is None else str(value)


def _other_changes(before: PlanCatalog, after: PlanCatalog) -> Iterator[str]:
    if dict(before.aliases) != dict(after.aliases):
        yield f"aliases: {_aliases(before)} → {_aliases(after)}"
    both = {plan.id for plan in before.plans} & {plan.id for plan in after.plans}
    old, new = ([plan.id for plan in catalog.plans if plan.id in both] for catalog in (before, after))
    if old != new:
        yield f"order: {', '.join(old)} → {', '.join(new)}"


def _aliases(catalog: PlanCatalog) -> str:
    return ", ".join(f"{name} = {target}" for name, target in catalog.aliases.items()) or "none"


def _entry(before: PlanCatalog, after: PlanCatalog, change: Change) -> AuditEntry:
    """Return the audit entry: the plans as a file before and after, cut to what a person reads."""
    old, new = (format_plans(catalog)[:_MAX_AUDIT_CHARS] for catalog in (before, after))
    return change.entry(None, f"plans.version_{after.version}", old, new)
