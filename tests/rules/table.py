"""The table that the rules are checked against: caller, path, method, and whether access is allowed."""

from collections.abc import Callable

from tests.rules.rest import LONGEST_PAGE, Database, document, query

ANONYMOUS = "anonymous"
NAMELESS = "a token without uid"
STRANGER = "stranger"
REMOVED = "removed member"
OTHER_MEMBER = "member of another tenant"
UNVERIFIED = "owner whose address is not verified"

ROLES = {"owner": "owner", "admin": "admin", "member": "member"}
"""The members of `acme` and their roles."""

UIDS: dict[str, str | None] = {
    ANONYMOUS: None,
    NAMELESS: None,
    STRANGER: "uid-stranger",
    REMOVED: "uid-removed",
    OTHER_MEMBER: "uid-elsewhere",
    UNVERIFIED: "uid-unverified",
    **{caller: f"uid-{caller}" for caller in ROLES},
}

READABLE = (
    "tenants/acme/months/202611",
    "tenants/acme/days/20261122",
    "tenants/acme/counters/20261122.0",
    "tenants/acme/runs/5f2b",
    "tenants/acme/alerts/20261101T00.tokens.80",
    "tenants/acme/invoices/in_1",
)
CLOSED = (
    "tenants/acme",
    "tenants/acme/members/uid-colleague",
    "tenants/acme/invites/4b7d",
    "tenants/acme/events/9c1e",
    "tenants/acme/corrections/9c1e",
    "tenants/acme/batches/abcdefghijklmnop.1",
    "tenants/acme/attribution/20261122.0",
    "tenants/acme/usage/20261101T00",
    "tenants/acme/admission/current",
    "tenants/acme/admission/5f2b",
    "tenants/acme/refusals/20261122",
    "tenants/acme/audit/a1",
    "audit/a1",
    "operators/uid-operator",
    "users/uid-member",
    "invitations/4b7d",
    "api_keys/3a7b",
    "tenant_index/acme",
    "margins/202611.acme",
    "platform/overview",
    "platform/ticks",
    "stripe_failures/evt_1",
    "dead_letters/123",
    "stripe_customers/cus_1",
    "catalog/plans",
    "catalog/plans/changes/00000001",
    "catalog/prices",
    "catalog/prices/changes/00000001",
    "stripe_events/evt_1",
    "outbox/e1",
    "idempotency/r1",
    "jobs/reconciliation",
    "mail_addresses/a1",
    "mail_quotas/q1",
    "trials/p1",
    "tenants/acme/endpoints/ep1",
    # Nobody has thought of these yet.
    "unheard_of/u1",
    "tenants/acme/unheard_of/u1",
    "tenants/acme/months/202611/unheard_of/u1",
)
PATHS = READABLE + CLOSED
"""A document at every path of DESIGN §3, and at some that it does not have."""


def _get(database: Database, path: str, token: str | None) -> int:
    return database.call("GET", path, token=token).status


def _list(limit: int | None) -> Callable[[Database, str, str | None], int]:
    def run(database: Database, path: str, token: str | None) -> int:
        collection, _, _ = path.rpartition("/")
        parent, _, collection_id = collection.rpartition("/")
        asked = query(collection_id, limit=limit)
        return database.call("POST", f"{parent}:runQuery", asked, token=token).status

    return run


def _list_everywhere(database: Database, path: str, token: str | None) -> int:
    collection_id = path.split("/")[-2]
    wide = query(collection_id, all_descendants=True)
    return database.call("POST", ":runQuery", wide, token=token).status


def _create(database: Database, path: str, token: str | None) -> int:
    collection, _, _ = path.rpartition("/")
    return database.call("POST", f"{collection}?documentId=new", document(note="new"), token=token).status


def _update(database: Database, path: str, token: str | None) -> int:
    return database.call("PATCH", path, document(note="changed"), token=token).status


def _delete(database: Database, path: str, token: str | None) -> int:
    return database.call("DELETE", path, token=token).status


OPERATIONS: dict[str, Callable[[Database, str, str | None], int]] = {
    "get": _get,
    "list": _list(LONGEST_PAGE),
    "list one more than a page": _list(LONGEST_PAGE + 1),
    "list without a limit": _list(None),
    "list across tenants": _list_everywhere,
    "create": _create,
    "update": _update,
    "delete": _delete,
}
"""Each is tried on one path with one token and gives the HTTP status."""

ALLOWED = {(caller, operation): READABLE for caller in ROLES for operation in ("get", "list")}
"""The paths that open for a caller and an operation. What is not here is denied with 403."""
