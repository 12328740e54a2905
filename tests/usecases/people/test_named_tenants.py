"""The tenants that platform keys name: read together, and remembered."""

from collections import Counter
from datetime import timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.errors import NotFound
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.usecases.people import named_tenants
from shared.usecases.people.authenticate import CACHE_FOR
from shared.usecases.people.manage_tenants import set_plan
from shared.usecases.people.named_tenants import NamedTenants
from shared.usecases.people.unknown_keys import REMEMBER_FOR
from tests.plans import ENTERPRISE, current_plans
from tests.sample_events import NOON
from tests.usecases.fault_injection import counted
from tests.usecases.plain_sums import new_tenant

CHANGE = Change("test", NOON)


@pytest.fixture
def named(memory: MemoryStore) -> tuple[NamedTenants, Counter[str]]:
    """The tenants acme and bolt, and how often each method of the directory is called."""
    for tenant_id in ("acme", "bolt"):
        new_tenant(memory, tenant_id)
    directory, calls = counted(memory)
    return NamedTenants(directory, current_plans), calls


def test_all_tenants_of_a_request_are_read_in_one_round_trip_and_then_not_for_a_minute(
    named: tuple[NamedTenants, Counter[str]],
) -> None:
    tenants, calls = named
    for seconds in (0, 30, 59):
        found = tenants.find_all(["acme", "bolt"], NOON + timedelta(seconds=seconds))
        assert sorted(found) == ["acme", "bolt"]
    assert calls == {"find_tenants": 1}
    tenants.find_all(["acme", "bolt"], NOON + CACHE_FOR)
    assert calls == {"find_tenants": 2}


def test_a_change_is_seen_after_a_minute(
    memory: MemoryStore, named: tuple[NamedTenants, Counter[str]]
) -> None:
    tenants, _ = named
    tenants.find("acme", NOON)
    set_plan(memory, "acme", ENTERPRISE, CHANGE)
    assert tenants.find("acme", NOON + CACHE_FOR - timedelta(seconds=1)).plan == "starter"
    assert tenants.find("acme", NOON + CACHE_FOR).plan == "enterprise"


def test_an_unknown_tenant_is_looked_up_once_in_ten_seconds(
    memory: MemoryStore, named: tuple[NamedTenants, Counter[str]]
) -> None:
    tenants, calls = named
    for seconds in (0, 9):
        with pytest.raises(NotFound, match="'new' does not exist"):
            tenants.find("new", NOON + timedelta(seconds=seconds))
    assert calls == {"find_tenants": 1}
    new_tenant(memory, "new")
    assert tenants.find("new", NOON + REMEMBER_FOR).id == "new"


@pytest.mark.parametrize("text", ["", "..", "a/b", 65 * "a", "é"])
def test_an_id_that_no_tenant_can_have_is_never_looked_up(
    text: str, named: tuple[NamedTenants, Counter[str]]
) -> None:
    tenants, calls = named
    assert tenants.find_all([text], NOON) == {}
    assert not calls


def test_the_least_recently_named_tenant_is_forgotten_first(
    named: tuple[NamedTenants, Counter[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named_tenants, "MAX_CACHED_TENANTS", 2)
    tenants, calls = named
    for tenant_id in ("acme", "bolt", "acme"):
        tenants.find(tenant_id, NOON)
    tenants.find_all(["new"], NOON)
    calls.clear()
    tenants.find("acme", NOON)
    assert not calls
    tenants.find("bolt", NOON)
    assert calls == {"find_tenants": 1}


def test_a_tenant_that_somebody_else_created_meanwhile_is_taken_as_it_is(
    memory: MemoryStore, named: tuple[NamedTenants, Counter[str]]
) -> None:
    tenants = NamedTenants(memory, current_plans, "free")
    theirs: Tenant = new_tenant(memory, "new", plan="enterprise")
    assert tenants.create("new", CHANGE) == theirs
