"""Members: new tenants, memberships, invitations, and refused changes based on stale reads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from shared.domain.errors import Conflict
from shared.domain.notices.entries import Outgoing
from shared.domain.people.audit import AuditEntry
from shared.domain.people.members import INVITATION_LASTS, Identity, Invitation, Member
from shared.domain.people.operators import Operator
from shared.domain.people.tenants import Tenant
from shared.ports import Leaving, Members, StaleMembers
from shared.usecases.people.authenticate_member import access_tenant
from shared.usecases.people.members import RoleAssignment, change_role, remove_member
from tests.audit_trail import trail_of
from tests.contracts.conftest import Stores
from tests.member_fixtures import add_member
from tests.outgoing_fixtures import MAIL, outgoing
from tests.sample_events import NOON

ACME = Tenant(id="acme-1", name="Acme <b>&</b> Söhne", plan="free", created_at=NOON)
ADA = Member(user_id="ada", email="ada@example.com", name="Ada <i>", role="owner", joined_at=NOON)
INVITATION = Invitation(
    email="bob@example.com",
    role="admin",
    invited_by=ADA.email,
    invited_at=NOON,
    expires_at=NOON + INVITATION_LASTS,
)


def entry(action: str, tenant_id: str = ACME.id) -> AuditEntry:
    return AuditEntry(
        tenant_id=tenant_id,
        at=NOON,
        actor="member:ada@example.com",
        action=action,
        before=None,
        after=None,
        reason="",
    )


def leaving(member: Member, remaining: Member | None = None) -> Leaving:
    return Leaving(member=member, remaining=remaining, invitations=[])


@pytest.fixture
def members(stores: Stores) -> Members:
    """The members of all tenants; Ada owns Acme."""
    stores.members.create_tenant_with_owner(ACME, ADA, entry("tenant.created"))
    return stores.members


def actions(stores: Stores, tenant_id: str = ACME.id) -> list[str]:
    return [each.action for each in trail_of(stores.directory, tenant_id)]


def test_the_creator_owns_the_tenant(members: Members, stores: Stores) -> None:
    found = members.find_membership(ACME.id, "ada")
    assert found is not None
    assert (found.tenant, found.member) == (ACME, ADA)
    assert members.list_memberships("ada") == [found]
    assert members.list_members(ACME.id) == [ADA]
    assert stores.directory.find_tenant(ACME.id) == ACME
    assert stores.directory.list_keys(ACME.id) == []
    assert actions(stores) == ["tenant.created"]


def test_an_id_that_is_taken_is_refused_and_nothing_changes(members: Members, stores: Stores) -> None:
    bob = replace(ADA, user_id="bob", email="bob@example.com")
    with pytest.raises(Conflict):
        members.create_tenant_with_owner(replace(ACME, name="Bob's"), bob, entry("tenant.created"))
    assert members.list_members(ACME.id) == [ADA]
    assert members.list_memberships("bob") == []
    assert stores.directory.find_tenant(ACME.id) == ACME
    assert actions(stores) == ["tenant.created"]


def test_a_tenant_created_by_an_operator_has_no_members(members: Members) -> None:
    assert members.list_members("nobody") == []
    assert members.find_membership("nobody", "ada") is None
    assert members.find_membership(ACME.id, "bob") is None
    assert members.list_memberships("bob") == []
    assert members.list_invitations("nobody") == []
    assert members.list_received_invitations("bob@example.com") == []


def test_memberships_are_listed_oldest_first(members: Members) -> None:
    later, earlier = replace(ACME, id="later"), replace(ACME, id="earlier")
    members.create_tenant_with_owner(
        later, replace(ADA, joined_at=NOON + timedelta(1)), entry("tenant.created", "later")
    )
    members.create_tenant_with_owner(
        earlier, replace(ADA, joined_at=NOON - timedelta(1)), entry("tenant.created", "earlier")
    )
    assert [found.tenant.id for found in members.list_memberships("ada")] == ["earlier", ACME.id, "later"]


def test_a_role_is_changed(members: Members, stores: Stores) -> None:
    bob = add_member(
        members,
        ACME.id,
        Member(user_id="bob", email="bob@example.com", name=None, role="member", joined_at=NOON),
    )
    members.save_member(ACME.id, replace(bob, role="admin"), None, entry("member.changed"))
    found = members.find_membership(ACME.id, "bob")
    assert found is not None
    assert found.member == replace(bob, role="admin")
    assert "member.changed" in actions(stores)


@pytest.mark.parametrize("what", ["save", "remove"])
def test_a_member_that_has_changed_since_it_was_read_is_not_overwritten(
    members: Members, stores: Stores, what: str
) -> None:
    bob = add_member(
        members,
        ACME.id,
        Member(user_id="bob", email="bob@example.com", name=None, role="member", joined_at=NOON),
    )
    members.save_member(ACME.id, replace(bob, role="admin"), None, entry("member.changed"))
    changes: dict[str, Callable[[], None]] = {
        "save": lambda: members.save_member(ACME.id, replace(bob, role="owner"), None, entry("late")),
        "remove": lambda: members.remove_member(ACME.id, leaving(bob), [entry("late")]),
    }
    with pytest.raises(StaleMembers):
        changes[what]()
    assert [member.role for member in members.list_members(ACME.id)] == ["owner", "admin"]
    assert "late" not in actions(stores)


@pytest.mark.parametrize("what", ["save", "remove"])
def test_an_owner_leaves_only_if_the_remaining_owner_is_unchanged(
    members: Members, stores: Stores, what: str
) -> None:
    bob = add_member(
        members,
        ACME.id,
        Member(user_id="bob", email="bob@example.com", name=None, role="owner", joined_at=NOON),
    )
    (ada,) = [member for member in members.list_members(ACME.id) if member.user_id == "ada"]
    members.save_member(ACME.id, replace(ada, role="member"), bob, entry("member.changed"))
    changes: dict[str, Callable[[], None]] = {
        "save": lambda: members.save_member(ACME.id, replace(bob, role="member"), ada, entry("late")),
        "remove": lambda: members.remove_member(ACME.id, leaving(bob, ada), [entry("late")]),
    }
    with pytest.raises(StaleMembers):
        changes[what]()
    assert {member.user_id: member.role for member in members.list_members(ACME.id)} == {
        "ada": "member",
        "bob": "owner",
    }
    assert "late" not in actions(stores)


def test_the_remaining_owner_is_not_changed(members: Members) -> None:
    bob = add_member(
        members,
        ACME.id,
        Member(user_id="bob", email="bob@example.com", name=None, role="owner", joined_at=NOON),
    )
    (ada,) = [member for member in members.list_members(ACME.id) if member.user_id == "ada"]
    members.remove_member(ACME.id, leaving(bob, ada), [entry("member.removed")])
    assert members.list_members(ACME.id) == [ADA]


def test_a_removed_member_has_no_membership(members: Members, stores: Stores) -> None:
    bob = add_member(
        members,
        ACME.id,
        Member(user_id="bob", email="bob@example.com", name=None, role="member", joined_at=NOON),
    )
    members.remove_member(ACME.id, leaving(bob), [entry("member.removed")])
    assert members.find_membership(ACME.id, "bob") is None
    assert members.list_memberships("bob") == []
    assert "member.removed" in actions(stores)
    with pytest.raises(StaleMembers):
        members.remove_member(ACME.id, leaving(bob), [entry("late")])


def test_an_invitation_is_seen_from_both_sides(members: Members, stores: Stores) -> None:
    members.save_invitation(ACME.id, INVITATION, Outgoing(), entry("member.invited"))
    assert members.list_invitations(ACME.id) == [INVITATION]
    (received,) = members.list_received_invitations(INVITATION.email)
    assert (received.tenant, received.invitation) == (ACME, INVITATION)
    assert members.list_received_invitations("bobby@example.com") == []
    assert "member.invited" in actions(stores)


def test_a_profile_has_what_concerns_a_person_in_all_tenants(members: Members, stores: Stores) -> None:
    bolt = replace(ACME, id="bolt", name="Bolt")
    members.create_tenant_with_owner(bolt, replace(ADA, user_id="bo"), entry("tenant.created", "bolt"))
    later = replace(INVITATION, invited_at=NOON + timedelta(hours=1))
    members.save_invitation("bolt", later, Outgoing(), entry("member.invited", "bolt"))
    members.save_invitation(ACME.id, INVITATION, Outgoing(), entry("member.invited"))
    add_member(members, "bolt", replace(ADA, joined_at=NOON + timedelta(hours=1)))
    olga = Operator(user_id="ada", email=ADA.email, added_at=NOON, added_by="admin:op")
    stores.operators.save_operator(olga, replace(entry("operator.added"), tenant_id=None))

    profile = members.read_profile("ada", INVITATION.email)
    assert [each.tenant.id for each in profile.memberships] == [ACME.id, "bolt"]
    assert profile.memberships == members.list_memberships("ada")
    assert [each.invitation for each in profile.received] == [INVITATION, later]
    assert profile.received == members.list_received_invitations(INVITATION.email)
    assert profile.operator == olga

    assert members.read_profile("ada", None).received == []
    nobody = members.read_profile("nobody", "nobody@example.com")
    assert (nobody.memberships, nobody.received, nobody.operator) == ([], [], None)


def test_inviting_again_renews_the_one_invitation(members: Members) -> None:
    members.save_invitation(ACME.id, INVITATION, Outgoing(), entry("member.invited"))
    renewed = replace(INVITATION, role="member", expires_at=NOON + timedelta(days=20))
    members.save_invitation(ACME.id, renewed, Outgoing(), entry("member.invited"))
    assert members.list_invitations(ACME.id) == [renewed]
    assert [each.invitation for each in members.list_received_invitations(INVITATION.email)] == [renewed]


def test_a_removed_invitation_is_gone_from_both_sides(members: Members, stores: Stores) -> None:
    members.save_invitation(ACME.id, INVITATION, Outgoing(), entry("member.invited"))
    members.remove_invitation(ACME.id, INVITATION, entry("invitation.withdrawn"))
    members.remove_invitation(ACME.id, INVITATION, entry("invitation.withdrawn"))
    assert members.list_invitations(ACME.id) == []
    assert members.list_received_invitations(INVITATION.email) == []
    assert "invitation.withdrawn" in actions(stores)


def test_accepting_makes_a_member_and_ends_the_invitation(members: Members, stores: Stores) -> None:
    members.save_invitation(ACME.id, INVITATION, Outgoing(), entry("member.invited"))
    (stored,) = members.list_invitations(ACME.id)
    bob = Member(
        user_id="bob", email=INVITATION.email, name="Bob", role="admin", joined_at=NOON + timedelta(1)
    )
    members.accept_invitation(ACME.id, stored, bob, entry("member.joined"))
    assert members.list_members(ACME.id) == [ADA, bob]
    assert [found.member for found in members.list_memberships("bob")] == [bob]
    assert members.list_invitations(ACME.id) == []
    assert members.list_received_invitations(INVITATION.email) == []
    assert "member.joined" in actions(stores)


@pytest.mark.parametrize("meanwhile", ["withdrawn", "renewed", "accepted"])
def test_an_invitation_that_has_changed_since_it_was_read_cannot_be_accepted(
    members: Members, stores: Stores, meanwhile: str
) -> None:
    members.save_invitation(ACME.id, INVITATION, Outgoing(), entry("member.invited"))
    (stored,) = members.list_invitations(ACME.id)
    bob = Member(user_id="bob", email=INVITATION.email, name=None, role="admin", joined_at=NOON)
    if meanwhile == "withdrawn":
        members.remove_invitation(ACME.id, stored, entry("invitation.withdrawn"))
    elif meanwhile == "renewed":
        members.save_invitation(
            ACME.id, replace(INVITATION, role="member"), Outgoing(), entry("member.invited")
        )
    else:
        members.accept_invitation(ACME.id, stored, bob, entry("member.joined"))
    with pytest.raises(StaleMembers):
        members.accept_invitation(ACME.id, stored, replace(bob, name="late"), entry("late"))
    assert "late" not in [member.name for member in members.list_members(ACME.id)]
    assert "late" not in actions(stores)


@pytest.mark.parametrize(
    "what", ["both leave", "both step down", "each removes the other", "each demotes the other"]
)
@pytest.mark.parametrize("attempt", range(3))
def test_two_owners_who_act_at_once_leave_one_owner(
    members: Members, stores: Stores, what: str, attempt: int
) -> None:
    add_member(
        members,
        ACME.id,
        Member(user_id="bob", email="bob@example.com", name=None, role="owner", joined_at=NOON),
    )
    stores_of = {"ada": members, "bob": stores.other_members}
    barrier = Barrier(2)

    def act(user_id: str) -> None:
        store = stores_of[user_id]
        identity = Identity(
            user_id=user_id, email=f"{user_id}@example.com", email_verified=True, name=None, expires_at=NOON
        )
        access = access_tenant(store, identity, ACME.id)
        other = "bob" if user_id == "ada" else "ada"
        barrier.wait()
        with suppress(Conflict):
            match what:
                case "both leave":
                    remove_member(store, access, user_id, NOON)
                case "both step down":
                    change_role(store, access, RoleAssignment(user_id, "member"), NOON)
                case "each removes the other":
                    remove_member(store, access, other, NOON)
                case _:
                    change_role(store, access, RoleAssignment(other, "member"), NOON)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(act, ["ada", "bob"]))
    assert [member.role for member in members.list_members(ACME.id)].count("owner") == 1


def test_a_member_can_be_added_without_an_invitation(members: Members, stores: Stores) -> None:
    bob = Member(user_id="bob", email="bob@example.com", name="Bob", role="member", joined_at=NOON)
    members.add_member(ACME.id, bob, entry("member.added"))
    assert members.list_members(ACME.id) == [ADA, bob]
    assert [each.tenant for each in members.list_memberships("bob")] == [ACME]
    assert sorted(actions(stores)) == ["member.added", "tenant.created"]


def test_a_member_cannot_be_added_twice(members: Members, stores: Stores) -> None:
    with pytest.raises(StaleMembers):
        members.add_member(ACME.id, replace(ADA, role="member"), entry("member.added"))
    assert members.list_members(ACME.id) == [ADA]
    assert actions(stores) == ["tenant.created"]


def test_the_invitations_that_a_member_gave_end_with_the_membership(members: Members, stores: Stores) -> None:
    (ada,) = members.list_members(ACME.id)
    others = replace(INVITATION, email="cy@example.com")
    for invitation in (INVITATION, others):
        members.save_invitation(ACME.id, invitation, Outgoing(), entry("member.invited"))
    gone = Leaving(member=ada, remaining=None, invitations=[INVITATION])
    members.remove_member(ACME.id, gone, [entry("member.removed"), entry("invitation.withdrawn")])
    assert members.list_invitations(ACME.id) == [others]
    assert members.list_received_invitations(INVITATION.email) == []
    assert {"member.removed", "invitation.withdrawn"} < set(actions(stores))


def test_an_invitation_whose_mail_exists_already_is_stale(members: Members, stores: Stores) -> None:
    members.save_invitation(ACME.id, INVITATION, outgoing(MAIL), entry("member.invited"))
    with pytest.raises(StaleMembers):
        members.save_invitation(ACME.id, replace(INVITATION, role="member"), outgoing(MAIL), entry("late"))
    assert members.list_invitations(ACME.id) == [INVITATION]
    assert "late" not in actions(stores)
