"""What people edit has a version: a change that is based on an old one is refused and changes nothing."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.http.serving import Functions, Json, refused, succeeded

TENANT = "/tenants/acme"
BOB = "bob@example.com"


class Edited(NamedTuple):
    """An object that people edit: its route, two contents, and how it is read."""

    path: str
    first: Json
    second: Json
    read: Callable[[Functions, str], Json]


def at(path: str) -> Callable[[Functions, str], Json]:
    return lambda functions, token: functions.read(token, path)


def time_zone(functions: Functions, token: str) -> Json:
    (tenant,) = functions.read(token, "/me")["tenants"]
    return {"time_zone": tenant["time_zone"], "version": tenant["time_zone_version"]}


def among(name: str, email: str) -> Callable[[Functions, str], Json]:
    def read(functions: Functions, token: str) -> Json:
        listed: list[Json] = functions.read(token, f"{TENANT}/members")[name]
        return next((each for each in listed if each["email"] == email), {"version": None})

    return read


EDITED = {
    "the time zone": Edited(
        f"{TENANT}/time-zone", {"time_zone": "Europe/Berlin"}, {"time_zone": "Asia/Tokyo"}, time_zone
    ),
    "thresholds": Edited(
        f"{TENANT}/alert-thresholds", {"percents": [70]}, {"percents": None}, at(f"{TENANT}/alert-thresholds")
    ),
    "recipients": Edited(
        f"{TENANT}/alert-recipients",
        {"emails": [BOB]},
        {"emails": ["ada@example.com", BOB]},
        at(f"{TENANT}/alert-recipients"),
    ),
    "a role": Edited(
        f"{TENANT}/members/uid-bob", {"role": "member"}, {"role": "owner"}, among("members", BOB)
    ),
    "an invitation": Edited(
        f"{TENANT}/members",
        {"email": "cy@example.com", "role": "admin"},
        {"email": "cy@example.com", "role": "member"},
        among("invites", "cy@example.com"),
    ),
}


@pytest.fixture
def ada(functions: Functions, key: str) -> str:
    """The token of an owner of tenant acme, which has an admin too."""
    functions.sign_in(BOB, "admin")
    return functions.sign_in("ada@example.com", "owner")


@pytest.mark.parametrize("name", EDITED)
def test_a_change_based_on_an_old_version_changes_nothing(functions: Functions, ada: str, name: str) -> None:
    path, first, second, read = EDITED[name]
    old = read(functions, ada)["version"] or "none"
    succeeded(functions.send("PUT", ada, path, first))
    before, entries = read(functions, ada), trail_of(process_memory())
    document = refused(functions.send("PUT", ada, path, {**second, "version": old}), 409, "changed_meanwhile")
    assert "somebody else" in document["detail"]
    assert read(functions, ada) == before
    assert trail_of(process_memory()) == entries


@pytest.mark.parametrize("name", EDITED)
def test_a_change_based_on_the_current_version_is_stored_and_has_a_new_one(
    functions: Functions, ada: str, name: str
) -> None:
    path, first, second, read = EDITED[name]
    answered = succeeded(functions.send("PUT", ada, path, first))
    current = read(functions, ada)["version"]
    assert answered["version"] == current
    changed = succeeded(functions.send("PUT", ada, path, {**second, "version": current}))
    assert changed["version"] == read(functions, ada)["version"] != current


@pytest.mark.parametrize("name", EDITED)
def test_without_a_version_a_change_overwrites(functions: Functions, ada: str, name: str) -> None:
    path, first, second, read = EDITED[name]
    succeeded(functions.send("PUT", ada, path, first))
    changed = succeeded(functions.send("PUT", ada, path, second))
    assert changed["version"] == read(functions, ada)["version"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", TENANT, {"name": "Other"}),
        ("PATCH", TENANT, {"plan": "free"}),
        ("PATCH", TENANT, {"metadata": {"crm_id": "8"}}),
        ("PUT", f"{TENANT}/limits", {"tokens": 5}),
    ],
)
def test_the_platform_changes_a_tenant_only_as_it_has_read_it(
    functions: Functions, ada: str, method: str, path: str, body: Json
) -> None:
    platform = functions.create_platform_key()
    old = functions.read(platform, TENANT)["version"]
    first = succeeded(functions.send("PATCH", platform, TENANT, {"name": "Acme Inc.", "version": old}))
    assert first["version"] == functions.read(platform, TENANT)["version"] != old
    refused(functions.send(method, platform, path, {**body, "version": old}), 409, "changed_meanwhile")
    assert functions.read(platform, TENANT) == first
    changed = succeeded(functions.send(method, platform, path, {**body, "version": first["version"]}))
    assert changed["version"] == functions.read(platform, TENANT)["version"] != first["version"]
    succeeded(functions.send("PUT", ada, f"{TENANT}/time-zone", {"time_zone": "Asia/Tokyo"}))
    assert functions.read(platform, TENANT)["version"] == changed["version"], (
        "the zone has a version of its own"
    )


def test_a_refused_list_of_recipients_sends_no_mail(functions: Functions, ada: str) -> None:
    body = {"emails": ["new@example.com"], "version": "old"}
    refused(functions.send("PUT", ada, f"{TENANT}/alert-recipients", body), 409, "changed_meanwhile")
    assert process_memory().due_entries(functions.clock.now, 5) == []


@pytest.mark.parametrize("version", [5, "x" * 65, ["a"]])
def test_a_malformed_version_is_refused(functions: Functions, ada: str, version: object) -> None:
    body = {"percents": [70], "version": version}
    refused(functions.send("PUT", ada, f"{TENANT}/alert-thresholds", body), 422)
