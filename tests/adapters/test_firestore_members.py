"""Members on Firestore: the writes of each change, in one commit that can be retried after a lost response."""

from collections.abc import Callable

import grpc
import pytest

from shared.adapters.firestore import FirestoreDirectory, FirestoreMembers
from shared.adapters.firestore.encoding import get_fields
from shared.adapters.firestore.people.tenants import delete_write
from shared.domain.people.audit import AuditEntry
from shared.domain.people.members import INVITATION_LASTS, Identity, Invitation, Member, Role, email_id
from shared.domain.people.tenants import Tenant
from shared.usecases.people.authenticate_member import access_tenant
from shared.usecases.people.invitations import accept_invitation
from shared.usecases.people.members import RoleAssignment, change_role, remove_member
from tests.adapters.conftest import Connect
from tests.adapters.interceptors import LostAnswers, RecordedCalls
from tests.audit_trail import trail_of
from tests.member_fixtures import add_member
from tests.outgoing_fixtures import MAIL, outgoing
from tests.sample_events import NOON

ACME = Tenant(id="acme", name="Acme", plan="free", created_at=NOON)
OWNER = Member(user_id="ada", email="ada@example.com", name="Ada", role="owner", joined_at=NOON)
CREATED = AuditEntry(
    tenant_id="acme",
    at=NOON,
    actor="member:ada@example.com",
    action="tenant.created",
    before=None,
    after="free",
    reason="",
)
INVITED = AuditEntry(
    tenant_id="acme",
    at=NOON,
    actor="member:ada@example.com",
    action="member.invited",
    before=None,
    after="admin",
    reason="",
)
INVITATION = Invitation(
    email="bob@example.com",
    role="admin",
    invited_by="ada@example.com",
    invited_at=NOON,
    expires_at=NOON + INVITATION_LASTS,
)
ADA = Identity(user_id="ada", email="ada@example.com", email_verified=True, name="Ada", expires_at=NOON)
BOB = Identity(user_id="bob", email="bob@example.com", email_verified=True, name="Bob", expires_at=NOON)
BOBS_ID = email_id("bob@example.com")


def with_tenant(connect: Connect) -> FirestoreMembers:
    members = FirestoreMembers(connect())
    members.create_tenant_with_owner(ACME, OWNER, CREATED)
    return members


def commits(calls: RecordedCalls) -> list[list[str]]:
    """Return the documents of each commit, without the random ids of audit entries and mails."""
    requests = [request for method, request in calls.requests if method == "Commit"]
    names = [[write.update.name or write.delete for write in request.writes] for request in requests]
    return [sorted(_known(name.partition("/documents/")[2]) for name in each) for each in names]


def _known(path: str) -> str:
    collection, _, document = path.rpartition("/")
    return (
        f"{collection}/*"
        if collection == "outbox" or collection.endswith("/audit")
        else f"{collection}/{document}"
    )


def test_creating_a_tenant_is_one_commit(connect: Connect) -> None:
    calls = RecordedCalls()
    FirestoreMembers(connect(calls)).create_tenant_with_owner(ACME, OWNER, CREATED)
    assert commits(calls) == [
        [
            *("tenant_index/acme", "tenants/acme", "tenants/acme/audit/*"),
            *("tenants/acme/members/ada", "users/ada"),
        ]
    ]


def test_inviting_and_accepting_are_one_commit_each(connect: Connect) -> None:
    with_tenant(connect)
    calls = RecordedCalls()
    members = FirestoreMembers(connect(calls))
    members.save_invitation("acme", INVITATION, outgoing(MAIL), INVITED)
    accept_invitation(members, BOB, "acme", NOON)
    invite = [f"invitations/{BOBS_ID}", f"tenants/acme/invites/{BOBS_ID}"]
    assert commits(calls) == [
        sorted([*invite, "outbox/*", "tenants/acme/audit/*"]),
        sorted([*invite, "tenants/acme/audit/*", "tenants/acme/members/bob", "users/bob"]),
    ]


def test_access_to_a_tenant_is_one_round_trip(connect: Connect) -> None:
    with_tenant(connect)
    calls = RecordedCalls()
    access_tenant(FirestoreMembers(connect(calls)), ADA, "acme")
    assert calls.methods == ["BatchGetDocuments"]


def test_documents_have_the_fields_that_clients_read(connect: Connect) -> None:
    members = with_tenant(connect)
    members.save_invitation("acme", INVITATION, outgoing(MAIL), INVITED)
    rpc = connect()
    names = [
        f"{rpc.documents}/{path}"
        for path in (
            *("tenants/acme/members/ada", "users/ada", f"tenants/acme/invites/{BOBS_ID}"),
            f"invitations/{BOBS_ID}",
        )
    ]
    found = rpc.batch_get(names)
    assert [get_fields(found[name].fields) for name in names] == [
        {"role": "owner", "email": "ada@example.com", "name": "Ada", "joined_at": NOON},
        {"tenants": ["acme"]},
        {
            "email": "bob@example.com",
            "role": "admin",
            "invited_by": "ada@example.com",
            "invited_at": NOON,
            "expires_at": NOON + INVITATION_LASTS,
        },
        {"tenants": ["acme"], "expire_at": INVITATION.expires_at},
    ]


def test_a_tenant_is_created_once_if_the_response_is_lost(connect: Connect) -> None:
    losing = LostAnswers(grpc.StatusCode.UNAVAILABLE, times=1)
    members = FirestoreMembers(connect(losing))
    members.create_tenant_with_owner(ACME, OWNER, CREATED)
    assert members.list_members("acme") == [OWNER]
    assert len(trail_of(FirestoreDirectory(connect()))) == 1


def test_an_invitation_is_accepted_once_if_the_response_is_lost(connect: Connect) -> None:
    with_tenant(connect).save_invitation("acme", INVITATION, outgoing(MAIL), INVITED)
    members = FirestoreMembers(connect(LostAnswers(grpc.StatusCode.UNAVAILABLE, times=1)))
    assert accept_invitation(members, BOB, "acme", NOON).member.role == "admin"
    assert [member.user_id for member in members.list_members("acme")] == ["ada", "bob"]
    assert sorted(entry.action for entry in trail_of(FirestoreDirectory(connect()))) == [
        "member.invited",
        "member.joined",
        "tenant.created",
    ]


def _demote(members: FirestoreMembers) -> None:
    change_role(members, access_tenant(members, ADA, "acme"), RoleAssignment("bob", "member"), NOON)


def _remove(members: FirestoreMembers) -> None:
    remove_member(members, access_tenant(members, ADA, "acme"), "bob", NOON)


@pytest.mark.parametrize(("change", "left"), [(_demote, ["owner", "member"]), (_remove, ["owner"])])
@pytest.mark.parametrize("role", ["owner", "admin"])
def test_a_member_is_changed_once_if_the_response_is_lost(
    connect: Connect, change: Callable[[FirestoreMembers], None], left: list[str], role: Role
) -> None:
    add_member(
        with_tenant(connect),
        "acme",
        Member(user_id="bob", email="bob@example.com", name=None, role=role, joined_at=NOON),
    )
    change(FirestoreMembers(connect(LostAnswers(grpc.StatusCode.UNAVAILABLE, times=1))))
    assert [member.role for member in FirestoreMembers(connect()).list_members("acme")] == left
    changes = [
        entry for entry in trail_of(FirestoreDirectory(connect())) if entry.actor.startswith("member:ada")
    ]
    assert len(changes) == 1 + 1, "the creation and the change"


def test_a_pointer_to_a_missing_member_is_no_membership(connect: Connect) -> None:
    members = with_tenant(connect)
    (ada,) = members.list_members("acme")
    add_member(
        members,
        "acme",
        Member(user_id="bob", email="bob@example.com", name=None, role="owner", joined_at=NOON),
    )
    rpc = connect()
    rpc.commit([delete_write(f"{rpc.documents}/tenants/acme/members/ada")])
    assert members.list_memberships(ada.user_id) == []


def test_a_profile_is_two_round_trips_whatever_is_in_it(connect: Connect) -> None:
    with_tenant(connect).save_invitation("acme", INVITATION, outgoing(MAIL), INVITED)
    calls = RecordedCalls()
    members = FirestoreMembers(connect(calls))
    profile = members.read_profile("ada", INVITATION.email)
    assert (len(profile.memberships), len(profile.received)) == (1, 1)
    assert calls.methods == 2 * ["BatchGetDocuments"]
    # A tenant that is named twice is read once.
    assert len(calls.requests[1][1].documents) == 3
    calls.requests.clear()
    members.read_profile("nobody", None)
    assert calls.methods == ["BatchGetDocuments"]
