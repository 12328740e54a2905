"""Alerts: raised by the tick, listed by the API, mailed to the recipients."""

import pytest

from shared.domain.errors import Unavailable
from shared.domain.notices.mails import Button, Mail
from shared.domain.versions import version_of
from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.http.serving import Functions, Json, refused, succeeded
from tests.outgoing_fixtures import mails_of

RECIPIENTS = "/tenants/acme/alert-recipients"
LIMIT = 500_000  # tokens of plan starter


@pytest.fixture
def ada(functions: Functions, key: str) -> str:
    """The token of an owner of tenant acme, on plan starter."""
    return functions.sign_in("ada@example.com", "owner")


def use(functions: Functions, key: str, tokens: int) -> None:
    call = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
    functions.record(key, {**call, "tokens": {"total_tokens": tokens}})


def alerts(functions: Functions, caller: str, query: str = "") -> Json:
    return functions.read(caller, f"/tenants/acme/alerts{query}")


def mails() -> list[Mail]:
    """The mails about usage."""
    return [mail for mail in mails_of(process_memory()) if mail.kind == "limit"]


def test_the_tick_raises_an_alert_that_every_member_can_see(functions: Functions, key: str, ada: str) -> None:
    use(functions, key, LIMIT * 82 // 100)
    assert alerts(functions, key) == {"alerts": [], "next_cursor": None}
    assert functions.tick().status_code == 200
    expected = {
        "id": "20261101T00Z.tokens.80",
        "period_start": "2026-11-01T00:00:00Z",
        "metric": "tokens",
        "threshold_percent": 80,
        "used": LIMIT * 82 // 100,
        "limit": LIMIT,
        "reached_at": "2026-11-20T12:00:00Z",
        "used_usd": None,
        "limit_usd": None,
        "cost_is_complete": None,
        "budget": None,
        "run_id": None,
    }
    member = functions.sign_in("carl@example.com", "member")
    at_half = {**expected, "id": "20261101T00Z.tokens.50", "threshold_percent": 50}
    for caller in (key, ada, member):
        assert alerts(functions, caller) == {"alerts": [expected, at_half], "next_cursor": None}
    (mail,) = mails()
    assert (mail.to, mail.button) == (
        "ada@example.com",
        Button("See usage", "http://localhost:5173/t/acme"),
    )


def test_alerts_come_in_pages(functions: Functions, key: str) -> None:
    use(functions, key, LIMIT)
    functions.tick()
    first = alerts(functions, key, "?limit=2")
    second = alerts(functions, key, f"?limit=2&cursor={first['next_cursor']}")
    assert {each["threshold_percent"] for each in (*first["alerts"], *second["alerts"])} == {50, 80, 90, 100}
    assert second["next_cursor"] is None
    refused(functions.get(key, "/tenants/acme/alerts?cursor=x"), 400, "invalid_cursor")
    refused(functions.get(key, "/tenants/acme/alerts?limit=0"), 422)


def test_thresholds_are_those_of_the_environment(
    functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GWI_SOFT_LIMIT_PERCENT", "40")
    another = functions.another()
    use(functions, key, LIMIT * 40 // 100)
    another.tick()
    assert [each["id"] for each in alerts(functions, key)["alerts"]] == ["20261101T00Z.tokens.40"]


def test_tenants_folded_by_other_instances_get_alerts_too(functions: Functions) -> None:
    keys = {f"tenant-{number}": functions.create_tenant(f"tenant-{number}") for number in range(7)}
    for key in keys.values():
        use(functions, key, LIMIT)
    functions.tick()
    entries = [functions.read(key, f"/tenants/{name}/alerts")["alerts"] for name, key in keys.items()]
    assert [len(each) for each in entries] == [4] * 7


def test_if_an_alert_cannot_be_stored_pubsub_sends_the_tick_again(
    functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> bool:
        raise Unavailable("the store is away")

    use(functions, key, LIMIT)
    functions.aggregate.application.config["PROPAGATE_EXCEPTIONS"] = False
    with monkeypatch.context() as patch:
        patch.setattr(process_memory(), "save_alerts", away)
        assert functions.tick(["acme"]).status_code == 500
    assert functions.tick(["acme"]).status_code == 200
    assert len(alerts(functions, key)["alerts"]) == 4


def test_recipients_are_stored_normalised_and_without_duplicates(functions: Functions, ada: str) -> None:
    nobody: Json = {"emails": [], "recipients": [], "version": version_of()}
    assert functions.read(ada, RECIPIENTS) == nobody
    body = {"emails": [" Ops@Example.com", "ada@example.com", "ops@example.com "]}
    kept = {
        "emails": ["ops@example.com", "ada@example.com"],
        "recipients": [
            {"email": "ops@example.com", "status": "pending"},
            {"email": "ada@example.com", "status": "confirmed"},
        ],
        "version": version_of("ops@example.com", "ada@example.com"),
    }
    assert succeeded(functions.send("PUT", ada, RECIPIENTS, body)) == kept
    assert functions.read(ada, RECIPIENTS) == kept
    assert succeeded(functions.send("PUT", ada, RECIPIENTS, {"emails": []})) == nobody


def test_recipients_who_confirmed_get_mail_instead_of_the_owners(
    functions: Functions, key: str, ada: str
) -> None:
    succeeded(functions.send("PUT", ada, RECIPIENTS, {"emails": ["ops@example.com", "cfo@example.com"]}))
    confirm("ops@example.com", functions)
    use(functions, key, LIMIT)
    functions.tick()
    assert [mail.to for mail in mails()] == ["ops@example.com"]


def confirm(email: str, functions: Functions) -> None:
    """Press the button of the page that the confirmation's link opens."""
    (asked,) = [
        mail for mail in mails_of(process_memory()) if (mail.kind, mail.to) == ("recipient.confirm", email)
    ]
    assert asked.button
    page, _, token = asked.button.url.partition("#")
    entry = page.split("/")[-2]
    answer = functions.usage_api.post(f"/api/v1/mail/{entry}/confirm", json={"token": token})
    assert succeeded(answer) == {"email": email, "tenant_name": "Acme"}


def test_a_change_of_recipients_is_audited_once_and_no_change_never(functions: Functions, ada: str) -> None:
    for _ in range(2):
        succeeded(functions.send("PUT", ada, RECIPIENTS, {"emails": ["a@example.com", "b@example.com"]}))
    entries = [each for each in trail_of(process_memory()) if each.action == "alert_recipients.changed"]
    assert [(each.actor, each.before, each.after) for each in entries] == [
        ("member:ada@example.com", "", "a@example.com, b@example.com")
    ]


@pytest.mark.parametrize(
    ("emails", "field"),
    [
        (["ada@example.com", "nobody"], "emails.1"),
        (["a b@example.com"], "emails.0"),
        (["ada@example.com\nBcc: eve@example.com"], "emails.0"),
        ([f"a{number}@example.com" for number in range(11)], "emails"),
        ("ada@example.com", "emails"),
        ([5], "emails.0"),
    ],
    ids=str,
)
def test_only_a_list_of_up_to_ten_addresses_is_accepted(
    functions: Functions, ada: str, emails: object, field: str
) -> None:
    document = refused(functions.send("PUT", ada, RECIPIENTS, {"emails": emails}), 422)
    assert [each["field"] for each in document["errors"]] == [field]
    assert functions.read(ada, RECIPIENTS)["emails"] == []


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PUT", {"emails": []})])
def test_recipients_are_for_owners_and_admins(
    functions: Functions, ada: str, key: str, method: str, body: object
) -> None:
    admin = functions.sign_in("bob@example.com", "admin")
    succeeded(functions.send(method, admin, RECIPIENTS, body))
    member = functions.sign_in("carl@example.com", "member")
    refused(functions.send(method, member, RECIPIENTS, body), 403, "missing_role")
    stranger = functions.sign_in("eve@example.com", None)
    refused(functions.send(method, stranger, RECIPIENTS, body), 403, "foreign_tenant")
    refused(functions.send(method, key, RECIPIENTS, body), 403, "missing_scope")
