"""Directory: the grants of a tenant, each changed on its own."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from shared.domain.billing.billing_account import BillingAccount
from shared.domain.errors import NotFound
from shared.domain.limits.entitlement import Entitlement
from shared.domain.limits.grants import Grant
from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.people.audit import Change
from shared.domain.people.tenants import BillingSummary
from shared.ports import BillingChange, Directory, UsageStore
from tests.audit_trail import trail_of
from tests.billing_places import BillingPlace
from tests.contracts.test_directory import ACME, CREATED, KEY
from tests.plans import FREE
from tests.sample_events import NOON

PILOT = Grant(id="gr_a1", reason="é `pilot/.", granted_at=NOON, plan="professional")
TOKENS = Grant(
    id="gr_b2", reason="outage", granted_at=NOON, tokens=MAX_LIMIT, until=NOON + timedelta(microseconds=1)
)
RUNS = Grant(id="gr_c3", reason="fair", granted_at=NOON, runs=1, until=NOON - timedelta(days=400))
BY_ADA = Change("admin:ada", NOON, "because")


def given(directory: Directory, *grants: Grant) -> None:
    directory.change_grants("acme", grants, (), BY_ADA.entry("acme", "grant.given", None, "it"))


def grants_of(directory: Directory) -> Sequence[Grant]:
    tenant = directory.find_tenant("acme")
    assert tenant is not None
    return tenant.grants


def test_a_new_tenant_keeps_its_grants(directory: Directory) -> None:
    tenant = replace(ACME, grants=(PILOT, TOKENS, RUNS))
    directory.create_tenant(tenant, KEY, CREATED)
    assert directory.find_tenant("acme") == tenant


def test_grants_are_added_and_removed_and_change_nothing_else(
    directory: Directory, store: UsageStore
) -> None:
    tenant = replace(ACME, overrides=LimitOverrides(tokens=5), anchor=NOON)
    directory.create_tenant(tenant, KEY, CREATED)
    given(directory, RUNS, TOKENS, PILOT)
    assert directory.find_tenant("acme") == replace(tenant, grants=(PILOT, TOKENS, RUNS))
    entry = BY_ADA.entry("acme", "grant.revoked", "it", None)
    directory.change_grants("acme", (), (TOKENS.id, RUNS.id), entry)
    assert directory.find_tenant("acme") == replace(tenant, grants=(PILOT,))
    assert store.read("acme").tenant == replace(tenant, grants=(PILOT,)), "a check reads it with the counters"
    assert {each.action for each in trail_of(directory)} == {CREATED.action, "grant.given", "grant.revoked"}


def test_one_commit_adds_some_and_removes_others(directory: Directory) -> None:
    directory.create_tenant(ACME, KEY, CREATED)
    given(directory, RUNS, TOKENS)
    directory.change_grants("acme", [PILOT], [RUNS.id, "gr_unknown"], BY_ADA.entry("acme", "x", None, None))
    assert grants_of(directory) == (PILOT, TOKENS)


def test_a_change_of_nothing_leaves_the_tenant_as_it_is(directory: Directory) -> None:
    tenant = replace(ACME, grants=(PILOT,))
    directory.create_tenant(tenant, KEY, CREATED)
    directory.change_grants("acme", (), (), BY_ADA.entry("acme", "x", None, None))
    assert directory.find_tenant("acme") == tenant


def test_a_grant_to_an_unknown_tenant_is_not_found_and_not_audited(directory: Directory) -> None:
    with pytest.raises(NotFound, match="'acme'"):
        given(directory, PILOT)
    assert directory.find_tenant("acme") is None
    assert trail_of(directory) == []


def test_grants_that_are_given_at_once_are_all_kept(directory: Directory) -> None:
    directory.create_tenant(ACME, KEY, CREATED)
    barrier = Barrier(8)

    def give(number: int) -> None:
        barrier.wait()
        given(directory, replace(RUNS, id=f"gr_{number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(give, range(8)))
    assert [each.id for each in grants_of(directory)] == [f"gr_{number}" for number in range(8)]


def test_other_changes_of_the_tenant_keep_its_grants(directory: Directory) -> None:
    directory.create_tenant(replace(ACME, grants=(PILOT,)), KEY, CREATED)
    entry = BY_ADA.entry("acme", "x", None, None)
    directory.set_plan("acme", FREE.named_version, entry)
    directory.set_limits("acme", LimitOverrides(runs=2), entry)
    directory.set_time_zone("acme", "Europe/Berlin", entry)
    assert grants_of(directory) == (PILOT,)


def test_a_change_of_billing_keeps_the_grants_that_are_stored(place: BillingPlace) -> None:
    """Save a tenant without its grants: a change by Stripe writes the billing alone."""
    place.directory.create_tenant(ACME, KEY, CREATED)
    given(place.directory, PILOT, RUNS)
    store = place.open()
    read = store.read_account("acme")
    assert read is not None
    tenant = replace(
        read.account.tenant,
        plan="starter",
        grants=(),
        entitlement=Entitlement(plan="starter", anchor=NOON),
        billing=BillingSummary(status="active"),
    )
    account: BillingAccount = replace(read.account, tenant=tenant)
    store.save_billing(BillingChange(account=account, at=NOON))
    assert grants_of(place.directory) == (PILOT, RUNS)
