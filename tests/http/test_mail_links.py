"""The links of mails: who holds one confirms or stops, whoever guesses one does nothing."""

import pytest

from shared.domain.notices.mails import Mail
from shared.domain.notices.outbox import OutboxEntry
from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.http.people import ADA, BOB, MEMBERS, invite
from tests.http.serving import Clock, Functions, Json, refused, succeeded
from tests.outgoing_fixtures import entries_of

RECIPIENTS = "/tenants/acme/alert-recipients"
OPS = "ops@example.com"


@pytest.fixture
def ada(functions: Functions, key: str) -> str:
    """The token of an owner of acme."""
    return functions.sign_in(ADA)


def mailed(to: str) -> OutboxEntry:
    """Return the only mail to an address."""
    (entry,) = [
        each
        for each in entries_of(process_memory())
        if isinstance(each.content, Mail) and each.content.to == to
    ]
    return entry


def post(functions: Functions, entry: OutboxEntry, action: str, body: Json) -> Json:
    return succeeded(functions.usage_api.post(f"/api/v1/mail/{entry.id}/{action}", json=body))


def test_a_recipient_confirms_and_stops_and_starts_again(functions: Functions, ada: str) -> None:
    succeeded(functions.send("PUT", ada, RECIPIENTS, {"emails": [OPS]}))
    entry = mailed(OPS)
    assert post(functions, entry, "confirm", {"token": entry.token}) == {"email": OPS, "tenant_name": "Acme"}
    assert functions.read(ada, RECIPIENTS)["recipients"] == [{"email": OPS, "status": "confirmed"}]
    for stopped in (True, False):
        answer = post(functions, entry, "stop", {"token": entry.token, "stopped": stopped})
        assert answer == {"email": OPS, "stopped": stopped, "scope": "tenant", "tenant_name": "Acme"}
        scopes = process_memory().find_addresses([OPS])[OPS].stopped
        assert scopes == (frozenset({"acme"}) if stopped else frozenset())
    confirmed = [each for each in trail_of(process_memory()) if each.action == "alert_recipient.confirmed"]
    assert [(each.actor, each.after) for each in confirmed] == [(f"recipient:{OPS}", OPS)]


def test_a_mail_program_stops_invitations_from_every_tenant_with_one_post(
    functions: Functions, ada: str
) -> None:
    invite(functions, ada)
    entry = mailed(BOB)
    answer = functions.usage_api.post(
        f"/api/v1/mail/{entry.id}/unsubscribe?token={entry.token}",
        data={"List-Unsubscribe": "One-Click"},
    )
    assert (answer.status_code, answer.data) == (204, b"")
    assert process_memory().find_addresses([BOB])[BOB].stopped == {"invitations"}
    functions.create_tenant("bolt")
    cy = functions.sign_in("cy@example.com", "owner", "bolt")
    succeeded(functions.send("PUT", cy, "/tenants/bolt/members", {"email": BOB, "role": "member"}))
    functions.tick()
    states = [
        (each.state, each.last_answer)
        for each in entries_of(process_memory())
        if isinstance(each.content, Mail) and each.content.to == BOB
    ]
    assert states == [("failed", "the recipient stopped these mails")] * 2


def test_a_wrong_or_foreign_link_does_nothing(functions: Functions, ada: str) -> None:
    succeeded(functions.send("PUT", ada, RECIPIENTS, {"emails": [OPS]}))
    invite(functions, ada)
    asked, invited = mailed(OPS), mailed(BOB)
    for entry_id, token in (
        (asked.id, "guess"),
        (asked.id, invited.token),
        (invited.id, asked.token),
        ("f" * 40, asked.token),
        ("..%2Foutbox", asked.token),
        (asked.id, "ü"),
    ):
        for action, more in (("confirm", {}), ("stop", {"stopped": True})):
            refused(
                functions.usage_api.post(f"/api/v1/mail/{entry_id}/{action}", json={"token": token, **more}),
                404,
            )
    # An invitation cannot be confirmed as a recipient.
    refused(
        functions.usage_api.post(f"/api/v1/mail/{invited.id}/confirm", json={"token": invited.token}), 404
    )
    assert functions.read(ada, RECIPIENTS)["recipients"] == [{"email": OPS, "status": "pending"}]
    assert process_memory().find_addresses([OPS, BOB])[BOB].stopped == frozenset()


def test_a_recipient_who_was_removed_cannot_confirm_any_more(functions: Functions, ada: str) -> None:
    succeeded(functions.send("PUT", ada, RECIPIENTS, {"emails": [OPS]}))
    entry = mailed(OPS)
    succeeded(functions.send("PUT", ada, RECIPIENTS, {"emails": []}))
    refused(functions.usage_api.post(f"/api/v1/mail/{entry.id}/confirm", json={"token": entry.token}), 404)


def test_a_pending_recipient_is_asked_once_a_day(functions: Functions, ada: str, clock: Clock) -> None:
    for emails in ([OPS], [], [OPS]):
        succeeded(functions.send("PUT", ada, RECIPIENTS, {"emails": emails}))
    assert mailed(OPS).attempts == 0


def test_a_member_needs_no_confirmation(functions: Functions, ada: str) -> None:
    functions.sign_in(BOB, "member")
    kept = succeeded(functions.send("PUT", ada, RECIPIENTS, {"emails": [BOB]}))
    assert kept["recipients"] == [{"email": BOB, "status": "confirmed"}]
    assert entries_of(process_memory()) == []
    assert [each["email"] for each in functions.read(ada, MEMBERS)["members"]] == [ADA, BOB]


@pytest.mark.parametrize(
    "body", [{}, {"token": ""}, {"token": 5}, {"token": "x" * 101}, {"token": "x", "a": 1}]
)
def test_a_malformed_body_is_refused(functions: Functions, body: Json) -> None:
    refused(functions.usage_api.post(f"/api/v1/mail/{'f' * 40}/confirm", json=body), 422)
