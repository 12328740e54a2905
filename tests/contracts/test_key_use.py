"""Directory: the last use of a key is stored without losing concurrent changes to the key."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.errors import NotFound
from shared.domain.people.audit import AuditEntry
from shared.domain.people.keys import ALL_SCOPES, ApiKey, key_id
from shared.domain.people.tenants import Tenant
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


def test_touching_a_key_changes_only_its_last_use(directory: Directory) -> None:
    directory.touch_key(KEY.id, NOON + HOUR)
    assert directory.find_key(KEY.id) == replace(KEY, last_used_at=NOON + HOUR)
    directory.touch_key(KEY.id, NOON + 2 * HOUR)
    assert directory.list_keys("acme") == [replace(KEY, last_used_at=NOON + 2 * HOUR)]
    assert len(trail_of(directory)) == 1


def test_touching_an_unknown_key_creates_none(directory: Directory) -> None:
    directory.touch_key(key_id("another"), NOON)
    assert directory.find_key(key_id("another")) is None
    assert directory.list_keys("acme") == [KEY]


def test_saving_a_key_keeps_a_last_use_stored_meanwhile(directory: Directory) -> None:
    read = directory.find_key(KEY.id)
    assert read
    directory.touch_key(KEY.id, NOON + HOUR)
    directory.save_keys([replace(read, expires_at=NOON + 9 * HOUR)], CHANGED)
    assert directory.find_key(KEY.id) == replace(KEY, expires_at=NOON + 9 * HOUR, last_used_at=NOON + HOUR)


def test_touching_a_revoked_key_leaves_it_revoked(directory: Directory) -> None:
    revoked = replace(KEY, revoked_at=NOON + HOUR)
    directory.save_keys([revoked], CHANGED)
    directory.touch_key(KEY.id, NOON + 2 * HOUR)
    assert directory.find_key(KEY.id) == replace(revoked, last_used_at=NOON + 2 * HOUR)


def test_saving_a_key_that_was_revoked_meanwhile_leaves_it_revoked(directory: Directory) -> None:
    """One person rotates a key while another revokes it."""
    revoked_at = NOON + HOUR
    directory.save_keys([replace(KEY, revoked_at=revoked_at)], CHANGED)
    directory.save_keys([replace(KEY, expires_at=NOON + 9 * HOUR)], CHANGED)
    found = directory.find_key(KEY.id)
    assert found == replace(KEY, expires_at=NOON + 9 * HOUR, revoked_at=revoked_at)


def test_concurrent_use_and_revocation_of_a_key_are_both_stored(directory: Directory) -> None:
    revoked = replace(KEY, revoked_at=NOON + HOUR)
    with ThreadPoolExecutor(2) as pool:
        touches = [pool.submit(directory.touch_key, KEY.id, NOON + HOUR) for _ in range(3)]
        saved = pool.submit(directory.save_keys, [revoked], CHANGED)
        assert [each.result() for each in (*touches, saved)] == [None] * 4
    assert directory.find_key(KEY.id) == replace(revoked, last_used_at=NOON + HOUR)


def test_setting_alert_recipients_changes_nothing_else(directory: Directory) -> None:
    for emails in (("a@example.com", "b@example.com"), ("c@example.com",), ()):
        directory.set_alert_recipients("acme", emails, CHANGED)
        assert directory.find_tenant("acme") == replace(ACME, alert_recipients=emails)
    assert [entry for entry in trail_of(directory) if entry == CHANGED] == [CHANGED] * 3


def test_setting_alert_recipients_of_an_unknown_tenant_is_not_found_and_not_audited(
    directory: Directory,
) -> None:
    with pytest.raises(NotFound, match="'ghost'"):
        directory.set_alert_recipients("ghost", ["a@example.com"], replace(CHANGED, tenant_id="ghost"))
    assert directory.find_tenant("ghost") is None
    assert trail_of(directory, "ghost") == []


def test_setting_whether_estimates_count_changes_nothing_else(directory: Directory) -> None:
    for takes in (False, True, None):
        directory.set_takes_estimates("acme", takes, CHANGED)
        assert directory.find_tenant("acme") == replace(ACME, takes_estimates=takes)
    assert [entry for entry in trail_of(directory) if entry == CHANGED] == [CHANGED] * 3
    with pytest.raises(NotFound, match="'ghost'"):
        directory.set_takes_estimates("ghost", False, replace(CHANGED, tenant_id="ghost"))


def test_setting_the_time_zone_changes_nothing_else(directory: Directory) -> None:
    for time_zone in ("Europe/Berlin", "UTC"):
        directory.set_time_zone("acme", time_zone, CHANGED)
        assert directory.find_tenant("acme") == replace(ACME, time_zone=time_zone)
    assert [entry for entry in trail_of(directory) if entry == CHANGED] == [CHANGED] * 2
    with pytest.raises(NotFound, match="'ghost'"):
        directory.set_time_zone("ghost", "UTC", replace(CHANGED, tenant_id="ghost"))
