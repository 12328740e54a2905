"""Documents that have ended carry the instant after which Firestore deletes them, in a field with a TTL policy."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.adapters.firestore import FirestoreDirectory, FirestoreMembers, FirestoreRpc, queries
from shared.adapters.firestore.encoding import get_fields
from shared.domain.notices.entries import NOTHING_OUTGOING
from shared.domain.people.audit import AUDIT_KEPT_FOR, AuditEntry
from shared.domain.people.keys import ENDED_KEYS_KEPT_FOR, ApiKey
from shared.domain.people.members import INVITATION_LASTS, Invitation, email_id
from tests.adapters.conftest import Connect
from tests.audit_trail import trail_of
from tests.sample_events import NOON

ROOT = Path(__file__).resolve().parents[2]
TTL = {
    (each["collectionGroup"], each["fieldPath"])
    for each in json.loads((ROOT / "firestore.indexes.json").read_text())["fieldOverrides"]
    if each.get("ttl")
}
ENTRY = AuditEntry(
    tenant_id="acme", at=NOON, actor="admin", action="key.created", before=None, after="x", reason=""
)
KEY = ApiKey(
    id="key-1", tenant_id="acme", scopes=("usage:write",), label="", prefix="gwi_test_abcde", created_at=NOON
)
LATER, LATEST = NOON + timedelta(days=1), NOON + timedelta(days=2)


@pytest.fixture
def rpc(connect: Connect) -> FirestoreRpc:
    return connect()


def expiry(rpc: FirestoreRpc, name: str) -> datetime | None:
    path = f"{rpc.documents}/{name}"
    found: datetime | None = get_fields(rpc.batch_get([path])[path].fields).get("expire_at")
    return found


@pytest.mark.parametrize(
    ("expires_at", "revoked_at", "end"),
    [(None, None, None), (LATER, None, LATER), (None, LATER, LATER), (LATEST, LATER, LATER)],
)
def test_a_key_is_deleted_long_after_its_end(
    rpc: FirestoreRpc, expires_at: datetime | None, revoked_at: datetime | None, end: datetime | None
) -> None:
    directory = FirestoreDirectory(rpc)
    key = replace(KEY, expires_at=expires_at, revoked_at=revoked_at)
    directory.save_keys([key], ENTRY)
    assert expiry(rpc, "api_keys/key-1") == (end + ENDED_KEYS_KEPT_FOR if end else None)
    assert directory.find_key("key-1") == key
    assert ("api_keys", "expire_at") in TTL


def test_a_key_that_was_revoked_meanwhile_still_expires(rpc: FirestoreRpc) -> None:
    directory = FirestoreDirectory(rpc)
    directory.save_keys([replace(KEY, revoked_at=LATER)], ENTRY)
    directory.save_keys([KEY], ENTRY)
    assert expiry(rpc, "api_keys/key-1") == LATER + ENDED_KEYS_KEPT_FOR


def test_an_audit_entry_is_deleted_after_two_years(rpc: FirestoreRpc) -> None:
    directory = FirestoreDirectory(rpc)
    directory.save_keys([KEY], ENTRY)
    (document,) = rpc.batch_get(_names(rpc, "audit")).values()
    assert get_fields(document.fields)["expire_at"] == NOON + AUDIT_KEPT_FOR
    assert trail_of(directory) == [ENTRY]
    assert ("audit", "expire_at") in TTL


def test_what_points_to_an_invitation_expires_with_the_last_one(rpc: FirestoreRpc) -> None:
    members = FirestoreMembers(rpc)
    for at in (NOON, LATER):
        invitation = Invitation(
            email="bob@example.com",
            role="member",
            invited_by="ada@example.com",
            invited_at=at,
            expires_at=at + INVITATION_LASTS,
        )
        members.save_invitation("acme", invitation, NOTHING_OUTGOING, ENTRY)
    assert expiry(rpc, f"invitations/{email_id('bob@example.com')}") == LATER + INVITATION_LASTS
    assert {("invitations", "expire_at"), ("invites", "expires_at")} <= TTL


def _names(rpc: FirestoreRpc, collection: str) -> list[str]:
    tenant = f"{rpc.documents}/tenants/acme"
    return [document.name for document in rpc.query(tenant, queries.all_of(collection))]
