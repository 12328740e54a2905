"""Receipts: each is stored with the effect of its request, or neither is."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from shared.domain.errors import Conflict
from shared.domain.limits.limits import LimitOverrides
from shared.domain.notices.entries import NOTHING_OUTGOING
from shared.domain.people.audit import AuditEntry
from shared.domain.people.receipts import Receipt, RepeatableRequest
from shared.ports import AlreadyAnswered, Directory
from tests.audit_trail import trail_of
from tests.contracts.conftest import Stores
from tests.contracts.test_directory import ACME, CREATED, KEY
from tests.contracts.test_members import ADA, INVITATION
from tests.contracts.test_outbox import ENDPOINT
from tests.sample_events import NOON
from tests.usecases.plain_sums import new_tenant

REQUEST = RepeatableRequest(caller="member:ada", route="POST /tenants", key="k", secret="", body=b"{}")
SECOND = replace(KEY, id="second", label="second")
LATER = NOON + timedelta(days=2)


def receipt(response: str = "one") -> Receipt:
    return REQUEST.receipt(response, NOON)


def with_receipt(given: Receipt) -> AuditEntry:
    return replace(CREATED, action="with a receipt", receipt=given)


EFFECTS: dict[str, Callable[[Stores, AuditEntry], object]] = {
    "a tenant": lambda to, audit: to.directory.create_tenant(replace(ACME, id="bolt"), SECOND, audit),
    "a tenant with its owner": lambda to, audit: to.members.create_tenant_with_owner(
        replace(ACME, id="bolt"), ADA, audit
    ),
    "a key": lambda to, audit: to.directory.save_keys([SECOND], audit),
    "a setting": lambda to, audit: to.directory.set_limits("acme", LimitOverrides(tokens=5), audit),
    "an endpoint": lambda to, audit: to.endpoints.add_endpoint(ENDPOINT, audit),
    "a secret": lambda to, audit: to.endpoints.save_secrets(ENDPOINT.rotated(NOON), audit),
    "the health of an endpoint": lambda to, audit: to.endpoints.save_health(
        ENDPOINT.after_failure(NOON), audit
    ),
    "an endpoint that goes": lambda to, audit: to.endpoints.remove_endpoint(ENDPOINT, audit),
    "a member": lambda to, audit: to.members.add_member("acme", ADA, audit),
    "an invitation": lambda to, audit: to.members.save_invitation(
        "acme", INVITATION, NOTHING_OUTGOING, audit
    ),
    "a confirmed address": lambda to, audit: to.outbox.confirm_address("bob@example.com", "acme", audit),
}


def everything(stores: Stores) -> list[object]:
    directory, tenants = stores.directory, ("acme", "bolt")
    return [
        *(directory.find_tenant(each) for each in tenants),
        *(directory.list_keys(each) for each in tenants),
        *(trail_of(directory, each) for each in tenants),
        *(stores.members.list_members(each) for each in tenants),
        stores.members.list_invitations("acme"),
        stores.endpoints.list_endpoints("acme"),
        stores.outbox.find_addresses(["bob@example.com"]),
    ]


@pytest.fixture
def stores(stores: Stores) -> Stores:
    """Stores in which acme has one endpoint."""
    new_tenant(stores.directory)
    stores.endpoints.add_endpoint(ENDPOINT, CREATED)
    return stores


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_receipt_is_stored_with_its_effect(stores: Stores, effect: str) -> None:
    given = receipt()
    EFFECTS[effect](stores, with_receipt(given))
    found = stores.directory.find_receipt(given.id)
    assert found == given
    assert REQUEST.open(found) == "one"
    assert all(entry.receipt is None for entry in trail_of(stores.directory))


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_second_receipt_of_the_same_request_changes_nothing(stores: Stores, effect: str) -> None:
    first = receipt()
    stores.directory.set_takes_estimates("acme", True, with_receipt(first))
    before = everything(stores)
    with pytest.raises(AlreadyAnswered):
        EFFECTS[effect](stores, with_receipt(receipt("two")))
    assert everything(stores) == before
    assert stores.directory.find_receipt(first.id) == first


def test_there_is_no_receipt_of_an_unknown_request(directory: Directory) -> None:
    assert directory.find_receipt(REQUEST.receipt_id) is None


def test_a_refused_effect_leaves_no_receipt(stores: Stores) -> None:
    given = receipt()
    with pytest.raises(Conflict) as refusal:
        stores.directory.create_tenant(ACME, SECOND, with_receipt(given))
    assert not isinstance(refusal.value, AlreadyAnswered)
    assert stores.directory.find_receipt(given.id) is None


def test_an_expired_receipt_is_replaced_once(stores: Stores) -> None:
    directory = stores.directory
    directory.save_keys([KEY], with_receipt(receipt()))
    expired = directory.find_receipt(REQUEST.receipt_id)
    new, other = (REQUEST.receipt(text, LATER, expired) for text in ("new", "other"))
    directory.save_keys([SECOND], with_receipt(new))
    with pytest.raises(AlreadyAnswered):
        directory.save_keys([replace(SECOND, id="third")], with_receipt(other))
    assert directory.find_receipt(REQUEST.receipt_id) == new
    assert directory.find_key("third") is None


def test_of_two_effects_at_once_there_is_one(stores: Stores) -> None:
    start = Barrier(2)

    def create(number: int) -> bool:
        start.wait()
        try:
            stores.directory.save_keys([replace(KEY, id=f"key {number}")], with_receipt(receipt()))
        except AlreadyAnswered:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        made = list(threads.map(create, range(2)))
    assert sorted(made) == [False, True]
    assert [each.id for each in stores.directory.list_keys("acme") if each.id.startswith("key ")] == [
        f"key {made.index(True)}"
    ]
