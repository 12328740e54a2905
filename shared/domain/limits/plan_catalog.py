"""The catalog of plans: the newest version of each, the earlier ones that tenants still have, and the aliases."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from shared.domain.limits.plans import FREE_PLAN_ID, Plan, PlanVersion

_REMOVED = -1


# Compared by identity: a version is read once a minute.
@dataclass(frozen=True, eq=False, kw_only=True)
class PlanCatalog:
    """The platform's plans from the smallest to the largest. `version` counts the changes of the whole catalog.

    A plan that was removed keeps its versions: who still pays for it has what was bought.
    """

    plans: tuple[Plan, ...]
    """The newest version of each plan."""
    version: int = 0
    earlier: tuple[Plan, ...] = ()
    """Every other version, of removed plans too."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other names of plans; each leads to a plan or to another alias."""

    def find(self, name: str, version: int | None = None) -> Plan | None:
        """Return the plan with this exact id or alias, in its newest version or in `version`; None if it is unknown.

        A version above the newest was just made: an instance learns of it within a minute, and until then the newest
        version that it knows counts.
        """
        if version is None:
            return self._offered.get(self._id_of(name))
        # A plan that was removed comes before an alias of the same name, for those who still have it.
        newest = self._newest.get(name) or self._newest.get(self._id_of(name))
        if newest is None or version >= newest.version:
            return newest
        return self._by_version.get(PlanVersion(newest.id, version))

    @property
    def free(self) -> Plan:
        """The plan of a tenant without a subscription."""
        return self._newest[FREE_PLAN_ID]

    @property
    def visible(self) -> tuple[Plan, ...]:
        """The plans that are shown to everybody."""
        return tuple(plan for plan in self.plans if plan.is_visible)

    def rank(self, plan_id: str) -> int:
        """Return the plan's place, 0 for the smallest; a plan that is not in the catalog any more comes before."""
        return self._ranks.get(plan_id, _REMOVED)

    def versions_of(self, plan_id: str) -> tuple[Plan, ...]:
        """Return all versions of a plan, oldest first."""
        found = [plan for plan in (*self.earlier, *self.plans) if plan.id == plan_id]
        return tuple(sorted(found, key=lambda plan: plan.version))

    def has_content_of(self, other: "PlanCatalog") -> bool:
        """Return whether both offer the same plans under the same aliases."""
        return (self.plans, dict(self.aliases)) == (other.plans, dict(other.aliases))

    def replaced_by(self, offered: "PlanCatalog") -> "PlanCatalog":
        """Return the next catalog, with the plans and aliases of `offered`, whose own versions do not count.

        A plan whose terms change gets its next version. The names of earlier versions follow the newest.
        """
        plans = tuple(self._next_version(plan) for plan in offered.plans)
        names = {plan.id: plan.name for plan in plans}
        kept = {plan.named_version for plan in plans}
        earlier = tuple(
            replace(plan, name=names.get(plan.id, plan.name))
            for plan in (*self.earlier, *self.plans)
            if plan.named_version not in kept
        )
        return PlanCatalog(plans=plans, version=self.version + 1, earlier=earlier, aliases=offered.aliases)

    def _next_version(self, plan: Plan) -> Plan:
        known = self._newest.get(plan.id)
        if known is None:
            return replace(plan, version=1)
        return replace(plan, version=known.version if known.has_terms_of(plan) else known.version + 1)

    def _id_of(self, name: str) -> str:
        plan_id = name
        while plan_id in self.aliases and plan_id not in self._offered:
            plan_id = self.aliases[plan_id]
        return plan_id

    @cached_property
    def _offered(self) -> Mapping[str, Plan]:
        return {plan.id: plan for plan in self.plans}

    @cached_property
    def _ranks(self) -> Mapping[str, int]:
        return {plan.id: rank for rank, plan in enumerate(self.plans)}

    @cached_property
    def _by_version(self) -> Mapping[PlanVersion, Plan]:
        return {plan.named_version: plan for plan in (*self.earlier, *self.plans)}

    @cached_property
    def _newest(self) -> Mapping[str, Plan]:
        by_age = sorted(self._by_version.values(), key=lambda plan: plan.version)
        return {plan.id: plan for plan in by_age}


CurrentPlans = Callable[[], PlanCatalog]
"""Returns the catalog as it is now, which is at most a minute old."""
