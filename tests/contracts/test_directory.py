"""Directory: tenants, their keys and their audit log."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from shared.domain.errors import Conflict, NotFound
from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.limits.limits import LimitOverrides
from shared.domain.people.audit import AuditEntry
from shared.domain.people.keys import ALL_SCOPES, ApiKey, key_id
from shared.domain.people.tenants import Tenant
from shared.ports import Directory, UsageStore
from tests.audit_trail import trail_of
from tests.plans import FREE, PROFESSIONAL, STARTER
from tests.sample_events import NOON

ACME = Tenant(id="acme", name="Acme, Inc.", plan="starter", created_at=NOON)
KEY = ApiKey(
    id=key_id("gwi_test_1"),
    tenant_id="acme",
    scopes=ALL_SCOPES,
    label="first",
    prefix="gwi_test_1",
    created_at=NOON,
    created_by="admin:op",
)
CREATED = AuditEntry(
    tenant_id="acme",
    at=NOON,
    actor="admin",
    action="tenant.create",
    before=None,
    after="starter",
    reason="new customer",
)


def _at(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


def _entry(action: str, seconds: int = 1) -> AuditEntry:
    return AuditEntry(
        tenant_id="acme",
        at=_at(seconds),
        actor="admin",
        action=action,
        before="before",
        after="after",
        reason="because",
    )


def test_an_unknown_tenant_or_key_is_none(directory: Directory) -> None:
    assert directory.find_tenant("acme") is None
    assert directory.find_key(KEY.id) is None
    assert directory.list_keys("acme") == []
    assert trail_of(directory) == []


COUNTERS = CounterSettings(
    shards=4,
    most_shards=64,
    lowered_at=NOON - timedelta(microseconds=1),
    complete_until=NOON,
    fold_minutes=2,
    full_until=NOON,
)


@pytest.mark.parametrize(
    "tenant",
    [
        ACME,
        replace(
            ACME,
            overrides=LimitOverrides(
                tokens=0, runs=2**53, cost_nanousd=1, soft_percent=1, hard_percent=1_000
            ),
        ),
        replace(ACME, anchor=datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC)),
        replace(ACME, counters=COUNTERS),
        replace(ACME, suspended_at=NOON + timedelta(microseconds=1)),
        replace(ACME, id="ACME_1-x", name="`é日本\U0001f600/..", plan="custom plan"),
    ],
)
def test_a_tenant_is_found_as_it_was_created(directory: Directory, tenant: Tenant) -> None:
    directory.create_tenant(tenant, replace(KEY, tenant_id=tenant.id), replace(CREATED, tenant_id=tenant.id))
    assert directory.find_tenant(tenant.id) == tenant


def test_a_tenant_is_created_with_its_key_and_its_audit_entry(directory: Directory) -> None:
    directory.create_tenant(ACME, KEY, CREATED)
    assert directory.find_key(KEY.id) == KEY
    assert directory.list_keys("acme") == [KEY]
    assert trail_of(directory) == [CREATED]


def test_a_tenant_can_be_created_without_a_key(directory: Directory) -> None:
    directory.create_tenant(ACME, None, CREATED)
    assert directory.find_tenant("acme") == ACME
    assert directory.list_keys("acme") == []
    assert trail_of(directory) == [CREATED]
    with pytest.raises(Conflict, match="'acme'"):
        directory.create_tenant(ACME, None, CREATED)


def test_several_tenants_are_found_together(directory: Directory) -> None:
    bolt = replace(ACME, id="bolt", plan="free")
    for tenant in (ACME, bolt):
        directory.create_tenant(tenant, None, replace(CREATED, tenant_id=tenant.id))
    found = directory.find_tenants(["bolt", "nobody", "acme"])
    assert sorted(found, key=lambda tenant: tenant.id) == [ACME, bolt]
    assert directory.find_tenants(["nobody"]) == []


def test_a_taken_id_is_a_conflict_and_nothing_of_the_second_tenant_is_stored(directory: Directory) -> None:
    directory.create_tenant(ACME, KEY, CREATED)
    second_key = replace(KEY, id=key_id("gwi_test_2"))
    with pytest.raises(Conflict, match="'acme'"):
        directory.create_tenant(replace(ACME, name="Another"), second_key, _entry("tenant.create"))
    assert directory.find_tenant("acme") == ACME
    assert directory.list_keys("acme") == [KEY]
    assert trail_of(directory) == [CREATED]


def test_of_ten_creations_of_one_id_one_succeeds(directory: Directory) -> None:
    barrier = Barrier(10)

    def create(number: int) -> bool:
        barrier.wait()
        try:
            directory.create_tenant(ACME, replace(KEY, id=key_id(str(number))), CREATED)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(create, range(10))) == 1
    assert len(directory.list_keys("acme")) == len(trail_of(directory)) == 1


def test_a_new_plan_changes_nothing_but_the_plan(directory: Directory, store: UsageStore) -> None:
    tenant = replace(ACME, overrides=LimitOverrides(tokens=5), anchor=NOON, counters=COUNTERS)
    directory.create_tenant(tenant, KEY, CREATED)
    directory.set_plan("acme", PROFESSIONAL.named_version, _entry("plan.set"))
    assert directory.find_tenant("acme") == replace(tenant, plan="professional")
    assert store.read("acme").tenant == replace(tenant, plan="professional")
    assert trail_of(directory) == [CREATED, _entry("plan.set")]


def test_setting_the_plan_of_an_unknown_tenant_is_not_found_and_not_audited(directory: Directory) -> None:
    with pytest.raises(NotFound, match="'acme'"):
        directory.set_plan("acme", PROFESSIONAL.named_version, _entry("plan.set"))
    assert directory.find_tenant("acme") is None
    assert trail_of(directory) == []


def test_all_keys_are_listed_oldest_first_even_invalid_ones(directory: Directory) -> None:
    directory.create_tenant(ACME, KEY, CREATED)
    ages = {"b": 3, "c": 1, "a": 2}
    keys = {
        name: replace(KEY, id=key_id(name), label=name, created_at=_at(age)) for name, age in ages.items()
    }
    keys["c"] = replace(keys["c"], expires_at=_at(2), revoked_at=_at(1))
    directory.save_keys(list(keys.values()), _entry("keys.create"))
    assert directory.list_keys("acme") == [KEY, keys["c"], keys["a"], keys["b"]]


@pytest.mark.parametrize("created_by", ["member:é@example.com", None])
def test_a_key_is_found_as_it_was_saved(directory: Directory, created_by: str | None) -> None:
    ended = replace(KEY, scopes=("limits:read",), label="é `/.", expires_at=_at(60), revoked_at=_at(30))
    key = replace(ended, created_by=created_by)
    directory.save_keys([key], _entry("key.create"))
    assert directory.find_key(key.id) == key


def test_a_tenant_is_suspended_and_resumed_with_everything_else_as_it_was(directory: Directory) -> None:
    tenant = replace(ACME, overrides=LimitOverrides(tokens=5), counters=COUNTERS)
    directory.create_tenant(tenant, KEY, CREATED)
    suspension, resumption = _entry("tenant.suspended", 1), _entry("tenant.resumed", 2)
    directory.set_suspended_at("acme", _at(1), suspension)
    assert directory.find_tenant("acme") == replace(tenant, suspended_at=_at(1))
    directory.set_plan("acme", FREE.named_version, _entry("plan.changed", 1))
    assert directory.find_tenant("acme") == replace(tenant, plan="free", suspended_at=_at(1))
    directory.set_suspended_at("acme", None, resumption)
    assert directory.find_tenant("acme") == replace(tenant, plan="free")
    assert [each.action for each in trail_of(directory)][-1] == "tenant.resumed"


def test_a_tenant_that_does_not_exist_is_not_suspended(directory: Directory) -> None:
    with pytest.raises(NotFound, match="'acme'"):
        directory.set_suspended_at("acme", NOON, _entry("tenant.suspended"))
    assert trail_of(directory) == []


def test_saving_a_key_again_replaces_it(directory: Directory) -> None:
    directory.create_tenant(ACME, replace(KEY, expires_at=_at(60)), CREATED)
    revoked = replace(KEY, revoked_at=_at(5), scopes=())
    directory.save_keys([revoked], _entry("key.revoke"))
    assert directory.find_key(KEY.id) == revoked
    assert directory.list_keys("acme") == [revoked]


def test_a_rotation_saves_both_keys_with_one_entry(directory: Directory) -> None:
    directory.create_tenant(ACME, KEY, CREATED)
    old, new = replace(KEY, expires_at=_at(60)), replace(KEY, id=key_id("new"), created_at=_at(1))
    directory.save_keys([old, new], _entry("key.rotate"))
    assert directory.list_keys("acme") == [old, new]
    assert trail_of(directory) == [CREATED, _entry("key.rotate")]


def test_keys_and_audit_of_another_tenant_are_not_listed(directory: Directory) -> None:
    directory.create_tenant(ACME, KEY, CREATED)
    bolt_key = replace(KEY, id=key_id("bolt"), tenant_id="bolt")
    directory.create_tenant(replace(ACME, id="bolt"), bolt_key, replace(CREATED, tenant_id="bolt"))
    assert directory.list_keys("acme") == [KEY]
    assert trail_of(directory, "bolt") == [replace(CREATED, tenant_id="bolt")]


def test_the_audit_log_is_listed_oldest_first(directory: Directory) -> None:
    directory.create_tenant(ACME, KEY, CREATED)
    for seconds in (30, 10, 20):
        directory.set_plan("acme", STARTER.named_version, _entry(f"at {seconds}", seconds))
    assert [entry.action for entry in trail_of(directory)] == [
        "tenant.create",
        "at 10",
        "at 20",
        "at 30",
    ]


def test_platform_keys_are_listed_apart_from_those_of_tenants(directory: Directory) -> None:
    directory.create_tenant(ACME, KEY, CREATED)
    platform = replace(
        KEY, id=key_id("gwi_platform_test_1"), tenant_id=None, scopes=("tenants:write", "usage:write")
    )
    entry = replace(CREATED, tenant_id=None, action="key.created")
    directory.save_keys([platform], entry)
    assert directory.find_key(platform.id) == platform
    assert directory.list_keys(None) == [platform]
    assert directory.list_keys("acme") == [KEY]
    assert list(directory.list_audit(None, limit=10).items) == [entry]
    assert trail_of(directory) == [CREATED]
