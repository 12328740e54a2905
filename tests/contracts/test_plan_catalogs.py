"""PlanCatalogs on both stores: versions, changes that are kept with them, and the tenants that have the plans."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.limits.entitlement import Entitlement
from shared.domain.limits.grants import Grant
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plans import PlanVersion
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.ports import BillingChange, Directory, PlanCatalogs, StalePlans
from tests.billing_places import BillingPlace
from tests.contracts.test_directory import ACME, CREATED, KEY
from tests.plans import FREE, PLANS, STARTER
from tests.sample_events import NOON

CHANGE = Change("admin:ada", NOON, "larger").entry(None, "plans.version_1", None, "x")
LARGER = replace(
    STARTER,
    token_limit=600_000,
    cost_limit_nanousd=49 * 10**9,
    soft_percent=70,
    alert_percents=(50, 90),
    trial_days=14,
    is_visible=False,
    name='Starter "日本"',
)
NEXT = PLANS.replaced_by(PlanCatalog(plans=(FREE, LARGER), aliases={"small": "starter", "s": "small"}))


def contents(catalog: PlanCatalog) -> tuple[object, ...]:
    return catalog.version, catalog.plans, set(catalog.earlier), dict(catalog.aliases)


def test_until_plans_are_saved_the_known_ones_count(plan_catalogs: PlanCatalogs) -> None:
    assert plan_catalogs.read_plans(PLANS) is PLANS
    assert plan_catalogs.list_plan_changes(5) == []


def test_plans_are_read_as_they_were_saved_and_known_ones_are_not_read_again(
    plan_catalogs: PlanCatalogs,
) -> None:
    plan_catalogs.save_plans(NEXT, CHANGE)
    read = plan_catalogs.read_plans(PLANS)
    assert contents(read) == contents(NEXT)
    assert plan_catalogs.read_plans(read) is read


def test_a_catalog_replaces_the_one_before_and_keeps_the_change(plan_catalogs: PlanCatalogs) -> None:
    second = replace(CHANGE, action="plans.version_2", at=NOON + timedelta(hours=1))
    back = NEXT.replaced_by(PLANS)
    plan_catalogs.save_plans(NEXT, CHANGE)
    plan_catalogs.save_plans(back, second)
    assert contents(plan_catalogs.read_plans(PLANS)) == contents(back)
    assert plan_catalogs.list_plan_changes(5) == [second, CHANGE]
    assert plan_catalogs.list_plan_changes(1) == [second]


def test_the_platforms_audit_log_has_the_change(plan_catalogs: PlanCatalogs, directory: Directory) -> None:
    plan_catalogs.save_plans(NEXT, CHANGE)
    with pytest.raises(StalePlans):
        plan_catalogs.save_plans(PLANS.replaced_by(PLANS), CHANGE)
    assert directory.list_audit(None, limit=5).items == [CHANGE]


def test_a_catalog_that_somebody_else_has_saved_is_stale(plan_catalogs: PlanCatalogs) -> None:
    plan_catalogs.save_plans(NEXT, CHANGE)
    with pytest.raises(StalePlans):
        plan_catalogs.save_plans(PLANS.replaced_by(PLANS), CHANGE)
    assert contents(plan_catalogs.read_plans(PLANS)) == contents(NEXT)
    assert plan_catalogs.list_plan_changes(5) == [CHANGE]


def test_the_holders_of_plans_are_all_tenants_with_what_concerns_their_plans(
    plan_catalogs: PlanCatalogs, directory: Directory
) -> None:
    grant = Grant(id="gr_1", reason="pilot", granted_at=NOON, plan="starter", plan_version=2)
    tenants = [
        replace(ACME, id=f"t{number:03}", plan="starter", plan_version=number % 3 + 1, grants=(grant,))
        for number in range(302)
    ]
    for tenant in tenants:
        key = replace(KEY, id=tenant.id, tenant_id=tenant.id)
        directory.create_tenant(tenant, key, replace(CREATED, tenant_id=tenant.id))
    assert list(plan_catalogs.list_plan_holders()) == tenants


def test_a_tenant_keeps_the_version_of_its_plan(directory: Directory) -> None:
    second = PlanVersion("starter", 2)
    directory.create_tenant(replace(ACME, plan="free", plan_version=3), KEY, CREATED)
    assert found(directory).version_of_plan == PlanVersion("free", 3)
    directory.set_plan("acme", second, CREATED)
    assert found(directory).version_of_plan == second


def test_an_entitlement_and_the_versions_that_a_tenant_was_moved_to_are_kept(place: BillingPlace) -> None:
    place.directory.create_tenant(ACME, KEY, CREATED)
    store = place.open()
    stored = store.read_account("acme")
    assert stored is not None
    after = Entitlement(plan="free", plan_version=2)
    granted = Entitlement(plan="pro-plus", plan_version=3, until=NOON, then=after)
    moved = replace(stored.account.tenant, entitlement=granted).with_least_version(PlanVersion("pro-plus", 4))
    account = replace(stored.account, tenant=moved.at(NOON - timedelta(1)))
    store.save_billing(BillingChange(account=account, at=NOON))
    read = found(place.directory)
    assert (read.entitlement, read.least_versions) == (granted, (PlanVersion("pro-plus", 4),))
    assert (read.at(NOON - timedelta(1)).version_of_plan, read.at(NOON).version_of_plan) == (
        PlanVersion("pro-plus", 4),
        PlanVersion("free", 2),
    )


def found(directory: Directory) -> Tenant:
    tenant = directory.find_tenant("acme")
    assert tenant is not None
    return tenant
