"""Routes of invitations, from the mail to the membership."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.domain.notices.entries import MAX_MAILS_PER_ADDRESS, MAX_MAILS_PER_PERSON
from shared.domain.notices.mails import Button
from shared.domain.people.audit import Change
from shared.domain.people.members import INVITATION_LASTS, MAX_INVITATIONS, email_id
from shared.domain.people.tenants import Tenant
from shared.stores import process_memory
from shared.usecases.people.manage_keys import KeyRequest, new_key
from tests.http.people import ADA, BOB, CY, MEMBERS, invite, mails, roles, trail
from tests.http.serving import Clock, Functions, Json, refused, succeeded


@pytest.fixture
def ada(functions: Functions, key: str) -> str:
    """The token of Ada, owner of acme."""
    return functions.sign_in(ADA, name="Ada")


def test_from_invitation_to_membership(functions: Functions, clock: Clock, ada: str) -> None:
    invited = invite(functions, ada, " Bob@Example.com ", "admin")
    assert invited == {
        "id": email_id(BOB),
        "email": BOB,
        "role": "admin",
        "invited_by": ADA,
        "invited_at": "2026-11-20T12:00:00Z",
        "expires_at": "2026-12-04T12:00:00Z",
        "version": invited["version"],
        "link": "http://localhost:5173/join/acme",
        "mailed": True,
    }
    del invited["mailed"]
    assert functions.read(ada, MEMBERS)["invites"] == [invited]
    (mail,) = mails()
    assert (mail.to, mail.subject) == (BOB, "You are invited to a team on GWI Usage")
    assert mail.paragraphs == (
        f"{ADA} invited you to join “Acme” on GWI Usage as admin.",
        f"Sign in as {BOB} to accept. The invitation ends on 4 December 2026.",
    )
    assert mail.button == Button("Join the team", "http://localhost:5173/join/acme")
    clock.pass_by(timedelta(hours=1))
    bob = functions.sign_in(BOB, None, name="<i>Bob</i>")
    assert functions.read(bob, "/me")["invitations"] == [
        {
            "tenant_id": "acme",
            "tenant_name": "Acme",
            "role": "admin",
            "invited_by": ADA,
            "expires_at": "2026-12-04T12:00:00Z",
        }
    ]
    refused(functions.get(bob, "/tenants/acme/usage"), 403, "foreign_tenant")
    joined = succeeded(functions.send("POST", bob, "/invitations/acme/accept"))
    assert joined == {
        "id": "acme",
        "name": "Acme",
        "plan": "starter",
        "role": "admin",
        "time_zone": "UTC",
        "time_zone_version": joined["time_zone_version"],
        "suspended": False,
    }
    me = functions.read(bob, "/me")
    assert (me["tenants"], me["invitations"]) == ([joined], [])
    listed = functions.read(bob, MEMBERS)
    assert listed["invites"] == []
    assert listed["members"][1] == {
        "id": "uid-bob",
        "email": BOB,
        "name": "<i>Bob</i>",
        "role": "admin",
        "joined_at": "2026-11-20T13:00:00Z",
        "version": listed["members"][1]["version"],
        "api_keys": [],
    }
    assert trail() == [
        (f"member:{ADA}", "member.invited", None, "admin", BOB),
        (f"member:{BOB}", "member.joined", None, "admin", BOB),
    ]


def test_accepting_again_after_a_lost_response_changes_nothing(functions: Functions, ada: str) -> None:
    invite(functions, ada)
    bob = functions.sign_in(BOB, None)
    first = succeeded(functions.send("POST", bob, "/invitations/acme/accept"))
    assert succeeded(functions.send("POST", bob, "/invitations/acme/accept")) == first
    assert [entry[1] for entry in trail()] == ["member.invited", "member.joined"]


def test_an_invitation_is_only_for_its_address(functions: Functions, ada: str) -> None:
    invite(functions, ada)
    for stranger in (functions.sign_in(CY, None), functions.sign_in("bob@example.org", None)):
        assert functions.read(stranger, "/me")["invitations"] == []
        refused(functions.send("POST", stranger, "/invitations/acme/accept"), 404, "not_found")
        refused(functions.send("DELETE", stranger, "/invitations/acme"), 404, "not_found")
        refused(functions.send("POST", stranger, "/invitations/missing/accept"), 404, "not_found")
    assert roles(functions, ada) == {ADA: "owner"}


def test_an_unverified_address_accepts_nothing_and_sees_nothing(functions: Functions, ada: str) -> None:
    invite(functions, ada)
    bob = functions.sign_in(BOB, None, verified=False)
    assert functions.read(bob, "/me")["invitations"] == []
    refused(functions.send("POST", bob, "/invitations/acme/accept"), 403, "email_not_verified")
    refused(functions.send("DELETE", bob, "/invitations/acme"), 403, "email_not_verified")


def test_an_invitation_expires_on_the_instant_and_can_be_renewed(
    functions: Functions, clock: Clock, ada: str
) -> None:
    invite(functions, ada, role="member")
    clock.pass_by(INVITATION_LASTS)
    bob = functions.sign_in(BOB, None)
    assert functions.read(bob, "/me")["invitations"] == []
    refused(functions.send("POST", bob, "/invitations/acme/accept"), 409, "invitation_expired")
    ada = functions.sign_in(ADA)
    invite(functions, ada, role="admin")
    assert len(functions.read(ada, MEMBERS)["invites"]) == 1
    assert succeeded(functions.send("POST", bob, "/invitations/acme/accept"))["role"] == "admin"
    assert [entry[1:4] for entry in trail()][:2] == [
        ("member.invited", None, "member"),
        ("member.invited", "member", "admin"),
    ]


def test_an_invitation_is_declined(functions: Functions, ada: str) -> None:
    invite(functions, ada)
    bob = functions.sign_in(BOB, None)
    answer = functions.send("DELETE", bob, "/invitations/acme")
    assert (answer.status_code, answer.data) == (204, b"")
    refused(functions.send("POST", bob, "/invitations/acme/accept"), 404)
    assert functions.read(ada, MEMBERS)["invites"] == []
    assert trail()[-1] == (f"member:{BOB}", "invitation.declined", "member", None, BOB)


def test_an_invitation_is_withdrawn(functions: Functions, ada: str) -> None:
    invited = invite(functions, ada)
    path = f"/tenants/acme/invites/{invited['id']}"
    assert functions.send("DELETE", ada, path).status_code == 204
    refused(functions.send("DELETE", ada, path), 404, "not_found")
    refused(functions.send("POST", functions.sign_in(BOB, None), "/invitations/acme/accept"), 404)
    assert trail()[-1] == (f"member:{ADA}", "invitation.withdrawn", "member", None, BOB)


def test_a_member_cannot_be_invited(functions: Functions, ada: str) -> None:
    functions.sign_in(BOB, "member")
    body = {"email": "BOB@example.com", "role": "admin"}
    refused(functions.send("PUT", ada, MEMBERS, body), 409, "already_member")
    assert mails() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "nonsense", "role": "member"}, "email"),
        ({"email": "a@example.com\nBcc: b@example.com", "role": "member"}, "email"),
        ({"email": BOB, "role": "god"}, "role"),
        ({"email": BOB}, "role"),
        ({"email": BOB, "role": "member", "tenant": "globex"}, "tenant"),
    ],
)
def test_an_invalid_invitation_is_refused(functions: Functions, ada: str, body: Json, field: str) -> None:
    document = refused(functions.send("PUT", ada, MEMBERS, body), 422)
    assert [each["field"] for each in document["errors"]] == [field]
    assert mails() == []


def test_an_older_name_with_html_links_and_bidirectional_marks_is_short_quoted_text_in_a_mail(
    functions: Functions,
) -> None:
    name = "<a href=//evil.example>\r\n\u202eAcme www.evil.example " + "win " * 20
    tenant = Tenant(id="older", name=name, plan="free", created_at=functions.clock.now)
    change = Change("test", functions.clock.now)
    key = new_key("older", KeyRequest(label="", scopes=(), is_live=False), change).key
    process_memory().create_tenant(tenant, key, change.entry("older", "tenant.created", None, "free"))
    token = functions.sign_in(ADA, tenant_id="older")
    body = {"email": BOB, "role": "member"}
    succeeded(functions.send("PUT", token, "/tenants/older/members", body))
    (mail,) = mails()
    assert mail.subject == "You are invited to a team on GWI Usage"
    assert "join “a href= evil example Acme www evil exam…” on GWI Usage" in mail.paragraphs[0]


def test_an_address_is_mailed_once_a_day_by_a_tenant_also_after_a_withdrawal(
    functions: Functions, clock: Clock, ada: str
) -> None:
    first = invite(functions, ada)
    assert first["mailed"]
    assert functions.send("DELETE", ada, f"/tenants/acme/invites/{first['id']}").status_code == 204
    assert not invite(functions, ada, role="admin")["mailed"]
    assert [mail.to for mail in mails()] == [BOB]
    clock.pass_by(timedelta(days=1))
    assert invite(functions, functions.sign_in(ADA))["mailed"]
    assert len(mails()) == 2


def test_a_person_sends_so_many_invitations_a_day_whatever_the_tenant(
    functions: Functions, clock: Clock, ada: str
) -> None:
    for number in range(MAX_MAILS_PER_PERSON):
        invite(functions, ada, f"guest{number}@example.com")
    made = succeeded(functions.send("POST", ada, "/tenants", {"name": "Another"}), 201)
    one_more = {"email": "one-more@example.com", "role": "member"}
    for tenant in ("acme", made["id"]):
        refused(functions.send("PUT", ada, f"/tenants/{tenant}/members", one_more), 409, "too_many_mails")
    assert len(mails()) == MAX_MAILS_PER_PERSON
    clock.pass_by(timedelta(days=1))
    assert invite(functions, functions.sign_in(ADA), "one-more@example.com")["mailed"]


def test_an_address_gets_so_many_unsolicited_mails_a_day_whoever_sends_them(functions: Functions) -> None:
    for number in range(MAX_MAILS_PER_ADDRESS + 1):
        functions.create_tenant(f"t{number}")
        owner = functions.sign_in(f"owner{number}@example.com", "owner", f"t{number}")
        sent = functions.send("PUT", owner, f"/tenants/t{number}/members", {"email": BOB, "role": "member"})
        if number < MAX_MAILS_PER_ADDRESS:
            succeeded(sent)
    refused(sent, 409, "too_many_mails")
    assert len(mails()) == MAX_MAILS_PER_ADDRESS


def test_forty_invitations_at_once_are_bounded_like_forty_in_a_row(functions: Functions, ada: str) -> None:
    instances = [functions.another() for _ in range(4)]

    def send(number: int) -> int:
        body = {"email": f"guest{number}@example.com", "role": "member"}
        return instances[number % 4].send("PUT", ada, MEMBERS, body).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(send, range(MAX_MAILS_PER_PERSON + 5)))
    assert len(mails()) == MAX_MAILS_PER_PERSON
    assert statuses.count(200) == MAX_MAILS_PER_PERSON


def test_invitations_end_when_the_person_who_gave_them_leaves(functions: Functions, ada: str) -> None:
    cy = functions.sign_in(CY, "admin")
    invite(functions, cy)
    invite(functions, ada, "eve@example.com")
    succeeded(functions.send("DELETE", cy, f"{MEMBERS}/uid-cy"))
    assert [each["email"] for each in functions.read(ada, MEMBERS)["invites"]] == ["eve@example.com"]
    refused(functions.send("POST", functions.sign_in(BOB, None), "/invitations/acme/accept"), 404)
    assert [entry[1] for entry in trail()][-2:] == ["member.removed", "invitation.withdrawn"]


def test_a_tenant_has_at_most_fifty_open_invitations(functions: Functions, clock: Clock, ada: str) -> None:
    for number in range(MAX_INVITATIONS):
        if number and number % MAX_MAILS_PER_PERSON == 0:
            clock.pass_by(timedelta(days=1))
        invite(functions, functions.sign_in(ADA), f"guest{number}@example.com")
    ada = functions.sign_in(ADA)
    one_more = {"email": "one-more@example.com", "role": "member"}
    refused(functions.send("PUT", ada, MEMBERS, one_more), 409, "too_many_invitations")
    assert invite(functions, ada, "guest0@example.com")["email"] == "guest0@example.com"  # only renewed
