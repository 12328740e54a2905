"""The admin tool suspends a tenant and resumes it."""

import pytest

from shared.domain.errors import Forbidden
from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.tools.admin_calls import CREATE, Capture, access, failed, memory, run

__all__ = ["memory"]
pytestmark = pytest.mark.usefixtures("memory")


def test_a_suspended_tenant_is_refused_until_it_is_resumed_and_the_reason_is_kept(capsys: Capture) -> None:
    secret = run(capsys, *CREATE)["api_key"]
    suspended = run(capsys, "tenant", "suspend", "--id", "acme", "--reason", "invoice 7 is unpaid")["tenant"]
    with pytest.raises(Forbidden, match="suspended") as refusal:
        access(secret)
    assert refusal.value.code == "tenant_suspended"
    (listed,) = run(capsys, "tenant", "list")["tenants"]
    assert listed["suspended_at"] == suspended["suspended_at"] is not None
    again = run(capsys, "tenant", "suspend", "--id", "acme", "--reason", "still")["tenant"]
    assert again["suspended_at"] == suspended["suspended_at"]
    resumed = run(capsys, "tenant", "resume", "--id", "acme", "--reason", "it is paid")["tenant"]
    assert resumed["suspended_at"] is None
    assert access(secret).tenant_id == "acme"
    assert [(each.action, each.reason) for each in trail_of(process_memory())][1:] == [
        ("tenant.suspended", "invoice 7 is unpaid"),
        ("tenant.resumed", "it is paid"),
    ]


@pytest.mark.parametrize("action", ["suspend", "resume"])
def test_a_tenant_that_does_not_exist_is_named(action: str, capsys: Capture) -> None:
    assert "tenant 'nobody' does not exist" in failed(capsys, "tenant", action, "--id", "nobody")
