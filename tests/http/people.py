"""Helpers for tests of people: the members of acme, its audit entries, and the queued mails."""

from shared.domain.notices.mails import Mail
from shared.domain.people.members import Role
from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.http.serving import Functions, Json, succeeded
from tests.outgoing_fixtures import mails_of

ADA, BOB, CY = "ada@example.com", "bob@example.com", "cy@example.com"
MEMBERS = "/tenants/acme/members"


def trail(tenant_id: str = "acme") -> list[tuple[str, str, str | None, str | None, str]]:
    """Return the audit entries, without those of the fixtures."""
    entries = trail_of(process_memory(), tenant_id)
    return [
        (each.actor, each.action, each.before, each.after, each.reason)
        for each in entries
        if each.actor != "test"
    ]


def mails() -> list[Mail]:
    """Return the queued mails."""
    return mails_of(process_memory())


def roles(functions: Functions, token: str) -> dict[str, str]:
    """Return the role of each member of acme by email address."""
    return {each["email"]: each["role"] for each in functions.read(token, MEMBERS)["members"]}


def invite(functions: Functions, token: str, email: str = BOB, role: Role = "member") -> Json:
    """Invite a person to acme."""
    return succeeded(functions.send("PUT", token, MEMBERS, {"email": email, "role": role}))
