"""Directory: the pages of the audit log."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.errors import InvalidInput
from shared.domain.people.audit import AuditEntry
from shared.domain.people.keys import ALL_SCOPES, ApiKey, key_id
from shared.domain.people.tenants import Tenant
from shared.ports import Directory
from tests.plans import STARTER
from tests.sample_events import NOON

KEY = ApiKey(
    id=key_id("gwi_test_1"),
    tenant_id="acme",
    scopes=ALL_SCOPES,
    label="first",
    prefix="gwi_test_1",
    created_at=NOON,
)
FIRST = AuditEntry(
    tenant_id="acme",
    at=NOON,
    actor="admin",
    action="number 0",
    before=None,
    after="starter",
    reason="new customer",
)


def entry(number: int) -> AuditEntry:
    return replace(FIRST, at=NOON + timedelta(seconds=number), action=f"number {number}")


@pytest.fixture
def directory(directory: Directory) -> Directory:
    """A directory whose tenant acme has five entries, and bolt one."""
    directory.create_tenant(Tenant(id="acme", name="Acme", plan="starter", created_at=NOON), KEY, FIRST)
    for number in (3, 1, 4, 2):
        directory.set_plan("acme", STARTER.named_version, entry(number))
    bolt = replace(KEY, id=key_id("bolt"), tenant_id="bolt")
    directory.create_tenant(
        Tenant(id="bolt", name="Bolt", plan="free", created_at=NOON), bolt, replace(FIRST, tenant_id="bolt")
    )
    return directory


@pytest.mark.parametrize("limit", [1, 2, 5, 50])
def test_pages_make_up_the_whole_audit_log_newest_first(directory: Directory, limit: int) -> None:
    page = directory.list_audit("acme", limit=limit)
    found = list(page.items)
    while page.next_cursor:
        assert len(page.items) == limit
        page = directory.list_audit("acme", limit=limit, cursor=page.next_cursor)
        found += page.items
    assert found == [entry(number) for number in (4, 3, 2, 1, 0)]


def test_entries_of_one_instant_are_each_listed_once(directory: Directory) -> None:
    for name in "abcd":
        directory.set_plan("acme", STARTER.named_version, replace(entry(9), action=name))
    first = directory.list_audit("acme", limit=3)
    second = directory.list_audit("acme", limit=3, cursor=first.next_cursor)
    assert sorted(each.action for each in (*first.items, *second.items)[:4]) == ["a", "b", "c", "d"]


def test_an_entry_added_between_two_pages_shifts_nothing(directory: Directory) -> None:
    first = directory.list_audit("acme", limit=2)
    directory.set_plan("acme", STARTER.named_version, entry(9))
    assert directory.list_audit("acme", limit=2, cursor=first.next_cursor).items == [entry(2), entry(1)]


def test_a_cursor_of_another_tenant_lists_only_the_callers_own_entries(directory: Directory) -> None:
    cursor = directory.list_audit("acme", limit=1).next_cursor
    found = directory.list_audit("bolt", limit=5, cursor=cursor)
    assert {each.tenant_id for each in found.items} <= {"bolt"}


@pytest.mark.parametrize("cursor", ["", "x", "e30", "W10=", "é"])
def test_a_malformed_cursor_is_refused(directory: Directory, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        directory.list_audit("acme", limit=1, cursor=cursor)
    assert refusal.value.code == "invalid_cursor"
