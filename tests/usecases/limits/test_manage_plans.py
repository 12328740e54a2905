"""Changes of the plans: what they say, and which are refused."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Conflict
from shared.domain.limits.entitlement import Entitlement
from shared.domain.limits.grants import Grant
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plans import Plan
from shared.domain.people.audit import AuditEntry, Change
from shared.domain.people.tenants import BillingSummary
from shared.ports import StalePlans
from shared.usecases.limits.manage_plans import PlanChange, PlanManager
from tests.plans import ENTERPRISE, FREE, PLANS, PROFESSIONAL, STARTER
from tests.sample_events import NOON
from tests.usecases.plain_sums import MovingStore, new_tenant

BY_ADA = Change("ada", NOON, "larger")
LARGER = replace(STARTER, token_limit=600_000)


@pytest.fixture
def store() -> MovingStore:
    return MovingStore()


@pytest.fixture
def manager(store: MovingStore) -> PlanManager:
    return PlanManager(store, PLANS)


def offering(*plans: Plan, **aliases: str) -> PlanCatalog:
    return PlanCatalog(plans=plans, aliases=aliases)


def with_starter(**terms: Any) -> PlanCatalog:
    """The default plans with another plan starter."""
    return offering(FREE, replace(STARTER, **terms), PROFESSIONAL, ENTERPRISE, pro="professional")


def test_the_same_plans_change_nothing_and_make_no_version(manager: PlanManager, store: MovingStore) -> None:
    assert manager.replace(PLANS, BY_ADA).version == 0
    manager.replace(with_starter(token_limit=1), BY_ADA)
    assert manager.replace(with_starter(token_limit=1), BY_ADA).plans == ()
    assert len(store.list_plan_changes(5)) == 1


def test_a_change_says_what_differs_and_who_has_which_version(
    manager: PlanManager, store: MovingStore
) -> None:
    for number in range(3):
        new_tenant(store, f"t{number}", plan="starter")
    terms = {"token_limit": 600_000, "run_limit": 2**53, "cost_limit_nanousd": 49 * 10**9, "soft_percent": 70}
    offered = with_starter(**terms)
    previewed = manager.preview(offered, NOON)
    assert previewed.plans == (
        PlanChange(
            plan="starter",
            version=2,
            what=(
                "tokens: 500000 → 600000",
                "runs: 100 → unlimited",
                "provider_cost_usd: unlimited → 49.00",
                "soft_percent: default → 70",
            ),
            tenants={1: 3},
        ),
    )
    assert manager.read() is PLANS
    assert manager.replace(offered, BY_ADA) == previewed
    store.move("t0", plan_version=2)
    (again,) = manager.preview(PLANS, NOON).plans
    assert (again.version, again.tenants) == (3, {1: 2, 2: 1})


def test_a_price_that_is_paid_may_go_and_the_change_says_how_many_keep_it(
    manager: PlanManager, store: MovingStore
) -> None:
    for tenant_id in ("one", "two"):
        new_tenant(store, tenant_id)
        store.move(tenant_id, entitlement=Entitlement(plan="starter", subscription_id="s", interval="year"))
    (change,) = manager.replace(with_starter(yearly_price_nanousd=0), BY_ADA).plans
    assert change.what == (
        "year: 290.00 → not sold",
        "2 pay version 1 by the year, which is sold no more; they keep it",
    )


def test_new_removed_and_reordered_plans_and_aliases_are_reported(manager: PlanManager) -> None:
    team = replace(STARTER, id="team", name="Team")
    changes = manager.preview(offering(FREE, ENTERPRISE, PROFESSIONAL, team), NOON)
    assert [(each.plan, each.version, each.what) for each in changes.plans] == [
        ("starter", None, ("removed",)),
        ("team", 1, ("added",)),
    ]
    assert changes.others == (
        "aliases: pro = professional → none",
        "order: free, professional, enterprise → free, enterprise, professional",
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"plan": "starter"},
        {"grants": (Grant(id="g", reason="r", granted_at=NOON, plan="starter"),)},
        {"billing": BillingSummary(scheduled_plan="starter")},
        {
            "entitlement": Entitlement(
                plan="free", until=NOON + timedelta(1), then=Entitlement(plan="starter")
            )
        },
    ],
    ids=["has-it", "is-granted-it", "changes-to-it", "falls-back-to-it"],
)
def test_a_plan_that_somebody_has_or_will_have_cannot_go(
    fields: dict[str, Any], manager: PlanManager, store: MovingStore
) -> None:
    new_tenant(store, plan="free")
    store.move("acme", **fields)
    without_starter = offering(FREE, PROFESSIONAL, ENTERPRISE)
    with pytest.raises(Conflict, match=r"starter \(1\)") as previewed:
        manager.preview(without_starter, NOON)
    with pytest.raises(Conflict, match=r"starter \(1\)") as refused:
        manager.replace(without_starter, BY_ADA)
    assert previewed.value.code == refused.value.code == "plan_in_use"
    assert manager.read() is PLANS


def test_a_plan_that_nobody_has_any_more_may_go(manager: PlanManager, store: MovingStore) -> None:
    new_tenant(store, plan="starter")
    store.move("acme", entitlement=Entitlement(plan="starter", until=NOON))
    manager.replace(offering(FREE, PROFESSIONAL, ENTERPRISE), BY_ADA)
    assert manager.read().find("starter") is None


def test_who_read_older_plans_is_refused_and_changes_nothing(manager: PlanManager) -> None:
    manager.replace(with_starter(token_limit=1), BY_ADA, read_version=0)
    with pytest.raises(Conflict, match="their version is 1 now") as refusal:
        manager.replace(with_starter(token_limit=2), BY_ADA, read_version=0)
    assert refusal.value.code == "changed_meanwhile"
    found = manager.read().find("starter")
    assert found is not None
    assert found.token_limit == 1


def test_two_changes_at_once_both_count() -> None:
    class Overtaken(MemoryStore):
        """A store that somebody else changes just before the first change is saved."""

        overtaking = True

        def save_plans(self, catalog: PlanCatalog, audit: AuditEntry) -> None:
            """Save another change first."""
            if self.overtaking:
                self.overtaking = False
                super().save_plans(PLANS.replaced_by(with_starter(token_limit=1)), audit)
                raise StalePlans
            super().save_plans(catalog, audit)

    manager = PlanManager(Overtaken(), PLANS)
    assert manager.replace(with_starter(token_limit=2), BY_ADA).version == 2
    assert [plan.token_limit for plan in manager.read().versions_of("starter")] == [500_000, 1, 2]


def test_a_change_is_kept_with_its_author_and_the_plans_before_and_after(
    manager: PlanManager, store: MovingStore
) -> None:
    manager.replace(offering(FREE, LARGER, PROFESSIONAL, ENTERPRISE), BY_ADA)
    (entry,) = store.list_plan_changes(5)
    assert (entry.tenant_id, entry.actor, entry.action, entry.reason) == (
        None,
        "ada",
        "plans.version_1",
        "larger",
    )
    assert "tokens = 500000" in str(entry.before)
    assert "tokens = 600000" in str(entry.after)
