"""Who may call what: each operation of both OpenAPI documents × each kind of caller, by one table."""

import re
from collections.abc import Mapping
from datetime import timedelta
from itertools import product

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.domain.people.audit import Change
from shared.domain.people.keys import ALL_SCOPES, PLATFORM_SCOPES
from shared.domain.people.members import Role
from shared.stores import process_memory
from shared.usecases.people.manage_keys import KeyRef, revoke_key
from shared.usecases.people.manage_tenants import set_suspension
from shared.usecases.people.operators import add_operator, remove_operator
from tests.http.serving import Functions, Json, bearer, succeeded

NOBODY = ("no key", "garbage", "an unknown key", "an expired key", "a revoked key", "an expired token")
KEYS = tuple(f"a key that may {scope}" for scope in ALL_SCOPES)
PLATFORM_KEYS = tuple(f"a platform key that may {scope}" for scope in PLATFORM_SCOPES)
FOREIGN_KEY = "a key of another tenant"
ROLES: tuple[Role, ...] = ("owner", "admin", "member")
STRANGERS = ("a stranger", "a removed member", "an owner of another tenant")
UNVERIFIED = "an unverified member"
SUSPENDED_KEY, SUSPENDED_OWNER = "a key of a suspended tenant", "an owner of a suspended tenant"
OPERATORS = (
    *("an operator", "an operator who is a member", "an operator who is an owner elsewhere"),
    *("an operator at a suspended tenant", "an operator who is a member of a suspended tenant"),
)
REMOVED_OPERATOR, UNVERIFIED_OPERATOR = "a removed operator", "an unverified operator"
AT_A_SUSPENDED_TENANT = (SUSPENDED_KEY, SUSPENDED_OWNER, *OPERATORS[3:])
CALLERS = (
    *(*NOBODY, *KEYS, *PLATFORM_KEYS, FOREIGN_KEY, *ROLES, *STRANGERS, UNVERIFIED),
    *(SUSPENDED_KEY, SUSPENDED_OWNER, *OPERATORS, REMOVED_OPERATOR, UNVERIFIED_OPERATOR),
)

ANYBODY = frozenset(CALLERS)
PEOPLE = frozenset({*ROLES, *STRANGERS, SUSPENDED_OWNER, *OPERATORS, REMOVED_OPERATOR})
MANAGERS = frozenset({"owner", "admin"})
PROVISIONING = frozenset({"a platform key that may tenants:write"})
MANAGING = MANAGERS | PROVISIONING
KEEPING_KEYS = MANAGERS | {"a platform key that may keys:write"}
RECORDING = frozenset({"a key that may usage:write", FOREIGN_KEY, "a platform key that may usage:write"})
CHECKING = frozenset({"a key that may limits:read", FOREIGN_KEY, "a platform key that may limits:read"})
READING = frozenset({*ROLES, "a key that may usage:read", "a platform key that may usage:read"})
PLATFORM_READING = frozenset({"a platform key that may platform:read"})
PRICING = frozenset({"a platform key that may prices:write"})
OVERSEEING = frozenset({"a platform key that may platform:read"})
BUYING = MANAGERS | {"a key that may billing:write", "a platform key that may billing:write"}

MAY: Mapping[str, frozenset[str]] = {
    "record_usage GET /": ANYBODY,
    "record_usage GET /v1/openapi.json": ANYBODY,
    "record_usage POST /v1/events": RECORDING,
    "record_usage POST /v1/otlp/v1/traces": RECORDING,
    "record_usage POST /v1/check": CHECKING,
    "record_usage POST /v1/runs": RECORDING,
    "record_usage POST /v1/runs/{run}/extend": RECORDING,
    "record_usage POST /v1/runs/{run}/end": RECORDING,
    "usage_api GET /": ANYBODY,
    "usage_api GET /api/v1/openapi.json": ANYBODY,
    "usage_api GET /api/v1/plans": ANYBODY,
    "usage_api GET /api/v1/health": ANYBODY,
    "usage_api POST /api/v1/mail/{entry}/confirm": ANYBODY,
    "usage_api POST /api/v1/mail/{entry}/stop": ANYBODY,
    "usage_api POST /api/v1/mail/{entry}/unsubscribe": ANYBODY,
    "usage_api GET /api/v1/me": PEOPLE | {UNVERIFIED, UNVERIFIED_OPERATOR},
    "usage_api POST /api/v1/tenants": PEOPLE | PROVISIONING,
    # A scope that no tenant's key can have, as these show and change every tenant.
    "usage_api GET /api/v1/tenants": PROVISIONING,
    "usage_api GET /api/v1/tenants/{tenant}": PROVISIONING,
    "usage_api PATCH /api/v1/tenants/{tenant}": PROVISIONING,
    "usage_api PUT /api/v1/tenants/{tenant}/limits": PROVISIONING,
    "usage_api GET /api/v1/tenants/{tenant}/grants": PROVISIONING,
    "usage_api POST /api/v1/tenants/{tenant}/grants": PROVISIONING,
    "usage_api DELETE /api/v1/tenants/{tenant}/grants/{grant}": PROVISIONING,
    "usage_api POST /api/v1/tenants/{tenant}/suspend": PROVISIONING,
    "usage_api POST /api/v1/tenants/{tenant}/resume": PROVISIONING,
    "usage_api POST /api/v1/tenants/{tenant}/end": PROVISIONING,
    "usage_api POST /api/v1/tenants/{tenant}/reconcile": PROVISIONING,
    "usage_api POST /api/v1/invitations/{tenant}/accept": PEOPLE,
    "usage_api DELETE /api/v1/invitations/{tenant}": PEOPLE,
    "usage_api GET /api/v1/tenants/{tenant}/usage": READING,
    "usage_api GET /api/v1/tenants/{tenant}/usage/series": READING,
    "usage_api GET /api/v1/tenants/{tenant}/usage/top": READING,
    "usage_api GET /api/v1/tenants/{tenant}/usage/explain": READING,
    "usage_api GET /api/v1/tenants/{tenant}/statement": READING,
    "usage_api GET /api/v1/tenants/{tenant}/usage/comparison": READING,
    "usage_api GET /api/v1/tenants/{tenant}/export": READING,
    "usage_api GET /api/v1/tenants/{tenant}/runs": READING,
    "usage_api GET /api/v1/tenants/{tenant}/runs/{run}": READING,
    "usage_api GET /api/v1/tenants/{tenant}/runs/{run}/bundle": READING,
    "usage_api GET /api/v1/tenants/{tenant}/runs/{run}/tree": READING,
    "usage_api GET /api/v1/tenants/{tenant}/events": READING,
    "usage_api GET /api/v1/tenants/{tenant}/events/{event}": READING,
    "usage_api POST /api/v1/tenants/{tenant}/events/{event}/void": MANAGING,
    "usage_api POST /api/v1/tenants/{tenant}/events/{event}/unvoid": MANAGING,
    "usage_api POST /api/v1/tenants/{tenant}/events/{event}/amend": MANAGING,
    "usage_api GET /api/v1/tenants/{tenant}/invoices": READING,
    "usage_api GET /api/v1/tenants/{tenant}/alerts": READING,
    "usage_api GET /api/v1/tenants/{tenant}/alert-thresholds": READING,
    "usage_api PUT /api/v1/tenants/{tenant}/alert-thresholds": MANAGING,
    "usage_api GET /api/v1/tenants/{tenant}/alert-recipients": MANAGING,
    "usage_api PUT /api/v1/tenants/{tenant}/alert-recipients": MANAGING,
    "usage_api GET /api/v1/tenants/{tenant}/alert-endpoints": MANAGING,
    "usage_api POST /api/v1/tenants/{tenant}/alert-endpoints": MANAGING,
    "usage_api DELETE /api/v1/tenants/{tenant}/alert-endpoints/{endpoint}": MANAGING,
    "usage_api POST /api/v1/tenants/{tenant}/alert-endpoints/{endpoint}/secret": MANAGING,
    "usage_api POST /api/v1/tenants/{tenant}/alert-endpoints/{endpoint}/enable": MANAGING,
    "usage_api POST /api/v1/tenants/{tenant}/alert-endpoints/{endpoint}/test": MANAGING,
    "usage_api GET /api/v1/tenants/{tenant}/alert-endpoints/{endpoint}/deliveries": MANAGING,
    "usage_api POST /api/v1/tenants/{tenant}/checkout-sessions": BUYING,
    "usage_api POST /api/v1/tenants/{tenant}/portal-sessions": BUYING,
    "usage_api GET /api/v1/tenants/{tenant}/members": MANAGING,
    "usage_api PUT /api/v1/tenants/{tenant}/members": MANAGING,
    "usage_api PUT /api/v1/tenants/{tenant}/members/{user}": MANAGING,
    # Everybody may leave.
    "usage_api DELETE /api/v1/tenants/{tenant}/members/{user}": frozenset(ROLES) | PROVISIONING,
    "usage_api DELETE /api/v1/tenants/{tenant}/invites/{invitation}": MANAGING,
    "usage_api PUT /api/v1/tenants/{tenant}/time-zone": MANAGING,
    "usage_api GET /api/v1/tenants/{tenant}/refusals": READING,
    "usage_api GET /api/v1/tenants/{tenant}/budgets": READING,
    "usage_api GET /api/v1/tenants/{tenant}/budgets/{budget}": READING,
    "usage_api PUT /api/v1/tenants/{tenant}/budgets/{budget}": MANAGING,
    "usage_api DELETE /api/v1/tenants/{tenant}/budgets/{budget}": MANAGING,
    "usage_api PUT /api/v1/tenants/{tenant}/on-unreadable": MANAGING,
    "usage_api GET /api/v1/tenants/{tenant}/api-keys": KEEPING_KEYS,
    "usage_api POST /api/v1/tenants/{tenant}/api-keys": KEEPING_KEYS,
    "usage_api POST /api/v1/tenants/{tenant}/api-keys/{key}/rotate": KEEPING_KEYS,
    "usage_api DELETE /api/v1/tenants/{tenant}/api-keys/{key}": KEEPING_KEYS,
    "usage_api GET /api/v1/tenants/{tenant}/audit": MANAGING,
    "usage_api GET /api/v1/platform/margins": PLATFORM_READING,
    "usage_api GET /api/v1/platform/overview": PLATFORM_READING,
    "usage_api GET /api/v1/platform/system": PLATFORM_READING,
    "usage_api GET /api/v1/tenants/{tenant}/margins": PLATFORM_READING,
    "usage_api GET /api/v1/platform/plans": PRICING,
    "usage_api PUT /api/v1/platform/plans": PRICING,
    "usage_api GET /api/v1/platform/prices": PRICING,
    "usage_api PUT /api/v1/platform/prices": PRICING,
    "usage_api GET /api/v1/platform/audit": OVERSEEING,
}
"""The callers that are let in, whatever the operation then says to what they ask. A route without a row fails.

Operators are let in wherever a platform key is, so rows name them only where everybody is.
"""

PLATFORM = "/api/v1/platform/"
"""Of these paths, people who are no operators learn only that they do not exist."""
DOCUMENTS = {"record_usage": "/v1/openapi.json", "usage_api": "/api/v1/openapi.json"}
NOT_AUTHENTICATED, FORBIDDEN, NOT_FOUND = 401, 403, 404


@pytest.fixture
def tokens(functions: Functions) -> dict[str, str | None]:
    """A token of each kind of caller; None is no token at all."""
    key = functions.create_tenant("acme")
    foreign = functions.create_tenant("bolt")
    suspended = functions.create_tenant("gone")
    functions.record(key, {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"})
    store = process_memory()
    expired = functions.create_key(expires_at=functions.clock.now + timedelta(seconds=1))
    revoked = functions.create_key()
    revoke_key(store, KeyRef("acme", revoked), Change("test", functions.clock.now))
    old_token = functions.sign_in("old@example.com", "member")
    functions.clock.pass_by(timedelta(hours=2))
    gone_owner = functions.sign_in("gina@example.com", "owner", "gone")
    now = functions.clock.now

    def operator(name: str, role: Role | None = None, tenant_id: str = "acme") -> str:
        token = functions.sign_in(f"{name}@example.com", role, tenant_id)
        add_operator(store, store, f"{name}@example.com", Change("test", now))
        return token

    change = Change("test", now).because("unpaid")
    set_suspension(store, "gone", suspended=True, change=change)
    removed = functions.sign_in("rex@example.com", "member")
    ada = functions.sign_in("ada@example.com", "owner")
    succeeded(functions.send("DELETE", ada, "/tenants/acme/members/uid-rex"))
    operators = {
        OPERATORS[0]: operator("olga"),
        OPERATORS[1]: operator("mia", "member"),
        OPERATORS[2]: operator("eve", "owner", "bolt"),
        OPERATORS[3]: operator("sue"),
        OPERATORS[4]: operator("guy", "member", "gone"),
    }
    operator("una")
    removed = operator("fred")
    remove_operator(store, "fred@example.com", Change("test", now))
    return {
        "no key": None,
        "garbage": "x",
        "an unknown key": "gwi_test_" + 40 * "0",
        "an expired key": expired,
        "a revoked key": revoked,
        "an expired token": old_token,
        **{name: functions.create_key(scope) for name, scope in zip(KEYS, ALL_SCOPES, strict=True)},
        **{
            name: functions.create_platform_key(scope)
            for name, scope in zip(PLATFORM_KEYS, PLATFORM_SCOPES, strict=True)
        },
        FOREIGN_KEY: foreign,
        "owner": ada,
        **{role: functions.sign_in(f"{role}@example.com", role) for role in ROLES if role != "owner"},
        "a stranger": functions.sign_in("sam@example.com", None),
        "a removed member": removed,
        "an owner of another tenant": functions.sign_in("bea@example.com", "owner", "bolt"),
        UNVERIFIED: functions.sign_in("uma@example.com", "owner", verified=False),
        SUSPENDED_KEY: suspended,
        SUSPENDED_OWNER: gone_owner,
        **operators,
        REMOVED_OPERATOR: removed,
        UNVERIFIED_OPERATOR: functions.sign_in("una@example.com", None, verified=False),
    }


def operations(functions: Functions) -> list[str]:
    """Return all operations of the documents, as rows of the table name them."""
    rows = []
    for function, document in DOCUMENTS.items():
        paths = getattr(functions, function).get(document).get_json()["paths"]
        rows += [f"{function} {method.upper()} {path}" for path in paths for method in paths[path]]
    return rows


def ask(functions: Functions, row: str, caller: str, token: str | None) -> TestResponse:
    function, method, path = row.split(" ")
    tenant = "gone" if caller in AT_A_SUSPENDED_TENANT else "acme"
    filled = re.sub(r"\{\w+\}", "no-such-thing", path.replace("{tenant}", tenant))
    client: FlaskClient = getattr(functions, function)
    body: Json | None = None if method == "GET" else {}
    return client.open(filled, method=method, json=body, headers=bearer(token) if token else None)


def test_every_operation_has_a_row(functions: Functions) -> None:
    assert sorted(operations(functions)) == sorted(MAY)


def test_each_caller_is_let_in_where_it_may_and_nowhere_else(
    functions: Functions, tokens: Mapping[str, str | None]
) -> None:
    assert tokens.keys() == set(CALLERS)
    wrong = []
    for row, caller in product(MAY, CALLERS):
        status = ask(functions, row, caller, tokens[caller]).status_code
        expected = _refusal(row, caller)
        shut_out = (NOT_AUTHENTICATED, FORBIDDEN, 500, *[NOT_FOUND] * (PLATFORM in row))
        is_right = status == expected if expected else status not in shut_out
        if not is_right:
            wrong.append(f"{row}: {caller} got {status}, not {expected or 'in'}")
    assert wrong == []


def _refusal(row: str, caller: str) -> int | None:
    """Return the status with which a caller is refused; None if it is let in."""
    is_key = caller in (*KEYS, *PLATFORM_KEYS, FOREIGN_KEY, SUSPENDED_KEY)
    if caller in MAY[row]:
        return None
    if caller in NOBODY or (row.startswith("record_usage") and not is_key):
        # Agents' routes take keys alone: an ID token is no key.
        return NOT_AUTHENTICATED
    if caller in OPERATORS and MAY[row] & {*PLATFORM_KEYS}:
        return None
    return NOT_FOUND if PLATFORM in row and not is_key and caller != UNVERIFIED_OPERATOR else FORBIDDEN


def test_a_foreign_tenant_is_refused_as_one_that_does_not_exist(
    functions: Functions, tokens: Mapping[str, str | None]
) -> None:
    for caller in (FOREIGN_KEY, *STRANGERS):
        foreign, missing = (
            functions.usage_api.get(f"/api/v1/tenants/{tenant}/usage", headers=bearer(tokens[caller] or ""))
            for tenant in ("acme", "none")
        )
        assert foreign.status_code == missing.status_code == FORBIDDEN
        assert foreign.get_json()["code"] == missing.get_json()["code"] == "foreign_tenant"
        assert foreign.get_data(as_text=True).replace("acme", "none") == missing.get_data(as_text=True)
