"""The admin tool's commands about notices: what needs the operator, and webhook endpoints."""

import pytest

from shared.domain.notices.entries import Outgoing, operator_entry
from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.outgoing_fixtures import MAIL, outgoing
from tests.sample_events import NOON
from tests.tools.admin_calls import CREATE, Capture, failed, memory, run

__all__ = ["memory"]
URL = "https://hooks.example.com/usage"
OF_ACME = ("--tenant", "acme")


@pytest.fixture(autouse=True)
def _acme(memory: None, capsys: Capture) -> None:
    """A tenant."""
    run(capsys, *CREATE)


def test_problems_and_mails_that_were_given_up_are_listed(capsys: Capture) -> None:
    store = process_memory()
    assert run(capsys, "alerts") == {"alerts": []}
    store.add_entries(Outgoing(entries=[operator_entry("billing alert", "There are two.", ["x"], NOON)]))
    store.add_entries(outgoing(MAIL))
    claimed = store.claim_entry(outgoing(MAIL).entries[0].id, NOON)
    assert claimed
    store.settle_entry(claimed.failed("550 no such user"))
    problem, mail = run(capsys, "alerts")["alerts"]
    assert (problem["what"], problem["tenant"]) == ("billing alert: There are two.", None)
    assert (mail["what"], mail["state"]) == (f"mail to {MAIL.to}: 550 no such user", "failed")
    assert len(run(capsys, "alerts", "--limit", "1")["alerts"]) == 2  # of each kind


def test_an_endpoint_is_added_listed_and_removed(capsys: Capture) -> None:
    made = run(capsys, "endpoint", "add", *OF_ACME, "--url", URL, "--format", "slack")
    assert made["secret"].startswith("whsec_")
    assert made["endpoint"] | {"id": "ep"} == {
        "id": "ep",
        "url": URL,
        "format": "slack",
        "status": "enabled",
    }
    assert run(capsys, "endpoint", "list", *OF_ACME) == {"endpoints": [made["endpoint"]]}
    run(capsys, "endpoint", "remove", *OF_ACME, "--endpoint", made["endpoint"]["id"])
    assert run(capsys, "endpoint", "list", *OF_ACME) == {"endpoints": []}
    audited = [each for each in trail_of(process_memory(), "acme") if each.action.startswith("endpoint.")]
    assert [each.action for each in audited] == ["endpoint.added", "endpoint.removed"]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("add", *OF_ACME, "--url", "https://10.0.0.1/"), "not a public address"),
        (("add", "--tenant", "globex", "--url", URL), "tenant 'globex' does not exist"),
        (("remove", *OF_ACME, "--endpoint", "ep_none"), "has no webhook endpoint 'ep_none'"),
    ],
)
def test_a_bad_endpoint_is_named(command: tuple[str, ...], message: str, capsys: Capture) -> None:
    assert message in failed(capsys, "endpoint", *command)
