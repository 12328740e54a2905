"""Owns what a paying customer does and sees: its tenant, Stripe's pages as a browser posts them, its billing."""

import json
import re
from datetime import datetime
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from shared.domain.people.keys import ALL_SCOPES
from tests.e2e.running import RunningStack


class Page(NamedTuple):
    """A page, or where it leads to."""

    status: int
    text: str
    location: str | None


def visit(url: str, **fields: str) -> Page:
    """Open a page, or press one of its buttons; redirections are not followed."""
    parts = urlsplit(url)
    # Not urllib: it would send loopback requests through a proxy that the environment names.
    connection = HTTPConnection(parts.netloc, timeout=30)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request("POST" if fields else "GET", parts.path, urlencode(fields), headers)
        response = connection.getresponse()
        return Page(response.status, response.read().decode(), response.headers["Location"])
    finally:
        connection.close()


def new_subscriber(stack: RunningStack, tenant_id: str) -> "Subscriber":
    """A tenant on the free plan with a key for everything, made with the admin tool."""
    created = stack.admin("tenant", "create", "--id", tenant_id, "--name", tenant_id.title())
    assert created.returncode == 0, created.stderr
    scopes = [part for scope in ALL_SCOPES for part in ("--scope", scope)]
    done = stack.admin("key", "create", "--tenant", tenant_id, *scopes)
    assert done.returncode == 0, done.stderr
    return Subscriber(stack.acting_for(tenant_id, json.loads(done.stdout)["api_key"]))


class Subscriber:
    """A tenant whose owner pays, or does not: the one that its stack acts for."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack = stack
        self.id = stack.entries["tenant_id"]

    def checkout(self, plan: str = "starter", interval: str = "month") -> str:
        """The page on which to pay for a plan."""
        return self._url("checkout-sessions", {"plan": plan, "interval": interval})

    def subscribe(self, plan: str = "starter", interval: str = "month") -> None:
        """Pay for a plan with a card that works."""
        paid = visit(self.checkout(plan, interval), action="pay")
        assert paid.status == 303, paid.text

    def portal(self, action: str, **fields: str) -> None:
        """Press a button of the portal; a form's own hidden fields are found on the page."""
        self.press(self._url("portal-sessions", {}), action, **fields)

    def press(self, url: str, action: str, **fields: str) -> None:
        """Press a button of a page of the portal."""
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', visit(url).text))
        done = visit(url, **{**hidden, **fields, "action": action})
        assert done.status == 303, done.text

    def _url(self, what: str, content: object) -> str:
        answer = self.stack.post("usage_api", f"/api/v1/tenants/{self.id}/{what}", content)
        assert answer.status == 200, answer
        return str(answer.content["url"])

    @property
    def billing(self) -> dict[str, Any]:
        """Return the billing part of the usage page."""
        billing: dict[str, Any] = self.stack.tenant("usage")["billing"]
        return billing

    def stands(self, status: str, plan: str) -> bool:
        """Whether the subscription and the plan are these."""
        billing = self.billing
        return (billing["status"], billing["plan"]) == (status, plan)

    def instant(self, name: str) -> datetime:
        """An instant of what the usage page tells of billing."""
        return datetime.fromisoformat(self.billing[name])

    def may_use(self, tokens: int) -> bool:
        """Whether a run that needs `tokens` may begin now."""
        answer = self.stack.post("record_usage", "/v1/check", {"tokens": tokens})
        return bool(answer.content["allowed"])

    def invoices(self) -> list[tuple[str, int]]:
        """Status and total in cents of each invoice, newest first."""
        return [(each["status"], each["total"]) for each in self.stack.tenant("invoices")["invoices"]]
