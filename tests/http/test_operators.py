"""Operators: signed-in people of the platform, who may do for every tenant what a platform key may."""

import pytest

from shared.domain.people.tenants import Change
from shared.stores import process_memory
from shared.usecases.people.operators import add_operator, remove_operator
from tests.http.serving import Functions, refused, succeeded


@pytest.fixture
def operator(functions: Functions) -> str:
    """An ID token of an operator, where acme is a tenant of others."""
    functions.create_tenant("acme")
    token = functions.sign_in("olga@example.com", role=None)
    store = process_memory()
    add_operator(store, store, "olga@example.com", Change("admin:op", functions.clock.now))
    return token


def test_an_operator_reads_every_tenant(functions: Functions, operator: str) -> None:
    assert functions.read(operator, "/tenants/acme/usage")["tenant"]["id"] == "acme"


def test_an_operators_changes_bear_their_address(functions: Functions, operator: str) -> None:
    succeeded(functions.send("PUT", operator, "/tenants/acme/time-zone", {"time_zone": "Europe/Berlin"}))
    entries = functions.read(operator, "/tenants/acme/audit")["entries"]
    assert entries[0]["actor"] == "operator:olga@example.com"


def test_a_removed_operator_is_a_stranger_at_the_next_request(functions: Functions, operator: str) -> None:
    functions.read(operator, "/tenants/acme/usage")
    remove_operator(process_memory(), "Olga@example.com", Change("admin:op", functions.clock.now))
    refused(functions.get(operator, "/tenants/acme/usage"), 403, "foreign_tenant")


def test_an_operator_needs_a_verified_address(functions: Functions, operator: str) -> None:
    unverified = functions.sign_in("olga@example.com", role=None, verified=False)
    refused(functions.get(unverified, "/tenants/acme/usage"), 403, "email_not_verified")


def test_an_operator_who_is_a_member_keeps_both(functions: Functions, operator: str) -> None:
    token = functions.sign_in("olga@example.com", role="member")
    assert functions.read(token, "/me")["tenants"][0]["role"] == "member"
    assert functions.send("GET", token, "/tenants/acme/members").status_code == 200
