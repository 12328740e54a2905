"""The tenant's time zone: shown to its members, changed by owners and admins, audited."""

import pytest

from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.http.serving import Functions, refused, succeeded

PATH = "/tenants/acme/time-zone"
BERLIN = {"time_zone": "Europe/Berlin"}


@pytest.fixture
def ada(functions: Functions, key: str) -> str:
    """The token of an owner of tenant acme."""
    return functions.sign_in("ada@example.com", "owner")


def shown(functions: Functions, token: str) -> tuple[str, str]:
    """The time zone that the usage page and the list of tenants show."""
    (tenant,) = functions.read(token, "/me")["tenants"]
    return functions.read(token, "/tenants/acme/usage")["tenant"]["time_zone"], tenant["time_zone"]


def test_the_time_zone_is_utc_until_it_is_set_and_then_shown(functions: Functions, ada: str) -> None:
    assert shown(functions, ada) == ("UTC", "UTC")
    assert succeeded(functions.send("PUT", ada, PATH, BERLIN))["time_zone"] == "Europe/Berlin"
    assert shown(functions, ada) == ("Europe/Berlin", "Europe/Berlin")


def test_a_change_is_audited_once_and_no_change_never(functions: Functions, ada: str) -> None:
    for _ in range(2):
        succeeded(functions.send("PUT", ada, PATH, BERLIN))
    entries = [each for each in trail_of(process_memory()) if each.action == "time_zone.changed"]
    assert [(each.actor, each.before, each.after) for each in entries] == [
        ("member:ada@example.com", "UTC", "Europe/Berlin")
    ]


def test_it_is_for_owners_and_admins(functions: Functions, ada: str, key: str) -> None:
    succeeded(functions.send("PUT", functions.sign_in("bob@example.com", "admin"), PATH, BERLIN))
    member = functions.sign_in("carl@example.com", "member")
    refused(functions.send("PUT", member, PATH, BERLIN), 403, "missing_role")
    refused(
        functions.send("PUT", functions.sign_in("eve@example.com", None), PATH, BERLIN), 403, "foreign_tenant"
    )
    refused(functions.send("PUT", key, PATH, BERLIN), 403, "missing_scope")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Mars/Olympus", "unknown_time_zone"),
        ("", "unknown_time_zone"),
        ("Asia/Kolkata", "unsupported_time_zone"),
        ("Australia/Lord_Howe", "unsupported_time_zone"),
        ("x" * 65, "string_too_long"),
        (None, "string_type"),
    ],
)
def test_a_zone_whose_days_cannot_be_cut_is_refused(
    name: str | None, code: str, functions: Functions, ada: str
) -> None:
    document = refused(functions.send("PUT", ada, PATH, {"time_zone": name}), 422, "invalid_input")
    assert [(each["field"], each["code"]) for each in document["errors"]] == [("time_zone", code)]
    assert shown(functions, ada) == ("UTC", "UTC")
