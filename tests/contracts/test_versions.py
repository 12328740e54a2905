"""Versions of tenants and invitations: a change based on an older one is refused and changes nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.domain.errors import Conflict, NotFound
from shared.domain.limits.limits import LimitOverrides
from shared.domain.notices.entries import NOTHING_OUTGOING
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant, TenantProfile
from shared.domain.versions import version_of
from shared.ports import Directory, StaleMembers, StaleTenant
from shared.usecases.notices.alert_thresholds import set_alert_percents
from shared.usecases.people.edit_tenant import edit_tenant
from shared.usecases.people.manage_limits import set_limits
from shared.usecases.people.time_zone import set_time_zone
from tests.audit_trail import trail_of
from tests.contracts.conftest import Stores
from tests.contracts.test_budgets import CAP
from tests.contracts.test_directory import CREATED
from tests.contracts.test_members import INVITATION
from tests.sample_events import NOON
from tests.usecases.plain_sums import new_tenant

CHANGE = Change("member:ada@example.com", NOON)
Edit = Callable[[Directory, str, object], None]

EDITS: dict[str, Edit] = {
    "limits": lambda to, tenant, version: to.set_limits(tenant, LimitOverrides(tokens=5), CREATED, version),
    "name": lambda to, tenant, version: to.set_profile(tenant, TenantProfile("New", {}), CREATED, version),
    "time zone": lambda to, tenant, version: to.set_time_zone(tenant, "Asia/Tokyo", CREATED, version),
    "budgets": lambda to, tenant, version: to.set_budgets(tenant, [CAP], CREATED, version),
    "recipients": lambda to, tenant, version: to.set_alert_recipients(
        tenant, ["a@example.com"], CREATED, version
    ),
}


@pytest.fixture
def acme(directory: Directory) -> Tenant:
    """A tenant as it was read before anybody changed it."""
    new_tenant(directory)
    return read(directory)


def read(directory: Directory) -> Tenant:
    found = directory.find_tenant("acme")
    assert found is not None
    return found


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_of_the_tenant_as_it_is_stored_is_kept(directory: Directory, acme: Tenant, name: str) -> None:
    EDITS[name](directory, "acme", acme.version)
    assert read(directory) != acme


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_of_an_older_tenant_changes_nothing(directory: Directory, acme: Tenant, name: str) -> None:
    directory.set_takes_estimates("acme", True, CREATED)
    before, entries = read(directory), trail_of(directory)
    with pytest.raises(StaleTenant):
        EDITS[name](directory, "acme", acme.version)
    assert read(directory) == before
    assert trail_of(directory) == entries


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_without_a_version_overwrites(directory: Directory, acme: Tenant, name: str) -> None:
    directory.set_takes_estimates("acme", True, CREATED)
    EDITS[name](directory, "acme", None)
    assert read(directory) != replace(acme, takes_estimates=True)


def test_members_see_the_same_version_as_the_directory(stores: Stores, acme: Tenant) -> None:
    stores.members.save_invitation("acme", INVITATION, NOTHING_OUTGOING, CREATED)
    (received,) = stores.members.list_received_invitations(INVITATION.email)
    assert received.tenant.version == read(stores.directory).version == acme.version


def test_an_edit_is_repeated_when_something_else_of_the_tenant_changes(
    directory: Directory, acme: Tenant
) -> None:
    directory.set_limits("acme", LimitOverrides(tokens=5), CREATED)
    based = CHANGE.on_version(version_of(None))
    changed = set_alert_percents(directory, acme, [70], based)
    assert changed.overrides == read(directory).overrides == LimitOverrides(tokens=5, alert_percents=(70,))


def test_an_edit_between_reading_and_writing_is_seen(directory: Directory, acme: Tenant) -> None:
    set_time_zone(directory, acme, "Asia/Tokyo", CHANGE)
    with pytest.raises(Conflict) as refusal:
        set_time_zone(directory, acme, "Europe/Berlin", CHANGE.on_version(version_of("UTC")))
    assert refusal.value.code == "changed_meanwhile"
    assert read(directory).time_zone == "Asia/Tokyo"


def test_limits_and_thresholds_do_not_undo_each_other(directory: Directory, acme: Tenant) -> None:
    set_alert_percents(directory, acme, [70], CHANGE)
    set_limits(directory, "acme", {"tokens": 7}, CHANGE)
    set_alert_percents(directory, acme, [60], CHANGE)
    assert read(directory).overrides == LimitOverrides(tokens=7, alert_percents=(60,))


def test_a_tenant_that_is_gone_is_not_found(directory: Directory, acme: Tenant) -> None:
    def edit(_current: Tenant) -> None:
        raise StaleTenant

    with pytest.raises(NotFound):
        edit_tenant(directory, replace(acme, id="ghost"), edit)


def test_an_invitation_that_was_renewed_meanwhile_is_not_replaced(stores: Stores, acme: Tenant) -> None:
    members = stores.members
    members.save_invitation("acme", INVITATION, NOTHING_OUTGOING, CREATED)
    (old,) = members.list_invitations("acme")
    renewed = replace(old, role="owner")
    members.save_invitation("acme", renewed, NOTHING_OUTGOING, CREATED)
    with pytest.raises(StaleMembers):
        members.save_invitation("acme", replace(old, role="member"), NOTHING_OUTGOING, CREATED)
    assert members.list_invitations("acme") == [renewed]


def test_an_invitation_that_was_withdrawn_meanwhile_is_not_replaced(stores: Stores, acme: Tenant) -> None:
    members = stores.members
    members.save_invitation("acme", INVITATION, NOTHING_OUTGOING, CREATED)
    (old,) = members.list_invitations("acme")
    members.remove_invitation("acme", old, CREATED)
    with pytest.raises(StaleMembers):
        members.save_invitation("acme", old, NOTHING_OUTGOING, CREATED)
    assert members.list_invitations("acme") == []
