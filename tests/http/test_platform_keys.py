"""Platform keys: they act for every tenant that they name, within their scopes."""

import pytest

from tests.http.serving import Functions, bearer, refused, succeeded


@pytest.fixture
def key(functions: Functions) -> str:
    """A platform key with all scopes, where acme and bolt are tenants."""
    functions.create_tenant("acme")
    functions.create_tenant("bolt")
    return functions.create_platform_key()


def test_a_platform_key_reads_every_tenant_that_the_path_names(functions: Functions, key: str) -> None:
    assert functions.read(key, "/tenants/acme/usage")["tenant"]["id"] == "acme"
    assert functions.read(key, "/tenants/bolt/usage")["tenant"]["id"] == "bolt"


def test_a_tenant_that_does_not_exist_is_unknown_to_a_platform_key(functions: Functions, key: str) -> None:
    refused(functions.get(key, "/tenants/nobody/usage"), 404, "unknown_tenant")
    refused(functions.get(key, "/tenants/..%2Facme/usage"), 404, "not_found")


def test_a_platform_key_is_held_to_its_scopes(functions: Functions, key: str) -> None:
    recording = functions.create_platform_key("usage:write")
    refused(functions.get(recording, "/tenants/acme/usage"), 403, "missing_scope")
    refused(functions.get(recording, "/tenants/acme/members"), 403, "missing_scope")


def test_a_check_names_its_tenant_in_a_header(functions: Functions, key: str) -> None:
    named = functions.record_usage.post("/v1/check", json={}, headers={**bearer(key), "GWI-Tenant": "bolt"})
    assert succeeded(named)["allowed"]
    refused(functions.record_usage.post("/v1/check", json={}, headers=bearer(key)), 422, "tenant_required")


def test_a_tenants_own_key_may_name_its_tenant_and_no_other(functions: Functions, key: str) -> None:
    own = functions.create_key(tenant_id="acme")
    for named, status in (("acme", 200), ("bolt", 403), ("nobody", 403)):
        headers = {**bearer(own), "GWI-Tenant": named}
        assert functions.record_usage.post("/v1/check", json={}, headers=headers).status_code == status


def test_a_platform_key_cannot_do_what_only_people_can(functions: Functions, key: str) -> None:
    refused(functions.get(key, "/me"), 403, "missing_scope")


def test_changes_by_a_platform_key_are_in_the_tenants_audit_log(functions: Functions, key: str) -> None:
    succeeded(functions.send("PUT", key, "/tenants/acme/time-zone", {"time_zone": "Europe/Berlin"}))
    entries = functions.read(key, "/tenants/acme/audit")["entries"]
    assert entries[0]["actor"] == f"platform:{key[:23]}"
