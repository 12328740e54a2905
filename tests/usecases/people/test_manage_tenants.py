"""Tenants are created and change plans, each with an audit entry."""

from datetime import timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.billing.billing_account import with_subscription
from shared.domain.errors import Conflict, InvalidInput, NotFound
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.ports import BillingChange
from shared.usecases.people.authenticate import Access, KeyAuthenticator
from shared.usecases.people.manage_keys import NewKey
from shared.usecases.people.manage_tenants import TenantRequest, create_tenant, known_plan, set_plan
from tests.audit_trail import trail_of
from tests.plans import ENTERPRISE, FREE, PLANS, PROFESSIONAL, TERMS
from tests.sample_events import NOON
from tests.sample_subscriptions import observed, subscription_after

BY_ADA = Change("ada", NOON)


def create(
    store: MemoryStore, tenant_id: str = "acme", name: str = "Acme", plan: str = "starter"
) -> tuple[Tenant, NewKey]:
    return create_tenant(
        store, TenantRequest(tenant_id, name, known_plan(PLANS, plan)), BY_ADA, is_live=False
    )


def test_a_new_tenant_has_a_key_that_records_and_checks_only(memory: MemoryStore) -> None:
    tenant, key = create(memory)
    assert (
        tenant
        == memory.find_tenant("acme")
        == Tenant(id="acme", name="Acme", plan="starter", created_at=NOON)
    )
    access = Access(
        tenant=tenant,
        permissions=("usage:write", "limits:read"),
        actor=f"key:{key.key.prefix}",
        key=key.key.id,
    )
    assert KeyAuthenticator(memory).authenticate(key.secret, NOON) == access


def test_an_id_that_is_taken_is_a_conflict_and_makes_no_key(memory: MemoryStore) -> None:
    create(memory)
    with pytest.raises(Conflict, match="'acme'"):
        create(memory, name="Another")
    assert [tenant.name for tenant in [memory.find_tenant("acme")] if tenant] == ["Acme"]
    assert len(memory.list_keys("acme")) == 1


@pytest.mark.parametrize("tenant_id", ["a", "A-b_9", "9", "x" * 64])
def test_ids_of_letters_digits_hyphens_and_underscores_are_taken(memory: MemoryStore, tenant_id: str) -> None:
    assert create(memory, tenant_id)[0].id == tenant_id


@pytest.mark.parametrize(
    "tenant_id", ["", "-a", "_a", "__a__", ".", "..", "a/b", "a.b", "a b", "é", "a\n", "x" * 65]
)
def test_ids_that_could_be_a_path_or_a_reserved_name_are_refused(memory: MemoryStore, tenant_id: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create(memory, tenant_id)
    assert [(problem.field, problem.code) for problem in refusal.value.problems] == [("id", "invalid_id")]
    assert repr(tenant_id) in refusal.value.message


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
def test_a_name_that_is_blank_or_too_long_is_refused(memory: MemoryStore, name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create(memory, name=name)
    assert refusal.value.problems[0].field == "name"


def test_blanks_around_a_name_are_stripped(memory: MemoryStore) -> None:
    assert create(memory, name="  Acme Inc. ")[0].name == "Acme Inc."


@pytest.mark.parametrize("plan", ["", "gold", "Free", "free "])
def test_an_unknown_plan_is_refused_with_the_list_of_plans(memory: MemoryStore, plan: str) -> None:
    with pytest.raises(InvalidInput, match="free, starter, professional, enterprise") as refusal:
        create(memory, plan=plan)
    assert refusal.value.problems[0].field == "plan"
    assert memory.find_tenant("acme") is None


def test_the_alias_of_a_plan_is_stored_as_its_id(memory: MemoryStore) -> None:
    assert create(memory, plan="pro")[0].plan == "professional"
    assert set_plan(memory, "acme", PROFESSIONAL, BY_ADA).plan == "professional"


def test_a_plan_is_changed_for_this_tenant_alone(memory: MemoryStore) -> None:
    create(memory)
    create(memory, "bolt")
    changed = set_plan(memory, "acme", ENTERPRISE, Change("ada", NOON, "upgrade"))
    assert (
        changed
        == memory.find_tenant("acme")
        == Tenant(id="acme", name="Acme", plan="enterprise", created_at=NOON)
    )
    assert memory.find_tenant("bolt") == Tenant(id="bolt", name="Acme", plan="starter", created_at=NOON)


def test_the_plan_of_an_unknown_tenant_cannot_be_changed(memory: MemoryStore) -> None:
    with pytest.raises(NotFound, match="'ghost'"):
        set_plan(memory, "ghost", FREE, BY_ADA)


@pytest.mark.parametrize("reports", [["active"], ["active", "past_due"], ["active", "deleted"]])
def test_the_plan_of_a_subscriber_cannot_be_set_by_hand(memory: MemoryStore, reports: list[str]) -> None:
    create(memory, plan="free")
    subscribe(memory, reports)
    before = memory.find_tenant("acme")
    with pytest.raises(Conflict, match="subscription sub_1 ") as refusal:
        set_plan(memory, "acme", ENTERPRISE, Change("ada", NOON, "gift"))
    assert refusal.value.code == "subscription_decides"
    assert memory.find_tenant("acme") == before
    assert [entry.action for entry in trail_of(memory)] == ["tenant.created"]


def test_the_plan_can_be_set_by_hand_if_a_subscription_was_never_paid(
    memory: MemoryStore,
) -> None:
    create(memory, plan="free")
    subscribe(memory, ["incomplete"])
    set_plan(memory, "acme", ENTERPRISE, Change("ada", NOON, "gift"))
    subscribe(memory, ["incomplete", "incomplete_expired"])
    tenant = memory.find_tenant("acme")
    assert tenant is not None
    assert tenant.at(NOON).plan == "enterprise"


def subscribe(memory: MemoryStore, reports: list[str]) -> None:
    """Store a subscription after these reports."""
    read = memory.read_account("acme")
    assert read is not None
    scenario = subscription_after(observed(day, report) for day, report in enumerate(reports))
    account = with_subscription(read.account, scenario, TERMS, NOON)
    memory.save_billing(BillingChange(account=account, at=NOON))


def test_a_change_to_an_unknown_plan_changes_nothing(memory: MemoryStore) -> None:
    create(memory)
    with pytest.raises(InvalidInput, match="'gold'"):
        set_plan(memory, "acme", known_plan(PLANS, "gold"), BY_ADA)
    assert [entry.action for entry in trail_of(memory)] == ["tenant.created"]


def test_every_change_of_a_tenant_is_audited_with_actor_change_and_reason(memory: MemoryStore) -> None:
    create(memory)
    later = NOON + timedelta(hours=1)
    set_plan(memory, "acme", FREE, Change("bob", later, "unpaid"))
    assert trail_of(memory) == [
        BY_ADA.entry("acme", "tenant.created", None, "starter"),
        Change("bob", later, "unpaid").entry("acme", "plan.changed", "starter", "free"),
    ]
