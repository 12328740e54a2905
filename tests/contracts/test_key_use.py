"""Directory: when a key was used is noted beside everything else that happens to it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.errors import NotFound
from shared.domain.people.tenants import ALL_SCOPES, ApiKey, AuditEntry, Tenant, key_id
from shared.ports import Directory
from tests.audit_trail import trail_of
from tests.sample_events import NOON

ACME = Tenant(id="acme", name="Acme", plan="starter", created_at=NOON)
KEY = ApiKey(
    id=key_id("gwi_test_1"),
    tenant_id="acme",
    scopes=ALL_SCOPES,
    label="first",
    prefix="gwi_test_1",
    created_at=NOON,
)
CHANGED = AuditEntry(
    tenant_id="acme", at=NOON, actor="admin", action="changed", before=None, after=None, reason=""
)
HOUR = timedelta(hours=1)


@pytest.fixture
def directory(directory: Directory) -> Directory:
    """A directory with one tenant and its key."""
    directory.create_tenant(ACME, KEY, replace(CHANGED, action="tenant.created"))
    return directory


def test_a_key_that_was_used_is_otherwise_as_it_was(directory: Directory) -> None:
    directory.touch_key(KEY.id, NOON + HOUR)
    assert directory.find_key(KEY.id) == replace(KEY, last_used_at=NOON + HOUR)
    directory.touch_key(KEY.id, NOON + 2 * HOUR)
    assert directory.list_keys("acme") == [replace(KEY, last_used_at=NOON + 2 * HOUR)]
    assert len(trail_of(directory)) == 1


def test_the_use_of_a_key_that_is_not_stored_makes_none(directory: Directory) -> None:
    directory.touch_key(key_id("another"), NOON)
    assert directory.find_key(key_id("another")) is None
    assert directory.list_keys("acme") == [KEY]


def test_saving_a_key_forgets_no_use_of_it_that_was_noted_meanwhile(directory: Directory) -> None:
    read = directory.find_key(KEY.id)
    assert read
    directory.touch_key(KEY.id, NOON + HOUR)
    directory.save_keys([replace(read, expires_at=NOON + 9 * HOUR)], CHANGED)
    assert directory.find_key(KEY.id) == replace(KEY, expires_at=NOON + 9 * HOUR, last_used_at=NOON + HOUR)


def test_a_key_that_is_used_while_it_is_revoked_stays_revoked(directory: Directory) -> None:
    revoked = replace(KEY, revoked_at=NOON + HOUR)
    directory.save_keys([revoked], CHANGED)
    directory.touch_key(KEY.id, NOON + 2 * HOUR)
    assert directory.find_key(KEY.id) == replace(revoked, last_used_at=NOON + 2 * HOUR)


def test_a_key_that_was_revoked_meanwhile_stays_so_whatever_is_saved(directory: Directory) -> None:
    """Somebody rotates the key that somebody else is revoking."""
    revoked_at = NOON + HOUR
    directory.save_keys([replace(KEY, revoked_at=revoked_at)], CHANGED)
    directory.save_keys([replace(KEY, expires_at=NOON + 9 * HOUR)], CHANGED)
    found = directory.find_key(KEY.id)
    assert found == replace(KEY, expires_at=NOON + 9 * HOUR, revoked_at=revoked_at)


def test_a_key_is_used_and_revoked_at_once_and_both_are_kept(directory: Directory) -> None:
    revoked = replace(KEY, revoked_at=NOON + HOUR)
    with ThreadPoolExecutor(2) as pool:
        touches = [pool.submit(directory.touch_key, KEY.id, NOON + HOUR) for _ in range(3)]
        saved = pool.submit(directory.save_keys, [revoked], CHANGED)
        assert [each.result() for each in (*touches, saved)] == [None] * 4
    assert directory.find_key(KEY.id) == replace(revoked, last_used_at=NOON + HOUR)


def test_alert_recipients_are_replaced_and_nothing_else(directory: Directory) -> None:
    for emails in (("a@example.com", "b@example.com"), ("c@example.com",), ()):
        directory.set_alert_recipients("acme", emails, CHANGED)
        assert directory.find_tenant("acme") == replace(ACME, alert_recipients=emails)
    assert [entry for entry in trail_of(directory) if entry == CHANGED] == [CHANGED] * 3


def test_alert_recipients_of_an_unknown_tenant_are_not_found_and_leave_no_trace(directory: Directory) -> None:
    with pytest.raises(NotFound, match="'ghost'"):
        directory.set_alert_recipients("ghost", ["a@example.com"], replace(CHANGED, tenant_id="ghost"))
    assert directory.find_tenant("ghost") is None
    assert trail_of(directory, "ghost") == []
