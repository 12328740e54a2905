"""Endpoints: secrets and health are changed apart, and each tenant sees its own."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.errors import NotFound
from shared.ports import Endpoints
from tests.contracts.conftest import Stores
from tests.contracts.test_outbox import AUDIT, ENDPOINT
from tests.sample_events import NOON
from tests.usecases.plain_sums import new_tenant


@pytest.fixture
def endpoints(stores: Stores) -> Endpoints:
    """The endpoints of all tenants; acme has one."""
    new_tenant(stores.directory)
    stores.endpoints.add_endpoint(ENDPOINT, AUDIT)
    return stores.endpoints


def test_endpoints_are_listed_oldest_first_for_their_tenant_alone(endpoints: Endpoints) -> None:
    older = replace(ENDPOINT, id="ep_0", created_at=NOON - timedelta(days=1), format="slack")
    endpoints.add_endpoint(older, AUDIT)
    assert endpoints.list_endpoints("acme") == [older, ENDPOINT]
    assert endpoints.list_endpoints("bolt") == []
    assert endpoints.find_endpoint("acme", "ep_1") == ENDPOINT
    assert endpoints.find_endpoint("bolt", "ep_1") is None


def test_a_rotation_and_a_failure_at_once_do_not_undo_each_other(endpoints: Endpoints) -> None:
    rotated, failed = ENDPOINT.rotated(NOON), ENDPOINT.after_failure(NOON)
    endpoints.save_secrets(rotated, AUDIT)
    endpoints.save_health(failed)
    assert endpoints.find_endpoint("acme", "ep_1") == replace(rotated, failing_since=NOON)


def test_a_removed_endpoint_has_no_secret_to_rotate_and_no_health(endpoints: Endpoints) -> None:
    endpoints.remove_endpoint(ENDPOINT, AUDIT)
    endpoints.save_health(ENDPOINT.after_failure(NOON), AUDIT)
    with pytest.raises(NotFound):
        endpoints.save_secrets(ENDPOINT.rotated(NOON), AUDIT)
    assert endpoints.list_endpoints("acme") == []


def test_each_change_is_audited(endpoints: Endpoints, stores: Stores) -> None:
    endpoints.save_secrets(ENDPOINT.rotated(NOON), replace(AUDIT, action="rotated"))
    endpoints.save_health(ENDPOINT.enabled(), replace(AUDIT, action="enabled"))
    endpoints.save_health(ENDPOINT.after_failure(NOON))
    endpoints.remove_endpoint(ENDPOINT, replace(AUDIT, action="removed"))
    actions = [each.action for each in stores.directory.list_audit("acme", limit=10).items]
    assert sorted(actions) == sorted(["tenant.created", "test", "rotated", "enabled", "removed"])
