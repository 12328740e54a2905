"""Owns what tests of people ask again and again: who belongs to acme, what was done to it, what was mailed."""

from typing import Any

from shared.bootstrap import process_memory
from shared.domain.people.members import Role
from tests.audit_trail import trail_of
from tests.http.serving import Functions, Json, succeeded

ADA, BOB, CY = "ada@example.com", "bob@example.com", "cy@example.com"
MEMBERS = "/tenants/acme/members"


def trail(tenant_id: str = "acme") -> list[tuple[str, str, str | None, str | None, str]]:
    """Who did what, without how the tenant and its first members came to be."""
    entries = trail_of(process_memory(), tenant_id)
    return [
        (each.actor, each.action, each.before, each.after, each.reason)
        for each in entries
        if each.actor != "test"
    ]


def mails() -> list[Any]:
    """What was queued, without what only made a member for a test."""
    return [mail for mail in process_memory().mails if mail.subject]


def roles(functions: Functions, token: str) -> dict[str, str]:
    """The members of acme."""
    return {each["email"]: each["role"] for each in functions.read(token, MEMBERS)["members"]}


def invite(functions: Functions, token: str, email: str = BOB, role: Role = "member") -> Json:
    """Somebody is invited to acme."""
    return succeeded(functions.send("PUT", token, MEMBERS, {"email": email, "role": role}))
